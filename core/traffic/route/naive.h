// The route scan as it is defined: from the top, each condition in turn. The reference that the index is tested
// against, and what `explain` prints: it can say for each route why it didn't match.
#pragma once

#include <cstdint>
#include <functional>

#include "core/traffic/route/judge.h"
#include "core/traffic/route/match.h"
#include "core/traffic/route/table.h"

namespace sp::route {

// What became of one route that the scan came to.
struct TraceStep {
  using Verdict = route::Verdict;
  TableSlot table;
  uint32_t index;
  uint32_t depth;  // delegations above
  const RouteSpec* route;
  Verdict verdict;
  uint32_t condition;  // for kHeader, kQuery: index into match.headers, match.query
};
using Trace = std::function<void(const TraceStep&)>;

// The same answer as TableSet::Match, `steps` apart. `trace` may be empty.
void MatchLinear(const TableSet& tables, TableSlot slot, const Request& request, MatchResult& result,
                 const Trace& trace = {});

}  // namespace sp::route
