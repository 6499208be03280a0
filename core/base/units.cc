#include "core/base/units.h"

#include <array>
#include <cmath>
#include <utility>

namespace sp {
namespace {

// Reads `digits[.digits]`; advances `text`. Integer and fraction apart, so that whole numbers stay exact.
struct Number {
  uint64_t whole = 0;
  double fraction = 0;
};

std::optional<Number> TakeNumber(std::string_view& text) {
  Number n;
  size_t i = 0;
  while (i < text.size() && text[i] >= '0' && text[i] <= '9') {
    if (__builtin_mul_overflow(n.whole, 10u, &n.whole)) return std::nullopt;
    if (__builtin_add_overflow(n.whole, static_cast<uint64_t>(text[i] - '0'), &n.whole)) return std::nullopt;
    ++i;
  }
  if (i == 0) return std::nullopt;
  if (i < text.size() && text[i] == '.') {
    const size_t start = ++i;
    double scale = 0.1;
    for (; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i, scale /= 10) n.fraction += (text[i] - '0') * scale;
    if (i == start) return std::nullopt;
  }
  text.remove_prefix(i);
  return n;
}

std::string_view TakeUnit(std::string_view& text) {
  size_t i = 0;
  while (i < text.size() && ((text[i] | 0x20) >= 'a' && (text[i] | 0x20) <= 'z')) ++i;
  const std::string_view unit = text.substr(0, i);
  text.remove_prefix(i);
  return unit;
}

std::optional<uint64_t> Scale(Number n, uint64_t factor) {
  uint64_t result;
  if (__builtin_mul_overflow(n.whole, factor, &result)) return std::nullopt;
  const auto part = static_cast<uint64_t>(std::llround(n.fraction * static_cast<double>(factor)));
  if (__builtin_add_overflow(result, part, &result)) return std::nullopt;
  return result;
}

constexpr std::array<std::pair<std::string_view, uint64_t>, 7> kTimeUnits = {{{"d", 86'400'000'000'000},
                                                                              {"h", 3'600'000'000'000},
                                                                              {"m", 60'000'000'000},
                                                                              {"s", 1'000'000'000},
                                                                              {"ms", 1'000'000},
                                                                              {"us", 1'000},
                                                                              {"ns", 1}}};
constexpr std::array<std::pair<std::string_view, uint64_t>, 10> kSizeUnits = {{{"", 1},
                                                                               {"B", 1},
                                                                               {"KB", 1000},
                                                                               {"MB", 1'000'000},
                                                                               {"GB", 1'000'000'000},
                                                                               {"TB", 1'000'000'000'000},
                                                                               {"KiB", uint64_t{1} << 10},
                                                                               {"MiB", uint64_t{1} << 20},
                                                                               {"GiB", uint64_t{1} << 30},
                                                                               {"TiB", uint64_t{1} << 40}}};

}  // namespace

std::optional<Duration> ParseDuration(std::string_view text) {
  if (text == "0") return Duration(0);
  if (text.empty()) return std::nullopt;
  uint64_t total = 0;
  uint64_t last_unit = UINT64_MAX;
  while (!text.empty()) {
    const auto number = TakeNumber(text);
    if (!number) return std::nullopt;
    const std::string_view unit = TakeUnit(text);
    uint64_t factor = 0;
    for (const auto& [name, nanos] : kTimeUnits) {
      if (name == unit) factor = nanos;
    }
    if (factor == 0 || factor >= last_unit) return std::nullopt;
    last_unit = factor;
    const auto part = Scale(*number, factor);
    if (!part || __builtin_add_overflow(total, *part, &total) || total > INT64_MAX) return std::nullopt;
  }
  return Duration(static_cast<int64_t>(total));
}

std::optional<uint64_t> ParseByteSize(std::string_view text) {
  const auto number = TakeNumber(text);
  if (!number) return std::nullopt;
  if (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  for (const auto& [name, bytes] : kSizeUnits) {
    if (name == text) return number->fraction != 0 && bytes == 1 ? std::nullopt : Scale(*number, bytes);
  }
  return std::nullopt;
}

std::string FormatDuration(Duration d) {
  const auto nanos = static_cast<uint64_t>(d.count());
  if (nanos == 0) return "0s";
  for (const auto& [name, unit] : kTimeUnits) {
    if (nanos % unit == 0) return std::to_string(nanos / unit) + std::string(name);
  }
  return std::to_string(nanos) + "ns";
}

}  // namespace sp
