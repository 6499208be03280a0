// What Explain says of one filter and of a route's action.
#pragma once

#include "core/traffic/explanation.h"
#include "core/traffic/route/match.h"
#include "core/traffic/snapshot/snapshot.h"

namespace sp::traffic {

struct Scope {
  const snapshot::Snapshot& snapshot;
  const snapshot::ListenerSpec& listener;
  const route::MatchResult& match;  // with a route
  const http::RequestHead& head;
};

ExplainedFilter DescribeFilter(const filter::FilterSpec& spec, const filter::EffectiveConfig& effective);

// Sets `refusal` of `out` where the action cannot be done for this request.
ExplainedAction DescribeAction(const Scope& scope, Explanation* out);

}  // namespace sp::traffic
