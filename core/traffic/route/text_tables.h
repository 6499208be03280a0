// Routes, tables and requests written as text, one per line, for tests and the fuzz target only.
//
//   table main
//   users  host=a.example path=prefix:/users method=GET header=x-v:exact:2 !query=debug:present
//   team   path=prefix:/team table=team          (table!=team: exclusive)
//   table team
//   …
//   GET a.example/users?a=1 x-v:2 => users       (the first table is asked)
//
// Words are separated by spaces; "quoted words" may hold some. Keys: host, path, method, header, query, share; `!`
// before header and query inverts, `i` before path, header and query ignores case, `l` before header reads a list.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/http/head.h"
#include "core/traffic/route/naive.h"
#include "core/traffic/route/table.h"

namespace sp::route::testing {

inline std::vector<std::string> Words(std::string_view line) {
  std::vector<std::string> words;
  bool quoted = false, open = false;
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == ' ' && !quoted) {
      open = false;
      continue;
    }
    if (!open) words.emplace_back();
    open = true;
    if (c != '"') words.back() += c;
  }
  return words;
}

// `text` up to `separator`, which is taken off with it; all of it where there is none.
inline std::string_view TakeUpTo(std::string_view& text, char separator) {
  const size_t at = text.find(separator);
  const std::string_view taken = text.substr(0, at);
  text = at == std::string_view::npos ? std::string_view() : text.substr(at + 1);
  return taken;
}

inline std::optional<StringMatcher> ParseMatcher(std::string_view text, bool ignore_case, std::string* error) {
  const std::string_view kind = TakeUpTo(text, ':');
  if (kind == "present") return StringMatcher::Present();
  if (kind == "exact") return StringMatcher::Exact(text, ignore_case);
  if (kind == "prefix") return StringMatcher::Prefix(text, ignore_case);
  if (kind == "suffix") return StringMatcher::Suffix(text, ignore_case);
  if (kind == "contains") return StringMatcher::Contains(text, ignore_case);
  *error = "no such matcher: " + std::string(kind);
  if (kind != "regex") return std::nullopt;
  auto regex = Regex::Compile(text, {ignore_case}, error);
  return regex == nullptr ? std::nullopt : std::optional(StringMatcher::FullRegex(std::move(regex)));
}

inline std::optional<PathPattern> ParsePath(std::string_view text, bool ignore_case, std::string* error) {
  using Kind = PathPattern::Kind;
  const std::string_view name = TakeUpTo(text, ':');
  Kind kind = Kind::kAny;
  if (name == "exact") kind = Kind::kExact;
  if (name == "prefix") kind = Kind::kPrefix;
  if (name == "string_prefix") kind = Kind::kStringPrefix;
  if (name == "template") kind = Kind::kTemplate;
  if (name == "regex") kind = Kind::kRegex;
  *error = "no such path: " + std::string(name);
  return kind == Kind::kAny ? std::nullopt : PathPattern::Parse(kind, text, ignore_case, error);
}

inline bool ParseValueMatch(std::string_view key, std::string_view text, MatchSpec& match, std::string* error) {
  bool invert = false, ignore_case = false, list = false;
  for (; key != "header" && key != "query"; key.remove_prefix(1)) {
    invert = invert || key.substr(0, 1) == "!";
    ignore_case = ignore_case || key.substr(0, 1) == "i";
    list = list || key.substr(0, 1) == "l";
    if (key.empty()) {
      *error = "no such key";
      return false;
    }
  }
  const std::string_view name = TakeUpTo(text, ':');
  std::optional<StringMatcher> value = ParseMatcher(text, ignore_case, error);
  if (!value) return false;
  if (key == "header") {
    match.headers.emplace_back(name, std::move(*value), invert, list);
  } else {
    match.query.emplace_back(name, std::move(*value), invert);
  }
  return true;
}

inline bool ParseCondition(std::string_view key, std::string_view text, RouteSpec& route, std::string* error) {
  if (key == "host") {
    std::optional<HostPattern> host = HostPattern::Parse(text, error);
    if (host) route.match.hosts.push_back(std::move(*host));
    return host.has_value();
  }
  if (key == "path" || key == "ipath") {
    std::optional<PathPattern> path = ParsePath(text, key == "ipath", error);
    if (path) route.match.path = std::move(*path);
    return path.has_value();
  }
  if (key == "table" || key == "table!") {
    route.action = Delegate{std::string(text), key == "table!"};
    return true;
  }
  if (key == "share") {
    route.match.per_million = 0;
    for (const char c : text.substr(0, 7)) route.match.per_million = route.match.per_million * 10 + (c - '0') % 10U;
    return true;
  }
  if (key != "method") return ParseValueMatch(key, text, route.match, error);
  route.match.methods.Add(text);
  return true;
}

