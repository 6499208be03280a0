#include "core/plugin_host/filter_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/base/log.h"
#include "core/plugin_host/attribution.h"
#include "core/plugin_host/content_hash.h"
#include "core/plugin_host/generations.h"
#include "core/plugin_host/guard.h"
#include "core/plugin_host/phase.h"

namespace sp::plugin_host {
namespace {

// Puts what the references of a config name into it. False where something does not exist.
class ReferenceResolver {
 public:
  ReferenceResolver(sp_config* object, const ReferenceLookup& lookup, FieldErrors* errors)
      : object_(*object), lookup_(lookup), errors_(*errors) {}

  bool Resolve(const std::vector<Reference>& references) {
    const size_t before = errors_.size();
    for (const Reference& reference : references) {
      if (reference.kind == ReferenceKind::kCluster) {
        ResolveCluster(reference);
      } else {
        Load(reference, reference.kind == ReferenceKind::kFile ? lookup_.file : lookup_.secret);
      }
    }
    return errors_.size() == before;
  }

 private:
  void Add(const Reference& reference, FieldError error) {
    error.path = object_.PathOf(reference.pointer).str();
    errors_.push_back(std::move(error));
  }

  void ResolveCluster(const Reference& reference) {
    if (lookup_.cluster) {
      if (auto error = lookup_.cluster(reference.value)) return Add(reference, std::move(*error));
    }
    auto& clusters = object_.clusters;
    auto found = std::find(clusters.begin(), clusters.end(), reference.value);
    if (found == clusters.end()) found = clusters.insert(clusters.end(), reference.value);
    object_.cluster_references.push_back({reference.pointer, static_cast<uint32_t>(found - clusters.begin())});
  }

  void Load(const Reference& reference,
            const std::function<std::shared_ptr<const std::string>(const std::string&, FieldError*)>& load) {
    FieldError error;
    if (!load) return Add(reference, {{}, fmt::format("a {} can't be read here", NameOf(reference.kind)), {}});
    auto bytes = load(reference.value, &error);
    if (bytes == nullptr) return Add(reference, std::move(error));
    object_.loaded_references.push_back({reference.pointer, reference.value, std::move(bytes)});
  }

