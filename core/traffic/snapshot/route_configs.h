// RouteConfigTree: which configs a listener's filters have on a route, found without a search.
//
// What a route, a table or a delegating entry says about filters is an override list with a number that is unique in
// the snapshot (0: nothing said). On the way from the listener to a route these lists add up; every sum that can occur
// is a node, made when the snapshot is compiled, and a step is one probe of a small table. Where nothing is overridden
// a request takes no step at all.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "core/traffic/filter/chain_spec.h"

namespace sp::snapshot {

using OverrideId = uint32_t;

class RouteConfigTree {
 public:
  static constexpr uint32_t kRoot = 0;

  // The node after `id` at `node`; `node` itself where `id` says nothing.
  uint32_t Step(uint32_t node, OverrideId id) const {
    if (id == 0 || steps_.empty()) return node;
    const auto found = steps_.find(Key(node, id));
    return found == steps_.end() ? node : found->second;
  }
  const filter::RouteConfigs& at(uint32_t node) const { return nodes_[node]; }
  size_t size() const { return nodes_.size(); }

  // For compiling.
  uint32_t Add(filter::RouteConfigs configs) {
    nodes_.push_back(std::move(configs));
    return static_cast<uint32_t>(nodes_.size() - 1);
  }
  void AddStep(uint32_t node, OverrideId id, uint32_t to) { steps_[Key(node, id)] = to; }

 private:
  static uint64_t Key(uint32_t node, OverrideId id) { return uint64_t{node} << 32 | id; }
  std::vector<filter::RouteConfigs> nodes_;
  std::unordered_map<uint64_t, uint32_t> steps_;
};

}  // namespace sp::snapshot
