#include "filters/rate_limit/key.h"

#include <bit>
#include <cstring>

namespace sp::rate_limit {
namespace {

uint64_t Mix(uint64_t a, uint64_t b) {
  const auto product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

// Not secret: whoever finds two long values with one hash could as well send the same value twice.
uint64_t HashOf(std::string_view text, uint64_t seed) {
  uint64_t h = seed ^ text.size();
  for (size_t i = 0; i < text.size(); i += 8) {
    uint64_t word = 0;
    std::memcpy(&word, text.data() + i, std::min<size_t>(8, text.size() - i));
    h = Mix(h ^ word, seed | 1) + std::rotl(h, 23);
  }
  return Mix(h, 0x9e3779b97f4a7c15);
}

constexpr size_t kLongest = 62;  // bytes of a part that stand as they are; longer ones are hashed
constexpr char kHashed = 0x3f;
constexpr char kMissing = 0x40;

}  // namespace

// 8 parts of 63 bytes don't fit; then what stands there so far is folded too.
char* KeyBuffer::Room(size_t bytes) {
  if (size_ + bytes > kCapacity) {
    const uint64_t hash[2] = {HashOf(view(), 0x243f6a8885a308d3), HashOf(view(), 0x13198a2e03707345)};
    std::memcpy(bytes_, hash, sizeof hash);
    size_ = sizeof hash;
  }
  char* room = bytes_ + size_;
  size_ += bytes;
  return room;
}

void KeyBuffer::Append(std::string_view part) {
  if (part.size() <= kLongest) {
    char* to = Room(1 + part.size());
    *to = static_cast<char>(part.size());
    if (!part.empty()) std::memcpy(to + 1, part.data(), part.size());
    return;
  }
  const uint64_t hash[2] = {HashOf(part, 0x452821e638d01377), HashOf(part, 0xbe5466cf34e90c6c)};
  char* to = Room(1 + sizeof hash);
  *to = kHashed;
  std::memcpy(to + 1, hash, sizeof hash);
}

void KeyBuffer::AppendMissing() { *Room(1) = kMissing; }

Key::Key(const Json& j) {
  for (const Json part : j.each()) parts_.push_back(ReadPart(part));
}

Key::Part Key::ReadWord(const Json& j) {
  static constexpr uint32_t kNoFact = 0;
  Part part{.source = Source::kFact, .text = {}};
  part.fact = j.pick<uint32_t>({{"client_ip", SP_FACT_CLIENT_ADDRESS_BYTES},
                                {"route", SP_FACT_ROUTE},
                                {"listener", SP_FACT_LISTENER},
                                {"host", SP_FACT_HOST},
                                {"method", kNoFact}});
  if (part.fact == SP_FACT_CLIENT_ADDRESS_BYTES) part.source = Source::kClientIp;
  if (part.fact == kNoFact) part.source = Source::kMethod;
  return part;
}

Key::Part Key::ReadPart(const Json& j) {
  if (j.is_string()) return ReadWord(j);
  Part part{.source = Source::kFixed, .text = {}};
  if (j.at("client_ip").exists()) {
    part.source = Source::kClientIp;
    part.v4_prefix = static_cast<uint32_t>(j.at("client_ip").at("v4_prefix").i64(32));
    part.v6_prefix = static_cast<uint32_t>(j.at("client_ip").at("v6_prefix").i64(64));
    if (part.v4_prefix > 32 || part.v6_prefix > 128) j.at("client_ip").fail("has a prefix that no address has");
  } else if (j.at("header").exists()) {
    part.source = Source::kHeader;
    part.text = j.at("header").str();
    for (char& c : part.text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    if (part.text == "host") j.at("header").fail("is not a field here: the key `host` is what is meant");
  } else if (j.at("metadata").exists()) {
    part.source = Source::kMetadata;
    part.slot = j.metadata(j.at("metadata").at("filter").str(), j.at("metadata").at("key").str());
  } else {
    part.text = j.at("fixed").str();
  }
  return part;
}

bool Key::Read(const Request& r, bool skip_missing, KeyBuffer& to) const {
  for (const Part& part : parts_) {
    if (AppendPart(part, r, to)) continue;
    if (skip_missing) return false;
    to.AppendMissing();
  }
  return true;
}

bool Key::AppendAddress(const Part& part, const Request& r, KeyBuffer& to) {
  const std::string_view address = r.fact(SP_FACT_CLIENT_ADDRESS_BYTES).text();
  if (address.size() != 16) return false;
  static constexpr char kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '\xff', '\xff'};
  const bool v4 = std::memcmp(address.data(), kMapped, sizeof kMapped) == 0;
  const uint32_t bits = v4 ? 96 + part.v4_prefix : part.v6_prefix;
  char masked[16] = {};
  std::memcpy(masked, address.data(), bits / 8);
  if (bits % 8 != 0) masked[bits / 8] = static_cast<char>(address[bits / 8] & (0xff00 >> (bits % 8)));
  to.Append({masked, sizeof masked});
  return true;
}

bool Key::AppendPart(const Part& part, const Request& r, KeyBuffer& to) {
  switch (part.source) {
    case Source::kClientIp:
      return AppendAddress(part, r, to);
    case Source::kMethod:
      to.Append(r.method());
      return true;
    case Source::kFixed:
      to.Append(part.text);
      return true;
    case Source::kHeader: {
      const auto value = r.headers.get(part.text);
      if (value) to.Append(*value);
      return value.has_value();
    }
    case Source::kFact:
    case Source::kMetadata:
      break;
  }
  const sallyport::Value value = part.source == Source::kFact ? r.fact(part.fact) : r.metadata(part.slot);
  if (value.is_text()) {
    to.Append(value.text());
  } else if (const auto number = value.i64()) {
    to.Append({reinterpret_cast<const char*>(&*number), sizeof *number});
  } else {
    return false;
  }
  return true;
}

}  // namespace sp::rate_limit
