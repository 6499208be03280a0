// base64url without padding (RFC 4648 section 5, RFC 7515 section 2), strict: one byte string has one spelling.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport {

namespace detail {
inline constexpr std::string_view kBase64Url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::array<uint8_t, 256> make_base64url_values() {
  std::array<uint8_t, 256> values{};
  for (uint8_t& value : values) value = 0xff;
  for (uint8_t i = 0; i < 64; ++i) values[static_cast<uint8_t>(kBase64Url[i])] = i;
  return values;
}
inline constexpr auto kBase64UrlValues = make_base64url_values();
}  // namespace detail

inline std::string base64url_encode(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() * 4 + 2) / 3);
  uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<uint8_t>(c);
    for (count += 8; count >= 6; count -= 6) text += detail::kBase64Url[bits >> (count - 6) & 63];
  }
  if (count > 0) text += detail::kBase64Url[bits << (6 - count) & 63];
  return text;
}

// Nothing for a character outside the alphabet, padding, a length of 4n+1, or trailing bits that aren't zero.
inline std::optional<std::string> base64url_decode(std::string_view text) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() * 3 / 4);
  uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    const uint8_t value = detail::kBase64UrlValues[static_cast<uint8_t>(c)];
    if (value == 0xff) return std::nullopt;
    bits = bits << 6 | value;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count & 0xff);
  }
  if ((bits & ((1u << count) - 1)) != 0) return std::nullopt;
  return bytes;
}

}  // namespace sallyport
