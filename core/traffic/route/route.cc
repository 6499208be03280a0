#include "core/traffic/route/route.h"

#include <algorithm>

namespace sp::route {

ClusterAction ClusterAction::To(std::string_view name) {
  ClusterAction action;
  action.clusters.emplace_back().cluster.name = name;
  return action;
}

const WeightedCluster& ClusterAction::Pick(uint64_t random) const {
  auto rest = static_cast<uint64_t>(static_cast<unsigned __int128>(random) * total_weight >> 64);
  for (const WeightedCluster& cluster : clusters) {
    if (rest < cluster.weight) return cluster;
    rest -= cluster.weight;
  }
  return clusters.back();
}

}  // namespace sp::route
