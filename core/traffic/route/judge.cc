#include "core/traffic/route/judge.h"

#include <algorithm>

namespace sp::route {

namespace {

bool HostMatches(const MatchSpec& match, const Request& request) {
  if (match.hosts.empty()) return true;
  const HostView host = SplitHost(request.host, request.default_port);
  return std::any_of(match.hosts.begin(), match.hosts.end(), [&](const HostPattern& h) { return h.Matches(host); });
}

Verdict JudgeQuery(const MatchSpec& match, Query& query, uint32_t* condition) {
  if (query.over_limit()) return Verdict::kQueryLimit;
  for (uint32_t i = 0; i < match.query.size(); ++i) {
    if (match.query[i].Matches(query)) continue;
    *condition = i;
    return Verdict::kQuery;
  }
  return Verdict::kMatched;
}

}  // namespace

Verdict Judge(const RouteSpec& route, const Request& request, uint32_t* condition) {
  return HostMatches(route.match, request) ? JudgeBesidesHost(route, request, condition) : Verdict::kHost;
}

Verdict JudgeBesidesHost(const RouteSpec& route, const Request& request, uint32_t* condition) {
  const MatchSpec& match = route.match;
  if (!match.path.Matches(request.path)) return Verdict::kPath;
  if (!match.methods.Matches(request.method, request.method_text)) return Verdict::kMethod;
  for (uint32_t i = 0; i < match.headers.size(); ++i) {
    if (match.headers[i].Matches(*request.headers)) continue;
    *condition = i;
    return Verdict::kHeader;
  }
  if (request.random % 1'000'000 >= match.per_million) return Verdict::kShare;
  return match.query.empty() ? Verdict::kMatched : JudgeQuery(match, *request.query, condition);
}

}  // namespace sp::route
