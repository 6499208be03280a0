// What one worker counts of a listener.
#pragma once

#include <utility>

#include "core/base/metric_registry.h"

namespace sp::downstream {

struct ListenerStats {
  Counter connections;
  Counter connection_limit;  // times that accepting stopped at the limit (`listener.limit`)
  Counter requests;
  Counter status[5];
  Counter request_bytes;  // of bodies
  Counter response_bytes;
  Counter plugin_failed_open;
  Counter drain_aborted;  // exchanges ended by the drain's time limit
  Gauge open_connections;
  Gauge active_requests;
  Histogram duration;
  static std::pair<const MetricSeries*, size_t> Series();
};

// Answers and endings that the gateway itself caused, by reason.
struct ReasonStats {
  Counter streams;
  static std::pair<const MetricSeries*, size_t> Series();
};

}  // namespace sp::downstream
