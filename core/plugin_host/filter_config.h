// FilterConfig: one config of one filter, created by the plugin and immutable since; RouteConfig: a route's config on
// top of it. Both belong to a snapshot, and equal ones are shared between snapshots.
//
// Made on the config thread. The last shared_ptr may be dropped anywhere: config_destroy runs on the config thread
// (generations.h). Calls into the plugin go through here, so that each is marked (attribution.h), has its phase
// (phase.h), and lets no exception pass.
//
//   ConfigCache configs(&config_host, plugins.undertaker());
//   auto config = configs.Get(request, references, &errors);   // null: errors says all that is wrong
#pragma once

#include <sallyport/http_filter.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/field_error.h"
#include "core/plugin_host/config_object.h"
#include "core/plugin_host/library.h"

namespace sp::plugin_host {

class Undertaker;

// How references in a config are looked up. Each gives the error where there is no such thing (its `path` is ignored).
struct ReferenceLookup {
  std::function<std::optional<FieldError>(const std::string& name)> cluster;
  std::function<std::shared_ptr<const std::string>(const std::string& path, FieldError* error)> file;
  std::function<std::shared_ptr<const std::string>(const std::string& name, FieldError* error)> secret;
};

struct ConfigRequest {
  std::shared_ptr<Library> library;
  const FilterDef* filter = nullptr;  // one of library->filters()
  std::string plugin;                 // plugin resource name
  std::string name;                   // filter instance name
  std::string json = "{}";            // the config as JSON text
  FieldPath at;                       // `listeners[0].filters[1].config`, for errors
};

class FilterConfig {
 public:
  FilterConfig(const FilterConfig&) = delete;
  FilterConfig& operator=(const FilterConfig&) = delete;
  ~FilterConfig();  // config thread; config_destroy

  const FilterDef& filter() const { return *filter_; }
  const std::shared_ptr<Library>& library() const { return object_.library; }
  sp_config* object() { return &object_; }
  const sp_config* object() const { return &object_; }
  void* config() const { return config_; }  // what config_create gave; the hooks' `config`
  // Equal keys: same file, filter, names, config, contents of files. 32 bytes.
  const std::string& key() const { return key_; }

  // The plugin's callbacks; a missing one succeeds. An exception gives SP_E_FAILED and is logged.
  sp_status Start();                                            // home worker
  void Stop();                                                  // home worker
  void OnConfigEvent(const sp_event& event);                    // home worker
  sp_status WorkerStart(uint32_t worker, void** worker_state);  // that worker
  void WorkerStop(uint32_t worker, void* worker_state);         // that worker

  // Config thread: it is about to be stopped, so the cache no longer gives it out.
  void Retire() { retired_ = true; }
  bool retired() const { return retired_; }

 private:
  friend class ConfigCache;
  FilterConfig() = default;

  sp_config object_;
  const FilterDef* filter_ = nullptr;
  const sp_config_host* host_ = nullptr;
  void* config_ = nullptr;
  bool created_ = false;
  bool retired_ = false;
  std::string key_;
};

// One part of a route's config, as JSON text, and where it stands.
struct RouteConfigLayer {
  std::string json;
  FieldPath at;
};

class RouteConfig {
 public:
  RouteConfig(const RouteConfig&) = delete;
  RouteConfig& operator=(const RouteConfig&) = delete;
  ~RouteConfig();  // config thread; route_destroy

  const std::shared_ptr<FilterConfig>& base() const { return base_; }
  sp_config* object() { return &object_; }
  const sp_config* object() const { return &object_; }
  void* config() const { return config_; }  // what route_create gave; takes the place of base()->config() in hooks
  const std::string& key() const { return key_; }

 private:
  friend class ConfigCache;
  RouteConfig() = default;

  std::shared_ptr<FilterConfig> base_;
  sp_config object_;
  void* config_ = nullptr;
  bool created_ = false;
  std::string key_;
};

// Creates configs, and gives an equal one again while it lives.
class ConfigCache {
 public:
  ConfigCache(const sp_config_host* host, std::shared_ptr<Undertaker> undertaker)
      : host_(host), undertaker_(std::move(undertaker)) {}

  // Null, and all that is wrong appended to `errors`.
  std::shared_ptr<FilterConfig> Get(const ConfigRequest& request, const ReferenceLookup& lookup, FieldErrors* errors);
  // `layers` from least to most specific, at least one.
  std::shared_ptr<RouteConfig> GetRoute(const std::shared_ptr<FilterConfig>& base,
                                        const std::vector<RouteConfigLayer>& layers, const ReferenceLookup& lookup,
                                        FieldErrors* errors);
  // Forgets those that are gone.
  void Sweep();

 private:
  bool Create(FilterConfig& config, FieldErrors* errors) const;
  bool Create(RouteConfig& config, FieldErrors* errors) const;

  const sp_config_host* host_;
  std::shared_ptr<Undertaker> undertaker_;
  std::unordered_map<std::string, std::weak_ptr<FilterConfig>> configs_;
  std::unordered_map<std::string, std::weak_ptr<RouteConfig>> routes_;
};

}  // namespace sp::plugin_host
