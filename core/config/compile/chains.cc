#include "core/config/compile/chains.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <set>
#include <utility>

#include "core/config/defaults.h"
#include "sallyport/v1/gateway.pb.h"

namespace sp::config {

namespace v1 = ::sallyport::v1;

namespace {

// `stamp/second` is the filter `second` of the plugin `stamp`.
std::pair<std::string, std::string> SplitPlugin(const std::string& text) {
  const size_t slash = text.find('/');
  if (slash == std::string::npos) return {text, {}};
  return {text.substr(0, slash), text.substr(slash + 1)};
}

// The path that the plugin resource names; empty for a standard plugin.
std::string PathOfPlugin(const ChainScope& scope, const std::string& name) {
  for (const v1::Plugin& plugin : scope.gateway.plugins()) {
    if (plugin.name() != name) continue;
    const bool relative = !plugin.path().starts_with('/');
    return relative ? scope.folder + "/" + plugin.path() : plugin.path();
  }
  return {};
}

// Gives a config's own metadata slots their places among the stream's.
class MetadataSlots {
 public:
  explicit MetadataSlots(filter::ChainSpec* chain) : chain_(chain) {}
  const filter::MetadataMap* Map(const sp_config& config) {
    filter::MetadataMap map;
    for (const auto& slot : config.metadata_slots) {
      const auto [found, added] = chain_->metadata_places.try_emplace({slot.owner, slot.key}, chain_->metadata_slots);
      if (added) ++chain_->metadata_slots;
      map.slots.push_back(found->second);
      map.writable.push_back(slot.own);
    }
    chain_->metadata.push_back(std::move(map));
    return &chain_->metadata.back();
  }

