// Key: who shares a counter. What the parts of a request's key are, and their bytes.
#pragma once

#include <sallyport/sdk.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace sp::rate_limit {

using sallyport::Json;
using sallyport::Request;

// The bytes of one key, on the stack: at most what a store takes. What is longer is folded into a hash of 128 bits.
class KeyBuffer {
 public:
  static constexpr size_t kCapacity = 256;
  // Appends a part with its length before it, so that ("ab", "c") and ("a", "bc") differ.
  void Append(std::string_view part);
  // In place of a part that the request hasn't: unlike any part.
  void AppendMissing();
  std::string_view view() const { return {bytes_, size_}; }

 private:
  char* Room(size_t bytes);
  size_t size_ = 0;
  char bytes_[kCapacity];
};

class Key {
 public:
  // The list at `j`, which may be absent: one counter for all.
  explicit Key(const Json& j);
  // False: a part is missing, and such requests aren't limited.
  bool Read(const Request& r, bool skip_missing, KeyBuffer& to) const;

 private:
  enum class Source : uint8_t { kClientIp, kFact, kMethod, kHeader, kMetadata, kFixed };
  struct Part {
    Source source;
    uint32_t fact = 0;
    uint32_t v4_prefix = 32, v6_prefix = 64;  // bits; kClientIp
    sallyport::Slot slot = {};
    std::string text;  // header name, fixed text
  };
  static Part ReadPart(const Json& j);
  static Part ReadWord(const Json& j);
  static bool AppendPart(const Part& part, const Request& r, KeyBuffer& to);
  static bool AppendAddress(const Part& part, const Request& r, KeyBuffer& to);
  std::vector<Part> parts_;
};

}  // namespace sp::rate_limit