inline std::optional<RouteSpec> ParseRoute(std::string_view line, std::string* error) {
  RouteSpec route;
  route.action = ClusterAction::To("c");
  const std::vector<std::string> words = Words(line);
  if (words.empty()) return std::nullopt;
  route.name = words[0];
  for (size_t i = 1; i < words.size(); ++i) {
    std::string_view text = words[i];
    const std::string_view key = TakeUpTo(text, '=');
    if (!ParseCondition(key, text, route, error)) return std::nullopt;
  }
  return route;
}

// A request and the memory it stands in.
class TextRequest {
 public:
  // `GET host/path?query name:value …`; `random=N`.
  explicit TextRequest(std::string_view line) : arena_(pool_), head_(arena_), words_(Words(line)) {
    head_.method_text = words_.empty() ? "" : std::string_view(words_[0]);
    head_.method = http::MethodOf(head_.method_text);
    std::string_view url = words_.size() < 2 ? "" : std::string_view(words_[1]);
    head_.scheme = "http";
    if (url.substr(0, 8) == "https://") {
      head_.scheme = "https";
      url.remove_prefix(8);
    }
    const size_t question = std::min(url.find('?'), url.size());
    const size_t slash = std::min({url.find('/'), url.find('*'), question});
    head_.host = head_.authority = url.substr(0, slash);
    head_.path = url.substr(slash, question - slash);
    head_.has_query = question < url.size();
    if (head_.has_query) head_.query = url.substr(question + 1);
    for (size_t i = 2; i < words_.size(); ++i) {
      std::string_view value = words_[i];
      if (value.substr(0, 7) == "random=") {
        for (const char c : value.substr(7)) random_ = random_ * 10 + static_cast<uint64_t>(c - '0') % 10;
        continue;
      }
      const std::string_view name = TakeUpTo(value, ':');
      head_.headers.Add(name, value);
    }
    query_.emplace(head_.query, arena_);
  }

  Request request() { return Request::Of(head_, *query_, random_); }
  const http::RequestHead& head() const { return head_; }
  Arena& arena() { return arena_; }

 private:
  SlabPool pool_;
  Arena arena_;
  http::RequestHead head_;
  std::vector<std::string> words_;
  std::optional<Query> query_;
  uint64_t random_ = 0;
};

// Tables as they are read line by line.
class TextTables {
 public:
  // False, and `error`, for a line that is no route.
  bool Add(std::string_view line, std::string* error) {
    if (line.substr(0, 6) == "table ") {
      names_.emplace_back(line.substr(6));
      routes_.emplace_back();
      return true;
    }
    if (names_.empty()) Add("table main", error);
    std::optional<RouteSpec> route = ParseRoute(line, error);
    if (route) routes_.back().push_back(std::move(*route));
    return route.has_value();
  }
  // Compiles what was added.
  const TableSet& Set() {
    std::vector<std::shared_ptr<const Table>> tables;
    for (size_t i = 0; i < names_.size(); ++i) tables.push_back(Table::Compile(names_[i], routes_[i]));
    if (tables.empty()) tables.push_back(Table::Compile("main", {}));
    errors.clear();
    set_.emplace(std::move(tables), &errors);
    return *set_;
  }
  bool DistinctNames() const { return std::set<std::string>(names_.begin(), names_.end()).size() == names_.size(); }
  TableSlot first() const { return names_.empty() ? 0 : *set_->Find(names_[0]); }

  FieldErrors errors;

 private:
  std::vector<std::string> names_;
  std::vector<std::vector<RouteSpec>> routes_;
  std::optional<TableSet> set_;
};

inline std::string Describe(const MatchResult& result) {
  using Outcome = MatchResult::Outcome;
  switch (result.outcome) {
    case Outcome::kNone:
      return "none";
    case Outcome::kExclusive:
      return "exclusive";
    case Outcome::kQueryLimit:
      return "query_limit";
    case Outcome::kDelegationLimit:
      return "delegation_limit";
    case Outcome::kRoute:
      break;
  }
  std::string text;
  for (size_t i = 0; i < result.depth; ++i) text += result.chain[i].entry->name + "/";
  text += result.route->name;
  for (size_t i = 0; i < result.param_count; ++i) {
    text += " " + std::string(result.params[i].name) + "=" + std::string(result.params[i].value);
  }
  return text;
}

}  // namespace sp::route::testing
