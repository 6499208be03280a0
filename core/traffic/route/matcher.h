// Matchers of one value, one header, one query parameter: what routes are made of, usable elsewhere too.
//
// A value is matched as bytes, whole (exact), in part, or by a Regex over all of it; `ignore_case` folds ASCII. A
// header is matched line by line and never on lines joined (THREATS T63): it matches if any line does, or any member of
// a comma-separated line where the field is declared a list. `invert` turns the whole: no line may match, and a
// request without the field matches. A query parameter is matched on its first value (T57).
//
// Immutable values, built by whoever compiles the configuration; matching allocates nothing.
//
//   HeaderMatcher m("x-version", StringMatcher::Exact("2"));
//   m.Matches(request.headers);
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/http/head.h"
#include "core/http/header_map.h"
#include "core/traffic/route/query.h"
#include "core/traffic/route/regex.h"

namespace sp::route {

class StringMatcher {
 public:
  enum class Kind : uint8_t { kPresent, kExact, kPrefix, kSuffix, kContains, kRegex };

  static StringMatcher Present() { return StringMatcher(Kind::kPresent, {}, false); }
  static StringMatcher Exact(std::string_view text, bool ignore_case = false);
  static StringMatcher Prefix(std::string_view text, bool ignore_case = false);
  static StringMatcher Suffix(std::string_view text, bool ignore_case = false);
  static StringMatcher Contains(std::string_view text, bool ignore_case = false);
  static StringMatcher FullRegex(std::shared_ptr<const Regex> regex);

  bool Matches(std::string_view value) const;

  Kind kind() const { return kind_; }
  bool ignore_case() const { return ignore_case_; }
  // Lower case where ignore_case; empty for kPresent and kRegex.
  const std::string& text() const { return text_; }
  const Regex* regex() const { return regex_.get(); }
  // `exact "2"`, `prefix "v" (any case)`, `present`: for explain.
  std::string ToString() const;

 private:
  StringMatcher(Kind kind, std::string_view text, bool ignore_case);

  Kind kind_;
  bool ignore_case_;
  std::string text_;
  std::shared_ptr<const Regex> regex_;
};

class HeaderMatcher {
 public:
  // `name` in any case. `list`: the field is a comma-separated list, each member is matched without the spaces around.
  HeaderMatcher(std::string_view name, StringMatcher value, bool invert = false, bool list = false);

  bool Matches(const http::HeaderMap& headers) const;

  http::HeaderId id() const { return id_; }
  const std::string& name() const { return name_; }
  const StringMatcher& value() const { return value_; }
  bool invert() const { return invert_; }
  bool list() const { return list_; }

 private:
  bool MatchesLine(std::string_view line) const;

  http::HeaderId id_;
  bool invert_;
  bool list_;
  std::string name_;
  StringMatcher value_;
};

class QueryMatcher {
 public:
  // `name` as decoded text.
  QueryMatcher(std::string_view name, StringMatcher value, bool invert = false);

  // Of a query over its limit nothing matches: ask query.over_limit() first.
  bool Matches(Query& query) const;

  const std::string& name() const { return name_; }
  const StringMatcher& value() const { return value_; }
  bool invert() const { return invert_; }

 private:
  bool invert_;
  std::string name_;
  StringMatcher value_;
};

// A set of methods; empty means any. Case-sensitive (RFC 9110 section 9.1).
class MethodMatcher {
 public:
  void Add(std::string_view method);
  bool empty() const { return known_ == 0 && other_.empty(); }
  bool Matches(http::Method method, std::string_view text) const;
  // The texts, known ones first.
  std::vector<std::string_view> Texts() const;

 private:
  uint16_t known_ = 0;  // bit per http::Method
  std::vector<std::string> other_;
};

}  // namespace sp::route
