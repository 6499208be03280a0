#include "core/config/source/file/scalar.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstring>

namespace sp::file {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool TakeDigits(std::string_view& text) {
  size_t n = 0;
  while (n < text.size() && IsDigit(text[n])) ++n;
  text.remove_prefix(n);
  return n > 0;
}

void TakeSign(std::string_view& text) {
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
}

// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
bool LooksLikeFloat(std::string_view text) {
  TakeSign(text);
  const bool whole = TakeDigits(text);
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (!TakeDigits(text) && !whole) return false;
  } else if (!whole) {
    return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    TakeSign(text);
    if (!TakeDigits(text)) return false;
  }
  return text.empty();
}

bool IsInfinityOrNan(std::string_view text) {
  if (text == ".nan" || text == ".NaN" || text == ".NAN") return true;
  TakeSign(text);
  return text == ".inf" || text == ".Inf" || text == ".INF";
}

// Bytes of the UTF-8 sequence at `text`, which isn't empty; 0 where it isn't one (RFC 3629 section 4).
size_t SequenceLength(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const auto tail = [&](size_t i) { return i < text.size() && (byte(i) & 0xC0) == 0x80; };
  const uint8_t first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return tail(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    if (!tail(1) || !tail(2)) return 0;
    if (first == 0xE0 && byte(1) < 0xA0) return 0;
    return first == 0xED && byte(1) > 0x9F ? 0 : 3;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    if (!tail(1) || !tail(2) || !tail(3)) return 0;
    if (first == 0xF0 && byte(1) < 0x90) return 0;
    return first == 0xF4 && byte(1) > 0x8F ? 0 : 4;
  }
  return 0;
}

}  // namespace

PlainType TypeOfPlain(std::string_view text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") return PlainType::kNull;
  const char first = text.front();
  if (IsDigit(first) || first == '-' || first == '+' || first == '.') {
    if (ParseInteger(text)) return PlainType::kInteger;
    // Too long for 64 bits it is an integer still.
    std::string_view digits = text;
    TakeSign(digits);
    if (TakeDigits(digits) && digits.empty()) return PlainType::kInteger;
    if (LooksLikeFloat(text) || IsInfinityOrNan(text)) return PlainType::kFloat;
    return PlainType::kText;
  }
  return ParseBool(text) ? PlainType::kBool : PlainType::kText;
}

std::optional<bool> ParseBool(std::string_view text) {
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  return std::nullopt;
}

std::optional<Integer> ParseInteger(std::string_view text) {
  Integer value{0, text.starts_with('-')};
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0o")) {
    base = text[1] == 'x' ? 16 : 8;
    text.remove_prefix(2);
  } else {
    TakeSign(text);
  }
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value.magnitude, base);
  if (text.empty() || error != std::errc() || stop != end) return std::nullopt;
  return value;
}

std::optional<double> ParseFloat(std::string_view text) {
  if (!LooksLikeFloat(text)) return std::nullopt;
  if (text.front() == '+') text.remove_prefix(1);
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<double> ExactDouble(Integer value) {
  const double rounded = static_cast<double>(value.magnitude);
  if (rounded >= 0x1p64 || static_cast<uint64_t>(rounded) != value.magnitude) return std::nullopt;
  return value.negative ? -rounded : rounded;
}

bool IsUtf8(std::string_view text) {
  while (text.size() >= 8) {
    uint64_t word;
    std::memcpy(&word, text.data(), 8);
    if ((word & 0x8080808080808080u) != 0) break;
    text.remove_prefix(8);
  }
  while (!text.empty()) {
    const size_t length = SequenceLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::optional<size_t> FindUnreadable(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    if (uint64_t word; at + sizeof word <= text.size()) {
      std::memcpy(&word, text.data() + at, sizeof word);
      // Eight bytes of plain ASCII: none has its highest bit, and taking 0x20 from none borrows.
      constexpr uint64_t kHigh = 0x8080808080808080u;
      if (((word | (word - 0x2020202020202020u)) & kHigh) == 0 && text.substr(at, 8).find(0x7F) == text.npos) {
        at += 8;
        continue;
      }
    }
    const auto byte = static_cast<uint8_t>(text[at]);
    const size_t length = SequenceLength(text.substr(at, 4));
    const bool control = (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7F;
    if (length == 0 || control) return at;
    at += length;
  }
  return std::nullopt;
}

std::string Quoted(std::string_view text) {
  constexpr size_t kLongest = 60;
  std::string out = "\"";
  size_t used = 0;
  while (!text.empty() && used < kLongest) {
    const size_t length = SequenceLength(text);
    const auto byte = static_cast<uint8_t>(text.front());
    if (length == 0 || byte < 0x20 || byte == 0x7F) {
      out += fmt::format("\\x{:02x}", byte);
      text.remove_prefix(1);
    } else {
      out += text.substr(0, length);
      text.remove_prefix(length);
    }
    ++used;
  }
  return out + (text.empty() ? "\"" : "…\"");
}

}  // namespace sp::file
