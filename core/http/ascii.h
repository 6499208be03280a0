// Bytes of HTTP text by class, and comparisons that ignore ASCII case. No locale, no Unicode.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace sp::http {

namespace ascii {
enum Class : uint8_t {
  kTokenChar = 1,  // RFC 9110 section 5.6.2
  kHexDigit = 2,
  kUnreserved = 4,      // RFC 3986 section 2.3
  kHostChar = 8,        // authority.h
  kPlainPathChar = 16,  // stands in a normal path as it is; `.`, `/` and `%` are not among them
};

constexpr std::array<uint8_t, 256> MakeTable() {
  std::array<uint8_t, 256> table{};
  const auto mark = [&table](std::string_view chars, uint8_t bits) {
    for (const char c : chars) table[static_cast<unsigned char>(c)] |= bits;
  };
  constexpr std::string_view kAlphaNumeric = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  mark(kAlphaNumeric, kTokenChar | kUnreserved | kHostChar);
  mark("0123456789abcdefABCDEF", kHexDigit);
  mark("!#$%&'*+-.^_`|~", kTokenChar);
  mark("-._~", kUnreserved | kHostChar);
  for (int c = 0x21; c < 0x7f; ++c) table[static_cast<size_t>(c)] |= kPlainPathChar;
  for (const char c : std::string_view("./%#?\\")) {
    table[static_cast<unsigned char>(c)] &= static_cast<uint8_t>(~kPlainPathChar);
  }
  return table;
}
inline constexpr std::array<uint8_t, 256> kTable = MakeTable();
}  // namespace ascii

constexpr bool Is(char c, ascii::Class what) { return (ascii::kTable[static_cast<unsigned char>(c)] & what) != 0; }
constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }
constexpr char ToLower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
// Of a kHexDigit.
constexpr uint8_t HexValue(char c) { return static_cast<uint8_t>(IsDigit(c) ? c - '0' : ToLower(c) - 'a' + 10); }

constexpr bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (ToLower(a[i]) != ToLower(b[i])) return false;
  }
  return true;
}

// Writes `from` in lower case, eight bytes at a time; other bytes than A-Z stay as they are.
inline void LowerInto(std::string_view from, char* to) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  const auto lower = [](uint64_t word) {
    const uint64_t low_bits = word & kOnes * 0x7f;
    const uint64_t above_z = low_bits + kOnes * (0x7f - 'Z');
    const uint64_t from_a = low_bits + kOnes * (0x80 - 'A');
    const uint64_t upper = (from_a ^ above_z) & ~word & kOnes * 0x80;
    return word | upper >> 2;
  };
  size_t i = 0;
  for (; i + 8 <= from.size(); i += 8) {
    uint64_t word;
    std::memcpy(&word, from.data() + i, 8);
    word = lower(word);
    std::memcpy(to + i, &word, 8);
  }
  for (; i < from.size(); ++i) to[i] = ToLower(from[i]);
}

// Without spaces and tabs at both ends (OWS, RFC 9110 section 5.6.3).
constexpr std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Calls `use(element)` for each element of a comma-separated list, empty ones left out (RFC 9110 section 5.6.1), until
// it returns false. Not for lists whose elements hold quoted strings.
template <typename Use>
void ForEachListElement(std::string_view list, Use use) {
  while (!list.empty()) {
    const size_t comma = list.find(',');
    const std::string_view element = Trim(list.substr(0, comma));
    if (!element.empty() && !use(element)) return;
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

}  // namespace sp::http
