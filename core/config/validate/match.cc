// What routes look at: paths, methods, headers, query parameters. Hosts are a matter of their `format`.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "core/config/path_kind.h"
#include "core/config/validate/formats.h"
#include "core/config/validate/parts.h"
#include "core/http/validate.h"
#include "sallyport/v1/match.pb.h"

namespace sp::config {

namespace v1 = ::sallyport::v1;

namespace {

void CheckPath(const v1::PathMatch& path, const Place& place, Report& report) {
  const auto text = PathTextOf(path);
  std::string error;
  if (text && !ParsePath(path, &error)) report.Add(place.Field(text->field), std::move(error));
}

void CheckMethod(std::string_view method, const Place& place, Report& report) {
  if (!http::IsToken(method)) return report.Add(place, "must be a method such as GET");
  const bool lower = std::any_of(method.begin(), method.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  if (!lower) return;
  // RFC 9110 section 9.1: methods are case-sensitive, and every registered one is upper case.
  std::string upper(method);
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  report.Add(place, "methods are case-sensitive", upper);
}

std::string_view ConditionName(const v1::ValueMatch& match) {
  switch (match.condition_case()) {
    case v1::ValueMatch::kExact:
      return "exact";
    case v1::ValueMatch::kPrefix:
      return "prefix";
    case v1::ValueMatch::kSuffix:
      return "suffix";
    case v1::ValueMatch::kContains:
      return "contains";
    case v1::ValueMatch::kRegex:
      return "regex";
    default:
      return "";
  }
}

void CheckCondition(const v1::ValueMatch& match, const Place& place, Report& report) {
  const Place at = place.Field(ConditionName(match));
  if (match.has_regex()) {
    if (std::string fault = RegexFault(match.regex()); !fault.empty()) report.Add(at, std::move(fault));
    return;
  }
  const bool empty = (match.has_prefix() && match.prefix().empty()) || (match.has_suffix() && match.suffix().empty()) ||
                     (match.has_contains() && match.contains().empty());
  if (empty) report.Add(at, "must not be empty: every value would match");
}

}  // namespace

void CheckMatch(const v1::RouteMatch& match, const Place& place, Report& report) {
  if (match.has_path()) CheckPath(match.path(), place.Field("path"), report);
  const Place methods = place.Field("methods");
  for (int i = 0; i < match.methods_size(); ++i) CheckMethod(match.methods(i), methods.Index(i), report);
  const Place headers = place.Field("headers");
  for (int i = 0; i < match.headers_size(); ++i) {
    const Place at = headers.Index(i);
    const std::string& name = match.headers(i).name();
    if (!name.empty() && !http::IsToken(name)) report.Add(at.Field("name"), "must be a header name");
    CheckCondition(match.headers(i), at, report);
  }
  const Place query = place.Field("query");
  for (int i = 0; i < match.query_size(); ++i) {
    const Place at = query.Index(i);
    CheckCondition(match.query(i), at, report);
    if (match.query(i).list()) report.Add(at.Field("list"), "is for header fields only");
  }
}

}  // namespace sp::config
