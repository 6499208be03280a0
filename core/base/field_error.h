// FieldError: what is wrong with a configuration, where, and if it can be said, what was meant. A source (a file, a
// push) adds its own position: a file prints `gateway.yaml:12:9: listeners[0].filters[1].config.rate: must be > 0`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sp {

struct FieldError {
  std::string path;        // `listeners[0].filters[1].config.rate`; empty for the document as a whole
  std::string message;     // lower case, no full stop: `must be > 0`
  std::string suggestion;  // `cluster`, for an unknown `clutser`; empty where there is none

  // `path: message (did you mean "suggestion"?)`
  std::string ToString() const;
  friend bool operator==(const FieldError&, const FieldError&) = default;
};

using FieldErrors = std::vector<FieldError>;

// The candidate nearest to `word` by edit distance, if near enough to be what was meant; else empty.
std::string_view Nearest(std::string_view word, const std::vector<std::string_view>& candidates);

// A path grown on the way down: FieldPath("routes").Index(3).Field("match") → `routes[3].match`.
class FieldPath {
 public:
  FieldPath() = default;
  explicit FieldPath(std::string text) : text_(std::move(text)) {}
  FieldPath Field(std::string_view name) const;
  FieldPath Index(size_t i) const;
  FieldPath Key(std::string_view key) const { return Field(key); }
  const std::string& str() const { return text_; }

 private:
  std::string text_;
};

}  // namespace sp
