// Scalars of YAML 1.2's core schema and of the resource model, from text. Each reads all of its text or gives nothing;
// none depends on the locale.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sp::file {

// What a scalar without quotes is (YAML 1.2.2 section 10.3.2).
enum class PlainType : uint8_t { kNull, kBool, kInteger, kFloat, kText };
PlainType TypeOfPlain(std::string_view text);

std::optional<bool> ParseBool(std::string_view text);
// Decimal, `0x` and `0o`, with a sign.
struct Integer {
  uint64_t magnitude;
  bool negative;
};
std::optional<Integer> ParseInteger(std::string_view text);
// Finite ones only.
std::optional<double> ParseFloat(std::string_view text);
// The double that equals it exactly, if there is one.
std::optional<double> ExactDouble(Integer value);

bool IsUtf8(std::string_view text);
// Where the first byte stands that no document may hold: not UTF-8, or a control character but tab and line ends (YAML
// 1.2.2 section 5.1). libfyaml would take some of them as the end of the text, without a word.
std::optional<size_t> FindUnreadable(std::string_view text);
// For messages: in quotes, control bytes escaped, cut where it is long.
std::string Quoted(std::string_view text);

}  // namespace sp::file