  sp_config& object_;
  const ReferenceLookup& lookup_;
  FieldErrors& errors_;
};

// Everything that a config is made of, so that equal keys mean equal behaviour.
std::string KeyOf(std::string_view beginning, const sp_config& object) {
  ContentHash hash;
  hash.Add(beginning).Add(object.plugin).Add(object.filter).Add(object.document.Text());
  for (const LoadedReference& reference : object.loaded_references) {
    hash.Add(reference.pointer).Add(reference.name).Add(Sha256(*reference.bytes));
  }
  return hash.Finish();
}

// Calls a create function of the plugin and gathers what it says is wrong. True where the config is good; `created`
// where there is something to destroy.
template <typename Call>
bool RunCreate(sp_config* object, Hook hook, bool* created, FieldErrors* errors, Call&& call) {
  std::string thrown;
  sp_status status = SP_OK;
  {
    const Mark mark(ThisThread(), object->attribution, hook);
    const PhaseScope phase(object, Phase::kCreate);
    status = Guard(call, &thrown);
  }
  *created = status == SP_OK;
  const auto said = std::exchange(object->errors, {});
  errors->insert(errors->end(), said.begin(), said.end());
  const std::string where = object->PathOf("").str();
  if (!thrown.empty()) {
    errors->push_back({where, fmt::format("plugin \"{}\" threw an exception: {}", object->plugin, thrown), {}});
  } else if (status != SP_OK && said.empty()) {
    errors->push_back(
        {where, fmt::format("plugin \"{}\" refused it without a word (status {})", object->plugin, status), {}});
  }
  return status == SP_OK && said.empty();
}

// A callback that may fail but says nothing of its own.
template <typename Call>
sp_status RunCallback(const sp_config& object, Hook hook, Call&& call) {
  std::string thrown;
  const Mark mark(ThisThread(), object.attribution, hook);
  const sp_status status = Guard(call, &thrown);
  if (!thrown.empty()) {
    SP_LOG(kError, "plugin {}, filter {}: {} threw an exception: {}", object.plugin, object.filter, NameOf(hook),
           thrown);
  }
  return status;
}

bool Unusable(const FieldErrors& errors, size_t before) { return errors.size() > before; }

}  // namespace

FilterConfig::~FilterConfig() {
  if (created_ && filter_->table.config_destroy != nullptr) {
    RunCallback(object_, Hook::kConfigDestroy, [&] { return filter_->table.config_destroy(config_), SP_OK; });
  }
  RemoveAttribution(object_.attribution);
}

sp_status FilterConfig::Start() {
  const auto start = filter_->table.start;
  if (start == nullptr) return SP_OK;
  const PhaseScope phase(&object_, Phase::kStart);
  return RunCallback(object_, Hook::kStart, [&] { return start(host_, &object_, config_); });
}

void FilterConfig::Stop() {
  const auto stop = filter_->table.stop;
  if (stop == nullptr) return;
  const PhaseScope phase(&object_, Phase::kStop);
  RunCallback(object_, Hook::kStop, [&] { return stop(host_, &object_, config_), SP_OK; });
}

void FilterConfig::OnConfigEvent(const sp_event& event) {
  const auto on_event = filter_->table.on_config_event;
  if (on_event == nullptr) return;
  const PhaseScope phase(&object_, Phase::kStart);
  RunCallback(object_, Hook::kConfigEvent, [&] { return on_event(host_, &object_, config_, &event), SP_OK; });
}

sp_status FilterConfig::WorkerStart(uint32_t worker, void** worker_state) {
  *worker_state = nullptr;
  const auto start = filter_->table.worker_start;
  if (start == nullptr) return SP_OK;
  return RunCallback(object_, Hook::kWorkerStart,
                     [&] { return start(host_, &object_, config_, worker, worker_state); });
}

void FilterConfig::WorkerStop(uint32_t worker, void* worker_state) {
  const auto stop = filter_->table.worker_stop;
  if (stop == nullptr) return;
  RunCallback(object_, Hook::kWorkerStop, [&] { return stop(config_, worker, worker_state), SP_OK; });
}

RouteConfig::~RouteConfig() {
  const auto destroy = base_->filter().table.route_destroy;
  if (created_ && destroy != nullptr) {
    RunCallback(object_, Hook::kRouteDestroy, [&] { return destroy(config_), SP_OK; });
  }
}

std::shared_ptr<FilterConfig> ConfigCache::Get(const ConfigRequest& request, const ReferenceLookup& lookup,
                                               FieldErrors* errors) {
  const size_t before = errors->size();
  std::unique_ptr<FilterConfig> config(new FilterConfig);
  sp_config& object = config->object_;
  object.plugin = request.plugin;
  object.filter = request.name;
  object.library = request.library;
  object.at = request.at;
  config->filter_ = request.filter;
  config->host_ = host_;

  std::string error;
  auto document = Document::Parse(request.json, &error);
  if (!document) {
    errors->push_back({request.at.str(), error, {}});
    return nullptr;
  }
  std::vector<Reference> references;
  request.filter->schema->Validate(*document, Schema::Defaults::kFill, request.at, errors, &references);
  object.document = std::move(*document);
  if (Unusable(*errors, before)) return nullptr;
  if (!ReferenceResolver(&object, lookup, errors).Resolve(references)) return nullptr;

  config->key_ = KeyOf(request.library->content_hash() + request.filter->name, object);
  if (const auto known = configs_.find(config->key_); known != configs_.end()) {
    auto same = known->second.lock();
    if (same != nullptr && !same->retired()) return same;
  }
  if (!Create(*config, errors)) return nullptr;
  std::shared_ptr<FilterConfig> shared = Undertaker::Share(std::move(config), undertaker_);
  configs_[shared->key()] = shared;
  return shared;
}

bool ConfigCache::Create(FilterConfig& config, FieldErrors* errors) const {
  sp_config& object = config.object_;
  object.attribution = AddAttribution(object.plugin, object.filter, object.library->generation());
  const auto create = config.filter_->table.config_create;
  if (create == nullptr) return true;
  return RunCreate(&object, Hook::kConfigCreate, &config.created_, errors,
                   [&] { return create(host_, &object, &config.config_); });
}

namespace {

// The layers as one JSON list, each checked by the route schema. Null where one is wrong.
bool ReadLayers(const std::vector<RouteConfigLayer>& layers, const Schema& schema, sp_config* object,
                std::vector<Reference>* references, FieldErrors* errors) {
  const size_t before = errors->size();
  nlohmann::json list = nlohmann::json::array();
  for (size_t i = 0; i < layers.size(); ++i) {
    object->layers.push_back(layers[i].at);
    std::string error;
    auto layer = Document::Parse(layers[i].json, &error);
    if (!layer) {
      errors->push_back({layers[i].at.str(), error, {}});
      continue;
    }
    std::vector<Reference> own;
    schema.Validate(*layer, Schema::Defaults::kLeave, layers[i].at, errors, &own);
    for (Reference& reference : own) {
      reference.pointer = fmt::format("/{}{}", i, reference.pointer);
      references->push_back(std::move(reference));
    }
    list.push_back(std::move(layer->json()));
  }
  object->at = layers.back().at;
  object->document = Document(std::move(list));
  return !Unusable(*errors, before);
}

void InheritDeclarations(const sp_config& base, sp_config* object) {
  object->plugin = base.plugin;
  object->filter = base.filter;
  object->library = base.library;
  object->attribution = base.attribution;
  object->base = &base;
  object->clusters = base.clusters;
  object->reasons = base.reasons;
  object->metadata_slots = base.metadata_slots;
  object->metrics = base.metrics;
  object->managed_request_headers = base.managed_request_headers;
}

}  // namespace

std::shared_ptr<RouteConfig> ConfigCache::GetRoute(const std::shared_ptr<FilterConfig>& base,
                                                   const std::vector<RouteConfigLayer>& layers,
                                                   const ReferenceLookup& lookup, FieldErrors* errors) {
  const FilterDef& filter = base->filter();
  if (layers.empty()) return nullptr;
  if (filter.route_schema == nullptr) {
    for (const RouteConfigLayer& layer : layers) {
      errors->push_back(
          {layer.at.str(), fmt::format("filter \"{}\" takes no config on routes", base->object()->filter), {}});
    }
    return nullptr;
  }
  std::unique_ptr<RouteConfig> config(new RouteConfig);
  config->base_ = base;
  InheritDeclarations(*base->object(), &config->object_);
  std::vector<Reference> references;
  if (!ReadLayers(layers, *filter.route_schema, &config->object_, &references, errors)) return nullptr;
  if (!ReferenceResolver(&config->object_, lookup, errors).Resolve(references)) return nullptr;

  config->key_ = KeyOf(base->key(), config->object_);
  if (const auto known = routes_.find(config->key_); known != routes_.end()) {
    auto same = known->second.lock();
    if (same != nullptr && same->base() == base) return same;
  }
  if (!Create(*config, errors)) return nullptr;
  std::shared_ptr<RouteConfig> shared = Undertaker::Share(std::move(config), undertaker_);
  routes_[shared->key()] = shared;
  return shared;
}

bool ConfigCache::Create(RouteConfig& config, FieldErrors* errors) const {
  const FilterConfig& base = *config.base_;
  const auto create = base.filter().table.route_create;
  return RunCreate(&config.object_, Hook::kRouteCreate, &config.created_, errors,
                   [&] { return create(host_, &config.object_, base.config(), &config.config_); });
}

void ConfigCache::Sweep() {
  std::erase_if(configs_, [](const auto& entry) { return entry.second.expired(); });
  std::erase_if(routes_, [](const auto& entry) { return entry.second.expired(); });
}

}  // namespace sp::plugin_host
