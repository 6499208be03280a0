// The filters of a listener compiled, and what routes change about them.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/config/compile/tables.h"
#include "core/plugin_host/filter_config.h"
#include "core/plugin_host/generations.h"
#include "core/traffic/snapshot/snapshot.h"

namespace sallyport::v1 {
class Listener;
}

namespace sp::config {

// What compiling filters needs from around it.
struct ChainScope {
  const sallyport::v1::Gateway& gateway;
  std::string folder;  // where relative names of files start
  plugin_host::Plugins& plugins;
  plugin_host::ConfigCache& configs;
  plugin_host::ReferenceLookup lookup;
  FieldErrors* errors;
};

// Compiles the chain into `listener->chain` and `listener->managed`, and adds its configs to `snapshot`.
void CompileChain(ChainScope& scope, const sallyport::v1::Listener& from, const FieldPath& at,
                  snapshot::ListenerSpec* listener, snapshot::Snapshot* snapshot);

// Every different sum of overrides that a request of the listener can meet, as a tree of configs. `tables` by slot;
// fills the override numbers of `snapshot->links` on the way.
class OverrideCompiler {
 public:
  OverrideCompiler(ChainScope& scope, const std::vector<std::shared_ptr<const CompiledTable>>& tables,
                   snapshot::Snapshot* snapshot);
  void Compile(const sallyport::v1::Listener& from, snapshot::ListenerSpec* listener);

 private:
  struct Walk;
  snapshot::OverrideId Number(const Overrides& overrides);
  uint32_t Step(Walk& walk, uint32_t node, snapshot::OverrideId id);
  void Visit(Walk& walk, uint32_t node, route::TableSlot slot);
  filter::RouteConfigs Configs(Walk& walk, const std::vector<const Override*>& said);
  filter::EffectiveConfig Effective(Walk& walk, size_t place, const std::vector<const Override*>& said);

  ChainScope& scope_;
  const std::vector<std::shared_ptr<const CompiledTable>>& tables_;
  snapshot::Snapshot* snapshot_;
  std::map<std::string, snapshot::OverrideId> numbers_;  // by content
  std::vector<const Overrides*> overrides_;              // by number
};

}  // namespace sp::config
