#include "core/traffic/snapshot/snapshot.h"

namespace sp::snapshot {

uint32_t ConfigNode(const Snapshot& snapshot, const ListenerSpec& listener, const route::MatchResult& match) {
  const RouteConfigTree& tree = listener.route_configs;
  uint32_t node = RouteConfigTree::kRoot;
  if (match.route == nullptr || tree.size() <= 1) return node;
  const auto step = [&](route::TableSlot table, const route::RouteSpec& entry) {
    const Snapshot::TableLinks& links = snapshot.links[table];
    node = tree.Step(node, links.overrides);
    node = tree.Step(node, links.entry_overrides[entry.overrides]);
  };
  for (uint8_t i = 0; i < match.depth; ++i) step(match.chain[i].table, *match.chain[i].entry);
  step(match.table, *match.route);
  return node;
}

}  // namespace sp::snapshot
