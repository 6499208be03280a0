// Snapshot: everything a worker runs, as compiled from one version of the configuration; immutable, shared by all
// workers. What did not change is shared with the snapshot before.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/traffic/cluster/cluster_spec.h"
#include "core/traffic/route/table.h"
#include "core/traffic/snapshot/listener_spec.h"

namespace sp::plugin_host {
class FilterConfig;
class RouteConfig;
}  // namespace sp::plugin_host

namespace sp::snapshot {

inline constexpr uint32_t kNoCluster = UINT32_MAX;

struct Snapshot {
  uint64_t version = 0;
  std::vector<std::shared_ptr<const ListenerSpec>> listeners;
  std::vector<std::shared_ptr<const cluster::ClusterSpec>> clusters;
  std::unordered_map<std::string_view, uint32_t> cluster_by_name;  // names are those of `clusters`
  route::TableSet tables;
  // By table slot: the cluster of each Table::clusters() entry, the override list of the table itself, and by the
  // numbers that its routes use (RouteSpec::overrides) those of its entries.
  struct TableLinks {
    std::vector<uint32_t> clusters;
    OverrideId overrides = 0;
    std::vector<OverrideId> entry_overrides;  // [RouteSpec::overrides]
  };
  std::vector<TableLinks> links;
  // Every filter config in use, once each: what has a life of its own (start, worker_start …).
  std::vector<std::shared_ptr<plugin_host::FilterConfig>> configs;
  std::vector<std::shared_ptr<plugin_host::RouteConfig>> route_configs;
  // Those that must say that they are ready within this time, or the snapshot is not published.
  std::vector<std::pair<plugin_host::FilterConfig*, Duration>> must_be_ready;
};

// Where `match` leads in the listener's tree of route configs: the override lists from the listener down to the route.
// The root where there is no route.
uint32_t ConfigNode(const Snapshot& snapshot, const ListenerSpec& listener, const route::MatchResult& match);

}  // namespace sp::snapshot
