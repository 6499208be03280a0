#include "core/traffic/route/matcher.h"

#include <algorithm>

#include <fmt/format.h>
#include "core/http/ascii.h"
#include "core/traffic/route/fold.h"

namespace sp::route {

namespace {

bool ContainsLowered(std::string_view value, std::string_view lower) {
  return std::search(value.begin(), value.end(), lower.begin(), lower.end(),
                     [](char a, char b) { return http::ToLower(a) == b; }) != value.end();
}

}  // namespace

StringMatcher::StringMatcher(Kind kind, std::string_view text, bool ignore_case)
    : kind_(kind), ignore_case_(ignore_case), text_(ignore_case ? Lowered(text) : std::string(text)) {}

StringMatcher StringMatcher::Exact(std::string_view text, bool ignore_case) {
  return StringMatcher(Kind::kExact, text, ignore_case);
}
StringMatcher StringMatcher::Prefix(std::string_view text, bool ignore_case) {
  return StringMatcher(Kind::kPrefix, text, ignore_case);
}
StringMatcher StringMatcher::Suffix(std::string_view text, bool ignore_case) {
  return StringMatcher(Kind::kSuffix, text, ignore_case);
}
StringMatcher StringMatcher::Contains(std::string_view text, bool ignore_case) {
  return StringMatcher(Kind::kContains, text, ignore_case);
}
StringMatcher StringMatcher::FullRegex(std::shared_ptr<const Regex> regex) {
  StringMatcher matcher(Kind::kRegex, {}, regex->ignore_case());
  matcher.regex_ = std::move(regex);
  return matcher;
}

bool StringMatcher::Matches(std::string_view value) const {
  const size_t size = text_.size();
  switch (kind_) {
    case Kind::kPresent:
      return true;
    case Kind::kExact:
      return SameText(value, text_, ignore_case_);
    case Kind::kPrefix:
      return value.size() >= size && SameText(value.substr(0, size), text_, ignore_case_);
    case Kind::kSuffix:
      return value.size() >= size && SameText(value.substr(value.size() - size), text_, ignore_case_);
    case Kind::kContains:
      return ignore_case_ ? ContainsLowered(value, text_) : value.find(text_) != std::string_view::npos;
    case Kind::kRegex:
      return regex_->FullMatch(value);
  }
  return false;
}

std::string StringMatcher::ToString() const {
  static constexpr std::string_view kNames[] = {"present", "exact", "prefix", "suffix", "contains", "regex"};
  const std::string_view name = kNames[static_cast<size_t>(kind_)];
  if (kind_ == Kind::kPresent) return std::string(name);
  return fmt::format("{} \"{}\"{}", name, regex_ != nullptr ? regex_->pattern() : text_,
                     ignore_case_ ? " (any case)" : "");
}

HeaderMatcher::HeaderMatcher(std::string_view name, StringMatcher value, bool invert, bool list)
    : invert_(invert), list_(list), name_(Lowered(name)), value_(std::move(value)) {
  id_ = http::HeaderIdOf(name_);
}

bool HeaderMatcher::Matches(const http::HeaderMap& headers) const {
  for (const http::HeaderField& field : headers) {
    if (field.id != id_ || (id_ == http::HeaderId::kOther && field.name != name_)) continue;
    if (MatchesLine(field.value)) return !invert_;
  }
  return invert_;
}

bool HeaderMatcher::MatchesLine(std::string_view line) const {
  if (!list_) return value_.Matches(line);
  bool found = false;
  http::ForEachListElement(line, [&](std::string_view member) {
    found = value_.Matches(member);
    return !found;
  });
  return found;
}

QueryMatcher::QueryMatcher(std::string_view name, StringMatcher value, bool invert)
    : invert_(invert), name_(name), value_(std::move(value)) {}

bool QueryMatcher::Matches(Query& query) const {
  if (query.over_limit()) return false;
  const std::string_view* value = query.Find(name_);
  return (value != nullptr && value_.Matches(*value)) != invert_;
}

void MethodMatcher::Add(std::string_view method) {
  const http::Method known = http::MethodOf(method);
  if (known != http::Method::kOther) {
    known_ |= static_cast<uint16_t>(1U << static_cast<unsigned>(known));
  } else if (std::find(other_.begin(), other_.end(), method) == other_.end()) {
    other_.emplace_back(method);
  }
}

bool MethodMatcher::Matches(http::Method method, std::string_view text) const {
  if (empty()) return true;
  if (method != http::Method::kOther) return (known_ >> static_cast<unsigned>(method) & 1U) != 0;
  return std::find(other_.begin(), other_.end(), text) != other_.end();
}

std::vector<std::string_view> MethodMatcher::Texts() const {
  std::vector<std::string_view> texts;
  for (unsigned i = 1; i < 16; ++i) {
    if ((known_ >> i & 1U) != 0) texts.push_back(http::TextOf(static_cast<http::Method>(i)));
  }
  texts.insert(texts.end(), other_.begin(), other_.end());
  return texts;
}

}  // namespace sp::route
