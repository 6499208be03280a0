// WorkerSnapshot: a snapshot as one worker runs it, with that worker's clusters and filter states.
//
// Streams hold it by a count of this worker (Ref), no atomic shared with others. When a newer one has been published
// and the last stream is over, `on_unused` is called, once: that is when per-worker states that only it used may stop.
#pragma once

#include <functional>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/traffic/cluster/cluster_state.h"
#include "core/traffic/filter/chain_spec.h"
#include "core/traffic/snapshot/snapshot.h"

namespace sp::snapshot {

// Requests of one route on one worker.
struct RouteStats {
  Counter requests;
  Counter status[5];
  Histogram duration;
  static std::pair<const MetricSeries*, size_t> Series();
};

class WorkerSnapshot {
 public:
  WorkerSnapshot(std::shared_ptr<const Snapshot> spec, MetricRegistry& metrics, uint32_t worker);

  const Snapshot& spec() const { return *spec_; }
  const std::shared_ptr<const Snapshot>& shared_spec() const { return spec_; }
  cluster::ClusterState& cluster(uint32_t index) const { return *clusters_[index]; }
  const std::shared_ptr<cluster::ClusterState>& shared_cluster(uint32_t index) const { return clusters_[index]; }
  const filter::ChainState& chain(size_t listener) const { return chains_[listener]; }

  // Filling, before it is published on the worker.
  void SetCluster(uint32_t index, std::shared_ptr<cluster::ClusterState> state) { clusters_[index] = std::move(state); }
  void SetChain(size_t listener, filter::ChainState state) { chains_[listener] = std::move(state); }

  // Made at the first request of the route; unnamed routes of a table share one series.
  RouteStats& StatsOf(route::TableSlot table, uint32_t index);

  void AddRef() { ++refs_; }
  void Release() {
    if (--refs_ == 0 && retired_) on_unused_(*this);
  }
  // A newer one serves from now on. May call on_unused at once.
  void Retire(std::function<void(WorkerSnapshot&)> on_unused) {
    on_unused_ = std::move(on_unused);
    retired_ = true;
    if (refs_ == 0) on_unused_(*this);
  }
  size_t streams() const { return refs_; }

 private:
  std::shared_ptr<const Snapshot> spec_;
  MetricRegistry& metrics_;
  uint32_t worker_;
  std::vector<std::shared_ptr<cluster::ClusterState>> clusters_;
  std::vector<filter::ChainState> chains_;
  std::vector<std::vector<RouteStats*>> route_stats_;  // [table][route]
  std::function<void(WorkerSnapshot&)> on_unused_;
  size_t refs_ = 0;
  bool retired_ = false;
};

// A stream's hold on its snapshot.
class SnapshotRef {
 public:
  SnapshotRef() = default;
  explicit SnapshotRef(WorkerSnapshot& snapshot) : snapshot_(&snapshot) { snapshot.AddRef(); }
  SnapshotRef(SnapshotRef&& o) noexcept : snapshot_(std::exchange(o.snapshot_, nullptr)) {}
  SnapshotRef& operator=(SnapshotRef&& o) noexcept {
    std::swap(snapshot_, o.snapshot_);
    return *this;
  }
  ~SnapshotRef() {
    if (snapshot_ != nullptr) snapshot_->Release();
  }
  WorkerSnapshot& operator*() const { return *snapshot_; }
  WorkerSnapshot* operator->() const { return snapshot_; }
  explicit operator bool() const { return snapshot_ != nullptr; }

 private:
  WorkerSnapshot* snapshot_ = nullptr;
};

}  // namespace sp::snapshot
