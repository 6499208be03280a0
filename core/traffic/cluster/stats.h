// What one worker counts of a cluster and of an endpoint.
#pragma once

#include <utility>

#include "core/base/metric_registry.h"

namespace sp::cluster {

struct ClusterStats {
  Counter requests;
  Counter retries;
  Counter connect_failures;
  Counter connect_timeouts;
  Counter no_endpoint;
  Counter pending_overflow;
  Counter early_responses;  // answered before the request was sent
  Counter stray_bytes;      // connections that sent bytes while idle
  Counter status[5];        // 1xx … 5xx of final answers
  Counter failed;           // attempts that ended without a final answer
  Gauge active_requests;
  Gauge connections;
  Histogram duration;
  static std::pair<const MetricSeries*, size_t> Series();
};

struct EndpointStats {
  Counter requests;
  Counter failures;
  Gauge active_requests;
  Gauge connections;
  static std::pair<const MetricSeries*, size_t> Series();
};

}  // namespace sp::cluster
