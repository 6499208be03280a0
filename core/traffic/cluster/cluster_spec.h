// ClusterSpec: a cluster as compiled, immutable, shared by all workers and by every snapshot in which it is equal.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/net/address.h"

namespace sp::cluster {

struct EndpointSpec {
  net::Address address;
  std::string name;  // as written: `127.0.0.1:9001`; the metric label and what `Host` becomes with an endpoint rewrite
  uint32_t weight = 1;  // > 0
  friend bool operator==(const EndpointSpec&, const EndpointSpec&) = default;
};

enum class Policy : uint8_t { kRoundRobin, kLeastRequest };

struct ClusterSpec {
  std::string name;
  std::vector<EndpointSpec> endpoints;
  Policy policy = Policy::kRoundRobin;
  Duration connect_timeout = std::chrono::seconds(5);
  Duration idle_timeout = std::chrono::seconds(60);  // of a pooled connection
  // Per worker, over all endpoints: open connections, requests that wait for one, and connections kept unused.
  uint32_t max_connections = 4096;
  uint32_t max_pending = 1024;
  uint32_t max_idle = 256;
  uint64_t retry_buffer = 64 * 1024;  // bytes of body kept for the one safe retry
  friend bool operator==(const ClusterSpec&, const ClusterSpec&) = default;
};

}  // namespace sp::cluster
