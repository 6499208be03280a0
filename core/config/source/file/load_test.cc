// Cases as text (testdata/*.cases): what is written, and every error that `sallyport check` gives for it.
//
//   === name of the case
//   <the file>
//   --- errors            or: --- ok
//   12:9: listeners[0].filters[1].config.rate: must be > 0
//
// SALLYPORT_UPDATE_GOLDEN=1 writes what the code says now into the files, to be read before it is committed.

#include "core/config/source/file/load.h"

#include <fmt/format.h>
#include <google/protobuf/util/message_differencer.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/config/render.h"
#include "core/config/source/file/event_stream.h"
#include "sallyport/v1/gateway.pb.h"
#include "test/support/catch.h"

namespace sp::file {
namespace {

namespace fs = std::filesystem;
const fs::path kCases = fs::path(SALLYPORT_SOURCE_DIR) / "core/config/source/file/testdata";

struct Case {
  std::string name, input, expected;
};

std::string ReadAll(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<Case> ReadCases(const fs::path& path, std::string* head) {
  std::vector<Case> cases;
  std::istringstream lines(ReadAll(path));
  std::string* into = head;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("=== ")) {
      cases.push_back({line.substr(4), "", ""});
      into = &cases.back().input;
    } else if (line == "--- errors" || line == "--- ok") {
      into = &cases.back().expected;
    } else {
      *into += line + "\n";
    }
  }
  for (Case& c : cases) {
    while (c.expected.ends_with("\n\n") || c.expected == "\n") c.expected.pop_back();
  }
  return cases;
}

std::string ErrorsOf(const Case& c) {
  std::string out;
  for (const LocatedError& error : Check(Load(c.input, c.name.ends_with(".json") ? c.name : "f.yaml"))) {
    out += error.ToString() + "\n";
  }
  return out;
}

void Update(const fs::path& path) {
  std::string head;
  std::string text;
  for (const Case& c : ReadCases(path, &head)) {
    const std::string errors = ErrorsOf(c);
    text += fmt::format("=== {}\n{}--- {}\n{}\n", c.name, c.input, errors.empty() ? "ok" : "errors", errors);
  }
  std::ofstream(path, std::ios::binary) << head << text;
}

TEST_CASE("what is written and what is said about it") {
  int seen = 0;
  for (const auto& entry : fs::directory_iterator(kCases)) {
    if (entry.path().extension() != ".cases") continue;
    if (std::getenv("SALLYPORT_UPDATE_GOLDEN") != nullptr) Update(entry.path());
    std::string head;
    for (const Case& c : ReadCases(entry.path(), &head)) {
      INFO(entry.path().filename().string() << ": " << c.name);
      CHECK(ErrorsOf(c) == c.expected);
      ++seen;
    }
  }
  CHECK(seen > 50);
}

bool Same(const sallyport::v1::Gateway& a, const sallyport::v1::Gateway& b) {
  return google::protobuf::util::MessageDifferencer::Equals(a, b);
}

TEST_CASE("what loads, renders and loads again is the same") {
  for (const auto& entry : fs::directory_iterator(kCases)) {
    std::string head;
    for (const Case& c : ReadCases(entry.path(), &head)) {
      INFO(entry.path().filename().string() << ": " << c.name);
      const LoadResult first = Load(c.input, "f.yaml");
      if (!first.ok()) continue;
      const config::RenderOptions options{.secrets = true, .is_secret = {}};
      const std::string yaml = config::RenderYaml(*first.gateway, options);
      const LoadResult again = Load(yaml, "again.yaml");
      INFO(yaml);
      CHECK(RenderErrors("again.yaml", again.errors).empty());
      CHECK(Same(*again.gateway, *first.gateway));
      const LoadResult json = Load(config::RenderJson(*first.gateway, options), "again.json");
      CHECK(RenderErrors("again.json", json.errors).empty());
      CHECK(Same(*json.gateway, *first.gateway));
    }
  }
}

TEST_CASE("files that can't be read") {
  CHECK(RenderErrors("x", LoadFile("/nowhere/gateway.yaml").errors) ==
        "x: cannot be opened: No such file or directory\n");
  CHECK(RenderErrors("x", LoadFile("/tmp").errors) == "x: cannot be read: Is a directory\n");
  const LoadResult missing = LoadFile("/nowhere/gateway.yaml");
  CHECK(missing.broken);
  CHECK(Check(missing).size() == 1);
}

TEST_CASE("the folder is where the file stands") {
  CHECK(Load("", "/etc/sallyport/gateway.yaml").folder == "/etc/sallyport");
  CHECK(Load("", "gateway.yaml").folder == fs::current_path().string());
  CHECK(Load("", "a/../b/gateway.yaml").folder == (fs::current_path() / "b").string());
}

TEST_CASE("reading ends after a thousand errors, and says so") {
  std::string text = "clusters:\n";
  for (int i = 0; i < 10'000; ++i) text += "  - { nam: x }\n";
  const LoadResult loaded = Load(text, "f.yaml");
  REQUIRE(loaded.errors.size() == kMaxErrors + 1);
  CHECK(loaded.errors.back().ToString() == "too many errors: the rest of the file was not read");
  CHECK(Check(loaded).size() == kMaxErrors + 1);
}

TEST_CASE("bounds: bombs are refused at once") {
  const auto first = [](const std::string& text) { return Load(text, "f.yaml").errors.at(0).ToString(); };
  CHECK(Load(std::string(100'000, '['), "f.yaml").errors.back().ToString() == "1:65: nested deeper than 64");
  CHECK(Load("clusters: " + std::string(100'000, '['), "f.json").errors.size() <= 3);
  std::string deep = "policies: [{ name: p, filter: f, config: ";
  for (int i = 0; i < 200; ++i) deep += "{a: ";
  CHECK(first(deep) == "1:286: nested deeper than 64");
  CHECK(first("state_dir: \"" + std::string(EventStream::kMaxScalar + 1, 'a') + "\"\n")
            .ends_with("is longer than 1048576 bytes"));
  CHECK(first("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n") == "1:1: a: unknown field");
}

TEST_CASE("bytes that are no text are refused, wherever they stand") {
  const auto first = [](std::string_view text) { return Load(text, "f.yaml").errors.at(0).ToString(); };
  using std::string_view_literals::operator""sv;
  CHECK(first("state_dir: \xff\n") == "1:12: byte 0xff is no text: a file is UTF-8 without control characters");
  CHECK(first("# ä\nworkers: 1\n#é\0\nzzz: 1\n"sv).starts_with("3:3: byte 0x00 is no text"));
  CHECK(first("# all eight\x1b bytes of a word").starts_with("1:12: byte 0x1b"));
  CHECK(first("# more than eight\x7f bytes").starts_with("1:18: byte 0x7f"));
  CHECK(first("\xff\xfew\0"sv).starts_with("1:1: byte 0xff"));
  CHECK(Load("\xef\xbb\xbfworkers: 2\r\nstate_dir: x\r\n", "f.yaml").ok());
  CHECK(first("state_dir: \"\\ud800\"\n").find("UTF") != std::string::npos);
}

}  // namespace
}  // namespace sp::file
