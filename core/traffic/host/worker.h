// Worker: what the plugin host keeps for one worker thread: its references, the series its plugins count in, and the
// way to clusters. Owned by the server's worker; used on its thread, but for what says otherwise.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/metric_registry.h"
#include "core/net/reactor.h"
#include "core/traffic/cluster/cluster_state.h"
#include "core/traffic/host/directory.h"
#include "core/traffic/host/offload_pool.h"

struct sp_config;

namespace sp::host {

using ClusterLookup = std::function<std::shared_ptr<cluster::ClusterState>(std::string_view name)>;

class Worker {
 public:
  Worker(net::Reactor& reactor, MetricRegistry& metrics, OffloadPool& offload, uint32_t index)
      : reactor_(reactor), metrics_(metrics), offload_(offload), index_(index), refs_(reactor) {}

  // The worker of the calling thread; null on others. Set once by the thread.
  static Worker* Current();
  void MakeCurrent();

  net::Reactor& reactor() { return reactor_; }
  OffloadPool& offload() { return offload_; }
  uint32_t index() const { return index_; }
  RefTable& refs() { return refs_; }
  // Adds to a series of `c` (an index into c.metrics).
  void MetricAdd(const sp_config& c, uint32_t series, int64_t n);
  // Some config is over: what is known by its address is looked up again.
  void ForgetMetrics() { series_.clear(); }

 private:
  void* SeriesOf(const sp_config& c, uint32_t series);
  net::Reactor& reactor_;
  MetricRegistry& metrics_;
  OffloadPool& offload_;
  uint32_t index_;
  RefTable refs_;
  std::unordered_map<const sp_config*, std::vector<void*>> series_;
};

}  // namespace sp::host
