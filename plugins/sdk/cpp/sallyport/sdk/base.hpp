// The words of the SDK: text across the ABI, results of hooks, reasons, values, handles made by a config.
#pragma once

#include <sallyport/http_filter.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport {

using Duration = std::chrono::nanoseconds;

inline sp_str to_abi(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view from_abi(sp_str text) { return {text.ptr, static_cast<size_t>(text.len)}; }

// What a hook wants to happen with what it holds; see http_filter.h. Replied is what reply() gives: nothing goes on,
// the answer does.
enum class [[nodiscard]] Result : uint32_t{Error = SP_ERROR, Continue = SP_CONTINUE, Hold = SP_HOLD,
                                           Pause = SP_PAUSE, Detach = SP_DETACH,     Replied = 0x100};
inline constexpr Result Error = Result::Error;
inline constexpr Result Continue = Result::Continue;
inline constexpr Result Hold = Result::Hold;
inline constexpr Result Pause = Result::Pause;
inline constexpr Result Detach = Result::Detach;

enum class LogLevel : uint32_t {
  kTrace = SP_LOG_TRACE,
  kDebug = SP_LOG_DEBUG,
  kInfo = SP_LOG_INFO,
  kWarn = SP_LOG_WARN,
  kError = SP_LOG_ERROR
};

// Handles that a config makes in its constructor (json.hpp). The default ones name nothing.
struct Cluster {
  uint32_t id = UINT32_MAX;
};
struct Counter {
  uint32_t series = UINT32_MAX;
};
struct Gauge {
  uint32_t series = UINT32_MAX;
};
struct Histogram {  // of microseconds
  uint32_t series = UINT32_MAX;
};
struct Slot {  // of metadata
  uint32_t id = UINT32_MAX;
};

// A fact or a piece of metadata. Text is a view that lives as long as the stream.
class Value {
 public:
  Value() : value_{} {}
  explicit Value(const sp_value& value) : value_(value) {}
  static Value of(std::string_view text) { return make(SP_VALUE_STR, text); }
  static Value of_json(std::string_view json) { return make(SP_VALUE_JSON, json); }
  static Value of(int64_t number) {
    Value v;
    v.value_.type = SP_VALUE_I64;
    v.value_.i64 = number;
    return v;
  }
  static Value of(double number) {
    Value v;
    v.value_.type = SP_VALUE_F64;
    v.value_.f64 = number;
    return v;
  }
  static Value of(bool truth) {
    Value v;
    v.value_.type = SP_VALUE_BOOL;
    v.value_.i64 = truth ? 1 : 0;
    return v;
  }

  bool absent() const { return value_.type == SP_VALUE_ABSENT; }
  bool is_text() const {
    return value_.type == SP_VALUE_STR || value_.type == SP_VALUE_BYTES || value_.type == SP_VALUE_JSON;
  }
  // Empty where the value is no text.
  std::string_view text() const { return is_text() ? from_abi(value_.str) : std::string_view(); }
  std::optional<int64_t> i64() const {
    if (value_.type != SP_VALUE_I64 && value_.type != SP_VALUE_BOOL) return std::nullopt;
    return value_.i64;
  }
  const sp_value& abi() const { return value_; }

 private:
  static Value make(uint32_t type, std::string_view text) {
    Value v;
    v.value_.type = type;
    v.value_.str = to_abi(text);
    return v;
  }
  sp_value value_;
};

// ---- reasons: why a filter answered; in the access log, metrics, Proxy-Status and the answer itself
// ------------------
namespace detail {

template <size_t N>
struct FixedString {
  char text[N];
  consteval FixedString(const char (&literal)[N]) { std::copy_n(literal, N, text); }
  constexpr std::string_view view() const { return {text, N - 1}; }
};

constexpr bool is_reason_token(std::string_view token) {
  bool dotted = false;
  char before = '.';
  for (const char c : token) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    if (!letter && (c != '.' || before == '.')) return false;
    dotted = dotted || c == '.';
    before = c;
  }
  return dotted && before != '.';
}

// Every literal `"x.y"_reason` of the plugin is one node of this list, which each config interns when it is made.
struct ReasonNode {
  inline static constinit ReasonNode* first = nullptr;
  inline static constinit uint32_t count = 0;
  explicit ReasonNode(std::string_view t) : token(t), index(count++), next(first) { first = this; }
  std::string_view token;
  uint32_t index;
  ReasonNode* next;
};
template <FixedString kToken>
struct ReasonLiteral {
  static_assert(is_reason_token(kToken.view()), "a reason is words of a-z, 0-9 and _, with dots between: gate.denied");
  inline static const ReasonNode node{kToken.view()};
};

}  // namespace detail

class Reason {
 public:
  Reason() = default;  // `plugin.reply`
  explicit Reason(uint32_t id) : id_(id) {}
  explicit Reason(const detail::ReasonNode& node) : node_(&node) {}
  const detail::ReasonNode* node() const { return node_; }
  uint32_t id() const { return id_; }

 private:
  uint32_t id_ = 0;
  const detail::ReasonNode* node_ = nullptr;
};

inline namespace literals {
template <detail::FixedString kToken>
Reason operator""_reason() {
  return Reason(detail::ReasonLiteral<kToken>::node);
}
using namespace std::chrono_literals;
}  // namespace literals

}  // namespace sallyport