 private:
  filter::ChainSpec* chain_;
};

std::shared_ptr<plugin_host::FilterConfig> MakeConfig(ChainScope& scope, const v1::Filter& from, const FieldPath& at) {
  const auto [plugin, filter] = SplitPlugin(from.plugin());
  const auto library = scope.plugins.Open(plugin, PathOfPlugin(scope, plugin), at.Field("plugin"), scope.errors);
  if (library == nullptr) return nullptr;
  const plugin_host::FilterDef* def = library->FindFilter(filter);
  if (def == nullptr) {
    std::string names;
    for (const auto& known : library->filters()) names += (names.empty() ? "" : ", ") + plugin + "/" + known.name;
    scope.errors->push_back({at.Field("plugin").str(), "say which filter of the plugin: " + names, {}});
    return nullptr;
  }
  plugin_host::ConfigRequest request;
  request.library = library;
  request.filter = def;
  request.plugin = plugin;
  request.name = from.name().empty() ? from.plugin() : from.name();
  request.at = at.Field("config");
  if (from.has_config()) {
    request.json.clear();  // what follows appends
    (void)google::protobuf::util::MessageToJsonString(from.config(), &request.json);
  }
  return scope.configs.Get(request, scope.lookup, scope.errors);
}

}  // namespace

void CompileChain(ChainScope& scope, const v1::Listener& from, const FieldPath& at, snapshot::ListenerSpec* listener,
                  snapshot::Snapshot* snapshot) {
  MetadataSlots slots(&listener->chain);
  for (int i = 0; i < from.filters_size(); ++i) {
    const v1::Filter& written = from.filters(i);
    auto config = MakeConfig(scope, written, at.Field("filters").Index(static_cast<size_t>(i)));
    if (config == nullptr) continue;
    for (const std::string& name : config->object()->managed_request_headers) listener->managed.Add(name);
    filter::FilterSpec spec;
    spec.name = config->object()->filter;
    spec.table = &config->filter().table;
    spec.base = {config->config(), config->object(), slots.Map(*config->object()), false};
    spec.fail_open = EnumOf(written, v1::Filter::kOnErrorFieldNumber) == v1::Filter::OPEN;
    spec.hold_limit = NumberOf(from.limits(), v1::ListenerLimits::kHeldBodyFieldNumber);
    spec.config = config;
    listener->chain.filters.push_back(std::move(spec));
    const auto known = std::find(snapshot->configs.begin(), snapshot->configs.end(), config);
    if (known == snapshot->configs.end()) snapshot->configs.push_back(config);
    if (EnumOf(written, v1::Filter::kOnNotReadyFieldNumber) == v1::Filter::FAIL) {
      snapshot->must_be_ready.emplace_back(config.get(), DurationOf(written, v1::Filter::kReadyTimeoutFieldNumber));
    }
  }
  listener->chain.Arrange();
}

// ------------------------------------------------------------------------------------------------------ overrides

struct OverrideCompiler::Walk {
  snapshot::ListenerSpec* listener;
  std::vector<std::vector<const Override*>> said;      // by node
  std::map<std::vector<const void*>, uint32_t> nodes;  // by what was said
  std::set<std::pair<uint32_t, route::TableSlot>> visited;
  std::map<std::vector<const void*>, filter::EffectiveConfig> made;
};

OverrideCompiler::OverrideCompiler(ChainScope& scope, const std::vector<std::shared_ptr<const CompiledTable>>& tables,
                                   snapshot::Snapshot* snapshot)
    : scope_(scope), tables_(tables), snapshot_(snapshot) {
  overrides_.push_back(nullptr);
  for (size_t slot = 0; slot < tables_.size(); ++slot) {
    auto& links = snapshot_->links[slot];
    links.overrides = Number(tables_[slot]->overrides);
    for (const Overrides& entry : tables_[slot]->of_entries) links.entry_overrides.push_back(Number(entry));
  }
}

// Equal lists have one number, so that 10,000 routes with one policy are one config.
snapshot::OverrideId OverrideCompiler::Number(const Overrides& overrides) {
  if (overrides.empty()) return 0;
  std::string key;
  for (const Override& o : overrides) key += o.filter + '\0' + o.json + '\0' + std::to_string(o.disabled) + '\0';
  const auto [found, added] = numbers_.try_emplace(key, static_cast<snapshot::OverrideId>(overrides_.size()));
  if (added) overrides_.push_back(&overrides);
  return found->second;
}

void OverrideCompiler::Compile(const v1::Listener& from, snapshot::ListenerSpec* listener) {
  Walk walk{listener, {}, {}, {}, {}};
  Overrides of_listener;
  AddPolicies(scope_.gateway, from.policies(), &of_listener);
  std::vector<const Override*> said;
  for (const Override& o : of_listener) said.push_back(&o);
  const uint32_t root = listener->route_configs.Add(Configs(walk, said));
  walk.said.push_back(said);
  // What the listener says holds also where there is no route.
  for (size_t i = 0; i < listener->chain.filters.size(); ++i) {
    listener->chain.filters[i].base = listener->route_configs.at(root)[i];
  }
  const auto slot = snapshot_->tables.Find(listener->route_table);
  if (slot) Visit(walk, root, *slot);
}

// Follows every way through the tables; cycles were refused, and each (node, table) is visited once.
void OverrideCompiler::Visit(Walk& walk, uint32_t node, route::TableSlot slot) {
  if (!walk.visited.emplace(node, slot).second) return;
  const auto& links = snapshot_->links[slot];
  const uint32_t here = Step(walk, node, links.overrides);
  const auto& routes = snapshot_->tables.at(slot).routes();
  for (const route::RouteSpec& route : routes) {
    const uint32_t next = Step(walk, here, links.entry_overrides[route.overrides]);
    const route::Delegate* delegate = route.delegate();
    if (delegate == nullptr) continue;
    if (const auto to = snapshot_->tables.Linked(slot, *delegate)) Visit(walk, next, *to);
  }
}

uint32_t OverrideCompiler::Step(Walk& walk, uint32_t node, snapshot::OverrideId id) {
  if (id == 0) return node;
  auto& tree = walk.listener->route_configs;
  std::vector<const Override*> said = walk.said[node];
  for (const Override& o : *overrides_[id]) said.push_back(&o);
  const std::vector<const void*> key(said.begin(), said.end());
  auto found = walk.nodes.find(key);
  if (found == walk.nodes.end()) {
    const uint32_t made = tree.Add(Configs(walk, said));
    walk.said.push_back(std::move(said));
    found = walk.nodes.emplace(key, made).first;
  }
  tree.AddStep(node, id, found->second);
  return found->second;
}

filter::RouteConfigs OverrideCompiler::Configs(Walk& walk, const std::vector<const Override*>& said) {
  filter::RouteConfigs configs;
  for (size_t place = 0; place < walk.listener->chain.filters.size(); ++place) {
    configs.push_back(Effective(walk, place, said));
  }
  return configs;
}

filter::EffectiveConfig OverrideCompiler::Effective(Walk& walk, size_t place,
                                                    const std::vector<const Override*>& said) {
  const filter::FilterSpec& spec = walk.listener->chain.filters[place];
  const std::shared_ptr<plugin_host::FilterConfig>& base = spec.config;
  filter::EffectiveConfig effective{base->config(), base->object(), spec.base.metadata, false};
  std::vector<plugin_host::RouteConfigLayer> layers;
  std::vector<const void*> key = {base.get()};
  for (const Override* o : said) {
    if (o->filter != spec.name) continue;
    if (o->disabled >= 0) effective.disabled = o->disabled == 1;
    if (o->json.empty()) continue;
    layers.push_back({o->json, o->at});
    key.push_back(o);
  }
  if (layers.empty()) return effective;
  const auto known = walk.made.find(key);
  if (known != walk.made.end()) {
    filter::EffectiveConfig again = known->second;
    again.disabled = effective.disabled;
    return again;
  }
  const auto route = scope_.configs.GetRoute(base, layers, scope_.lookup, scope_.errors);
  if (route == nullptr) return effective;
  snapshot_->route_configs.push_back(route);
  for (const std::string& name : route->object()->managed_request_headers) walk.listener->managed.Add(name);
  MetadataSlots slots(&walk.listener->chain);
  effective.config = route->config();
  effective.object = route->object();
  if (route->object()->metadata_slots.size() != base->object()->metadata_slots.size()) {
    effective.metadata = slots.Map(*route->object());
  }
  walk.made.emplace(std::move(key), effective);
  return effective;
}

}  // namespace sp::config
