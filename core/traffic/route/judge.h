// Judge: whether one route's own conditions hold for a request, and which fails first. The index finds candidates and
// asks the same questions of them, but for the host, which its buckets have decided.
#pragma once

#include <cstdint>

#include "core/traffic/route/match.h"
#include "core/traffic/route/route.h"

namespace sp::route {

// In the order in which conditions are looked at.
enum class Verdict : uint8_t {
  kMatched,  // for a delegating entry: its conditions hold, its table is tried
  kHost,
  kPath,
  kMethod,
  kHeader,      // the one at `condition`
  kShare,       // MatchSpec::per_million
  kQueryLimit,  // all else holds and there are conditions on the query, which has too many parameters
  kQuery,       // the one at `condition`
  kNoneInTable  // never by Judge: a delegating entry again, after its table had no route
};

Verdict Judge(const RouteSpec& route, const Request& request, uint32_t* condition);
// All but the host.
Verdict JudgeBesidesHost(const RouteSpec& route, const Request& request, uint32_t* condition);

}  // namespace sp::route
