// Runs a fuzz target without libFuzzer, under any compiler: replays every seed, then mutates seeds at random.
//
// Understands the flags of libFuzzer that the build passes (-max_total_time, -runs, -seed, -max_len; others are
// ignored) and folders or files of seeds. Not guided by coverage: it finds shallow faults and proves that known inputs
// stay handled; the `fuzz` preset looks deeper.

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

using Input = std::vector<uint8_t>;

struct Options {
  uint64_t seconds = 2;
  uint64_t runs = UINT64_MAX;
  uint64_t seed = 1;
  size_t max_length = 4096;
  std::vector<std::string> paths;
};

Options ParseOptions(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    std::string_view argument = argv[i];
    if (argument.empty() || argument[0] != '-') {
      options.paths.emplace_back(argument);
      continue;
    }
    size_t equals = argument.find('=');
    if (equals == std::string_view::npos) continue;
    std::string_view name = argument.substr(1, equals - 1);
    uint64_t value = std::strtoull(argv[i] + equals + 1, nullptr, 10);
    if (name == "max_total_time") options.seconds = value;
    if (name == "runs") options.runs = value;
    if (name == "seed") options.seed = value;
    if (name == "max_len") options.max_length = static_cast<size_t>(value);
  }
  return options;
}

Input ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return Input(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

std::vector<Input> ReadSeeds(const std::vector<std::string>& paths) {
  std::vector<Input> seeds;
  for (const std::string& path : paths) {
    if (std::filesystem::is_directory(path)) {
      for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
        if (entry.is_regular_file()) seeds.push_back(ReadFile(entry.path()));
      }
    } else if (std::filesystem::is_regular_file(path)) {
      seeds.push_back(ReadFile(path));
    }
  }
  return seeds;
}

class Mutator {
 public:
  Mutator(const std::vector<Input>& seeds, uint64_t seed, size_t max_length)
      : seeds_(seeds), random_(seed), max_length_(max_length) {}

  Input Next() {
    Input input = seeds_.empty() ? Input() : seeds_[Below(seeds_.size())];
    for (size_t changes = 1 + Below(6); changes > 0; --changes) Change(input);
    if (input.size() > max_length_) input.resize(max_length_);
    return input;
  }

 private:
  size_t Below(size_t limit) { return limit == 0 ? 0 : static_cast<size_t>(random_() % limit); }
  uint8_t InterestingByte() {
    static constexpr char kBytes[] = "\r\n\t :;,=/%.\"\\{}[]#&-+*0129aAzZ\x7f\x80\xff";  // and the zero at its end
    return Below(3) == 0 ? static_cast<uint8_t>(random_()) : static_cast<uint8_t>(kBytes[Below(sizeof kBytes)]);
  }

  void Change(Input& input) {
    switch (Below(6)) {
      case 0:
        if (!input.empty()) input[Below(input.size())] = InterestingByte();
        break;
      case 1:
        input.insert(input.begin() + static_cast<std::ptrdiff_t>(Below(input.size() + 1)), InterestingByte());
        break;
      case 2:
        Erase(input);
        break;
      case 3:
        Repeat(input);
        break;
      case 4:
        Splice(input);
        break;
      default:
        if (!input.empty()) input[Below(input.size())] ^= static_cast<uint8_t>(1U << Below(8));
        break;
    }
  }

  void Erase(Input& input) {
    if (input.empty()) return;
    size_t from = Below(input.size());
    size_t count = 1 + Below(std::min<size_t>(input.size() - from, 16));
    auto begin = input.begin() + static_cast<std::ptrdiff_t>(from);
    input.erase(begin, begin + static_cast<std::ptrdiff_t>(std::min(count, input.size() - from)));
  }

  void Repeat(Input& input) {
    if (input.empty() || input.size() > max_length_) return;
    size_t from = Below(input.size());
    Input part(input.begin() + static_cast<std::ptrdiff_t>(from),
               input.begin() + static_cast<std::ptrdiff_t>(from + 1 + Below(input.size() - from)));
    for (size_t times = 1 + Below(4); times > 0 && input.size() < max_length_; --times) {
      input.insert(input.begin() + static_cast<std::ptrdiff_t>(from), part.begin(), part.end());
    }
  }

  void Splice(Input& input) {
    if (seeds_.empty()) return;
    const Input& other = seeds_[Below(seeds_.size())];
    size_t keep = Below(input.size() + 1);
    size_t from = Below(other.size() + 1);
    input.resize(keep);
    input.insert(input.end(), other.begin() + static_cast<std::ptrdiff_t>(from), other.end());
  }

  const std::vector<Input>& seeds_;
  std::mt19937_64 random_;
  size_t max_length_;
};

}  // namespace

int main(int argc, char** argv) {
  using Clock = std::chrono::steady_clock;
  Options options = ParseOptions(argc, argv);
  std::vector<Input> seeds = ReadSeeds(options.paths);
  for (const Input& seed : seeds) LLVMFuzzerTestOneInput(seed.data(), seed.size());

  Mutator mutator(seeds, options.seed, options.max_length);
  const Clock::time_point end = Clock::now() + std::chrono::seconds(options.seconds);
  uint64_t runs = 0;
  for (; runs < options.runs && Clock::now() < end; ++runs) {
    Input input = mutator.Next();
    LLVMFuzzerTestOneInput(input.data(), input.size());
  }
  std::printf("%zu seeds, %llu mutations\n", seeds.size(), static_cast<unsigned long long>(runs));
  return 0;
}
