#include "core/operate/telemetry/escape.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace sp::telemetry {
namespace {

constexpr char kHex[] = "0123456789abcdef";
constexpr uint64_t kOnes = 0x0101010101010101;
constexpr uint64_t kTops = 0x8080808080808080;

// A bit for each byte that equals `c`; false bits only above a true one.
constexpr uint64_t Equal(uint64_t word, char c) {
  const uint64_t x = word ^ (kOnes * static_cast<unsigned char>(c));
  return (x - kOnes) & ~x;
}

// Not zero if one of eight bytes is a control, above 0x7e, `"`, `\`, `a` or `b`.
constexpr uint64_t Special(uint64_t word, char a, char b) {
  const uint64_t below_space = (word - kOnes * 0x20) & ~word;
  return (word | below_space | Equal(word, '"') | Equal(word, '\\') | Equal(word, '\x7f') | Equal(word, a) |
          Equal(word, b)) &
         kTops;
}

// Copies whole groups of eight bytes that need no escape; how many bytes.
size_t CopyPlain(const char* from, size_t size, char a, char b, char* to) {
  size_t done = 0;
  for (; done + 8 <= size; done += 8) {
    uint64_t word;
    std::memcpy(&word, from + done, 8);
    if (Special(word, a, b) != 0) break;
    std::memcpy(to + done, &word, 8);
  }
  return done;
}

constexpr bool IsPlain(char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; }

// `\u` and four digits.
size_t WriteUnicode(uint32_t code, char* to) {
  const char escape[] = {'\\', 'u', kHex[code >> 12 & 15], kHex[code >> 8 & 15], kHex[code >> 4 & 15], kHex[code & 15]};
  std::memcpy(to, escape, sizeof(escape));
  return sizeof(escape);
}

// Zero width and direction marks, separators, bidi embeddings, overrides and isolates.
constexpr bool Deceives(uint32_t code) {
  return (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
         (code >= 0x2060 && code <= 0x206f) || code == 0xfeff;
}

// One character of JSON, `*used` bytes of `text`. Writes up to 6 bytes.
size_t WriteJsonCharacter(std::string_view text, size_t* used, char* to) {
  const auto c = static_cast<unsigned char>(text[0]);
  *used = 1;
  if (IsPlain(text[0])) {
    to[0] = text[0];
    return 1;
  }
  if (c == '"' || c == '\\') {
    to[0] = '\\';
    to[1] = text[0];
    return 2;
  }
  if (c < 0x20 || c == 0x7f) return WriteUnicode(c, to);
  const size_t length = Utf8Length(text);
  if (length == 0) return WriteUnicode(c, to);
  *used = length;
  const auto tail = [&](size_t i) { return static_cast<uint32_t>(static_cast<unsigned char>(text[i]) & 0x3f); };
  if (length == 2 && c == 0xc2 && tail(1) < 0x20) return WriteUnicode(0x80 | tail(1), to);
  if (length == 3) {
    const uint32_t code = static_cast<uint32_t>(c & 0x0f) << 12 | tail(1) << 6 | tail(2);
    if (Deceives(code)) return WriteUnicode(code, to);
  }
  std::memcpy(to, text.data(), length);
  return length;
}

}  // namespace

size_t Utf8Length(std::string_view text) {
  const auto at = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto tail = [&](size_t i) { return (at(i) & 0xc0) == 0x80; };
  const unsigned c = at(0);
  if (c < 0x80) return text.empty() ? 0 : 1;
  if (c >= 0xc2 && c <= 0xdf) return tail(1) ? 2 : 0;
  if (c >= 0xe0 && c <= 0xef) {
    if (!tail(1) || !tail(2)) return 0;
    if (c == 0xe0 && at(1) < 0xa0) return 0;  // overlong
    if (c == 0xed && at(1) > 0x9f) return 0;  // surrogate
    return 3;
  }
  if (c >= 0xf0 && c <= 0xf4) {
    if (!tail(1) || !tail(2) || !tail(3)) return 0;
    if (c == 0xf0 && at(1) < 0x90) return 0;  // overlong
    if (c == 0xf4 && at(1) > 0x8f) return 0;  // above U+10FFFF
    return 4;
  }
  return 0;
}

Escaped EscapeJson(std::string_view text, size_t limit, char* to) {
  size_t size = 0;
  while (!text.empty()) {
    const size_t plain = CopyPlain(text.data(), std::min(text.size(), limit - size), '"', '"', to + size);
    size += plain;
    text.remove_prefix(plain);
    for (int i = 0; i < 8 && !text.empty(); ++i) {
      if (IsPlain(text[0]) && size < limit) {
        to[size++] = text[0];
        text.remove_prefix(1);
        continue;
      }
      char escaped[8];
      size_t used;
      const size_t length = WriteJsonCharacter(text, &used, escaped);
      if (size + length > limit) return {size, true};
      std::memcpy(to + size, escaped, length);
      size += length;
      text.remove_prefix(used);
    }
  }
  return {size, false};
}

Escaped EscapeText(std::string_view text, char next, bool quoted, size_t limit, char* to) {
  // `-` is how a field without a value is written.
  if (text == "-" && limit >= 4) {
    std::memcpy(to, "\\x2d", 4);
    return {4, false};
  }
  const char space = quoted ? next : ' ';
  size_t size = 0;
  while (!text.empty()) {
    const size_t plain = CopyPlain(text.data(), std::min(text.size(), limit - size), next, space, to + size);
    size += plain;
    text.remove_prefix(plain);
    for (int i = 0; i < 8 && !text.empty(); ++i) {
      const char c = text[0];
      const auto byte = static_cast<unsigned char>(c);
      const bool special = !IsPlain(c) || c == next || c == space;
      if (size + (special ? 4 : 1) > limit) return {size, true};
      if (special) {
        const char escape[] = {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
        std::memcpy(to + size, escape, 4);
        size += 4;
      } else {
        to[size++] = c;
      }
      text.remove_prefix(1);
    }
  }
  return {size, false};
}

}  // namespace sp::telemetry
