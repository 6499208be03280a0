// The route scan as it is defined: from the top, each condition in turn. The reference that the index is tested
// against, and what `explain` prints: it can say for each route why it didn't match.
#pragma once

#include <cstdint>
#include <functional>

#include "core/traffic/route/match.h"
#include "core/traffic/route/table.h"

namespace sp::route {

// What became of one route that the scan came to.
struct TraceStep {
  enum class Verdict : uint8_t {
    kMatched,     // for a delegating entry: its conditions hold, the steps of its table follow
    kHost,
    kPath,
    kMethod,
    kHeader,      // the one at `condition`
    kQuery,       // the one at `condition`
    kShare,       // per_million
    kQueryLimit,
    kNoneInTable  // a delegating entry again, after its table's steps: nothing there
  };
  TableSlot table;
  uint32_t index;
  uint32_t depth;  // delegations above
  const RouteSpec* route;
  Verdict verdict;
  uint32_t condition;  // index into match.headers or match.query
};
using Trace = std::function<void(const TraceStep&)>;

// Whether the route's own conditions hold; `condition` is written for kHeader and kQuery. The order of the verdicts is
// host, path, method, headers, share, query.
TraceStep::Verdict Judge(const RouteSpec& route, const Request& request, uint32_t* condition);

// The same answer as TableSet::Match, `steps` apart. `trace` may be empty.
void MatchLinear(const TableSet& tables, TableSlot slot, const Request& request, MatchResult& result,
                 const Trace& trace = {});

}  // namespace sp::route
