// ClusterState: a cluster running on one worker. It lives on by name through new snapshots while its spec is equal, so
// that its pools and its place in the rotation are kept; streams hold it through the snapshot they began with.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/net/reactor.h"
#include "core/traffic/cluster/cluster_spec.h"
#include "core/traffic/cluster/stats.h"

namespace sp::cluster {

struct EndpointState {
  const EndpointSpec* spec = nullptr;
  EndpointStats* stats = nullptr;
  // The connections to it: a upstream::Pool, made at the first request.
  std::unique_ptr<net::Disposable> pool;
  int64_t credit = 0;  // of the weighted rotation
};

class ClusterState {
 public:
  ClusterState(std::shared_ptr<const ClusterSpec> spec, MetricRegistry& metrics, uint32_t worker);

  const ClusterSpec& spec() const { return *spec_; }
  const std::shared_ptr<const ClusterSpec>& shared_spec() const { return spec_; }
  ClusterStats& stats() { return *stats_; }
  std::vector<EndpointState>& endpoints() { return endpoints_; }

  // Whom to call next. Null where there is no endpoint.
  EndpointState* Pick(Random& random);

  // What its pools have together, for the limits.
  uint32_t connections = 0;  // open or being opened
  uint32_t waiting = 0;
  uint32_t idle = 0;

 private:
  EndpointState* PickInTurn();
  EndpointState* PickLessBusy(Random& random);
  EndpointState& AtRandom(Random& random);

  std::shared_ptr<const ClusterSpec> spec_;
  ClusterStats* stats_;
  std::vector<EndpointState> endpoints_;
  size_t next_ = 0;
  uint64_t total_weight_ = 0;
  bool weighted_ = false;
};

}  // namespace sp::cluster
