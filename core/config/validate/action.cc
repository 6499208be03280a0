// What is done with a request that matched: exactly one action, with what belongs to it and nothing that would have no
// effect.

#include <fmt/format.h>

#include <set>
#include <string>

#include "core/config/path_kind.h"
#include "core/config/validate/formats.h"
#include "core/config/validate/parts.h"
#include "core/http/ascii.h"
#include "core/traffic/route/rewrite.h"
#include "sallyport/v1/route.pb.h"

namespace sp::config {

namespace v1 = ::sallyport::v1;

namespace {

constexpr size_t kMaxRespondBody = 64 << 10;  // bytes

// Whether `rewrite` fits what the route matches. A path that is itself wrong is reported where it stands.
void CheckPathRewrite(const route::PathRewrite& rewrite, const v1::Route& route, const Place& place, Report& report) {
  std::string ignored;
  const auto pattern = ParsePath(route.match().path(), &ignored);
  if (!pattern) return;
  if (auto fault = route::CheckRewrite(rewrite, *pattern)) report.Add(place, std::move(*fault));
}

void CheckRewrite(const v1::Route& route, const Place& place, Report& report) {
  const v1::Rewrite& rewrite = route.rewrite();
  if (!rewrite.host().empty()) {
    if (std::string fault = AuthorityFault(rewrite.host()); !fault.empty()) {
      report.Add(place.Field("host"), std::move(fault));
    }
  }
  if (rewrite.has_prefix()) {
    CheckPathRewrite(route::PrefixRewrite{rewrite.prefix()}, route, place.Field("prefix"), report);
  } else if (rewrite.has_path()) {
    CheckPathRewrite(route::FullRewrite{rewrite.path()}, route, place.Field("path"), report);
  } else if (rewrite.has_regex() && !rewrite.regex().pattern().empty()) {
    const Place regex = place.Field("regex");
    std::string error;
    auto compiled = route::Regex::Compile(rewrite.regex().pattern(), {}, &error);
    if (compiled == nullptr) return report.Add(regex.Field("pattern"), std::move(error));
    CheckPathRewrite(route::RegexRewrite{std::move(compiled), rewrite.regex().substitution()}, route,
                     regex.Field("substitution"), report);
  }
}

void CheckRedirect(const v1::Route& route, const Place& place, Report& report) {
  const v1::Redirect& redirect = route.redirect();
  const std::string& scheme = redirect.scheme();
  if (!scheme.empty() && scheme != "http" && scheme != "https") {
    report.Add(place.Field("scheme"), "must be http or https");
  }
  if (!redirect.host().empty()) {
    if (std::string fault = AuthorityFault(redirect.host()); !fault.empty()) {
      report.Add(place.Field("host"), std::move(fault));
    }
  }
  if (redirect.has_status()) {
    const std::set<uint32_t> allowed = {301, 302, 303, 307, 308};
    if (!allowed.contains(redirect.status())) report.Add(place.Field("status"), "must be 301, 302, 303, 307 or 308");
  }
  if (redirect.has_prefix()) {
    CheckPathRewrite(route::PrefixRewrite{redirect.prefix()}, route, place.Field("prefix"), report);
  } else if (redirect.has_path()) {
    CheckPathRewrite(route::FullRewrite{redirect.path()}, route, place.Field("path"), report);
  } else if (scheme.empty() && redirect.host().empty() && !redirect.has_port() && !redirect.strip_query()) {
    report.Add(place, "leads back to the same URL: needs scheme, host, port, path or prefix");
  }
}

void CheckRespond(const v1::Respond& respond, const Place& place, Report& report) {
  if (respond.body().size() > kMaxRespondBody) {
    report.Add(place.Field("body"), fmt::format("must be at most {} bytes long", kMaxRespondBody));
  }
  // RFC 9110 sections 15.3.5, 15.3.6, 15.4.5: these have none.
  const uint32_t status = respond.status();
  if (!respond.body().empty() && (status == 204 || status == 205 || status == 304)) {
    report.Add(place.Field("body"), fmt::format("has no place in an answer {}", status));
  }
  const Place headers = place.Field("headers");
  for (const auto& [name, value] : Sorted(respond.headers())) {
    const Place at = headers.Field(name);
    if (std::string fault = HeaderNameFault(name); !fault.empty()) report.Add(at, std::move(fault));
    if (std::string fault = HeaderValueFault(*value); !fault.empty()) report.Add(at, std::move(fault));
  }
}

void CheckWeights(const v1::Route& route, const Place& place, Report& report) {
  uint64_t sum = 0;
  for (const v1::WeightedCluster& cluster : route.weighted_clusters()) sum += cluster.weight();
  if (sum == 0) report.Add(place, "all have the weight 0");
  if (sum > UINT32_MAX) report.Add(place, fmt::format("weights must add up to at most {}", UINT32_MAX));
}

// Fields that the action makes no use of: they would look as if they did something.
void CheckIdle(const v1::Route& route, std::string_view action, const Place& place, Report& report) {
  const auto refuse = [&](bool written, std::string_view field) {
    if (written) report.Add(place.Field(field), fmt::format("has no effect with `{}`", action));
  };
  const bool delegates = action == "table";
  refuse(route.has_rewrite(), "rewrite");
  refuse(route.has_request_headers(), "request_headers");
  refuse(route.has_response_headers() && delegates, "response_headers");
  refuse(route.has_timeout(), "timeout");
  refuse(route.has_idle_timeout(), "idle_timeout");
  refuse(!route.missing_cluster().empty(), "missing_cluster");
}

std::string_view IdleAction(const v1::Route& route) {
  switch (route.action_case()) {
    case v1::Route::kRedirect:
      return "redirect";
    case v1::Route::kRespond:
      return "respond";
    case v1::Route::kTable:
      return "table";
    default:
      return "";
  }
}

void CheckNames(const google::protobuf::Map<std::string, std::string>& edits, const Place& place, Report& report) {
  std::set<std::string> seen;
  for (const auto& [name, value] : Sorted(edits)) {
    const Place at = place.Field(name);
    std::string lower(name);
    for (char& c : lower) c = http::ToLower(c);
    if (!seen.insert(std::move(lower)).second) report.Add(at, "is written twice, in different case");
    if (std::string fault = HeaderNameFault(name); !fault.empty()) report.Add(at, std::move(fault));
    if (std::string fault = HeaderValueFault(*value); !fault.empty()) report.Add(at, std::move(fault));
  }
}

}  // namespace

void CheckHeaderEdits(const v1::HeaderEdits& edits, const Place& place, Report& report) {
  CheckNames(edits.set(), place.Field("set"), report);
  CheckNames(edits.add(), place.Field("add"), report);
}

void CheckAction(const v1::Route& route, const Place& place, Report& report) {
  const bool weighted = route.weighted_clusters_size() > 0;
  if (route.has_cluster() && route.cluster().empty()) report.Add(place.Field("cluster"), "must not be empty");
  if (route.has_table() && route.table().empty()) report.Add(place.Field("table"), "must not be empty");
  if (weighted) CheckWeights(route, place.Field("weighted_clusters"), report);
  if (route.has_redirect()) CheckRedirect(route, place.Field("redirect"), report);
  if (route.has_respond()) CheckRespond(route.respond(), place.Field("respond"), report);
  if (route.exclusive() && !route.has_table()) report.Add(place.Field("exclusive"), "has no effect without `table`");
  if (const std::string_view action = IdleAction(route); !action.empty()) CheckIdle(route, action, place, report);
  if (route.has_rewrite()) CheckRewrite(route, place.Field("rewrite"), report);
  if (route.has_request_headers()) CheckHeaderEdits(route.request_headers(), place.Field("request_headers"), report);
  if (route.has_response_headers()) CheckHeaderEdits(route.response_headers(), place.Field("response_headers"), report);
}

}  // namespace sp::config
