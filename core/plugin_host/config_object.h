// sp_config: the host's side of one config, the handle that plugins get. Holds the validated JSON, what the plugin
// declared in create (reasons, metadata slots, metric series, managed headers), its references, and its memory.
//
// Written on the config thread during create; afterwards immutable but for `runtime`, so any thread may read. Belongs
// to a FilterConfig or RouteConfig (filter_config.h) and is never made alone, but in tests.
//
// A route config starts with all that its base config declared, so an id of the base means the same on both, and the
// ids that it adds come after these.
#pragma once

#include <sallyport/config.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/field_error.h"
#include "core/plugin_host/config_runtime.h"
#include "core/plugin_host/document.h"

namespace sp::plugin_host {

class Library;

inline constexpr size_t kMaxReasons = 64;
inline constexpr size_t kMaxMetricSeries = 256;
inline constexpr size_t kMaxMetadataSlots = 64;
inline constexpr size_t kMaxManagedHeaders = 32;
inline constexpr size_t kMaxConfigErrors = 100;

struct MetadataSlot {
  std::string owner;  // filter instance name
  std::string key;
  bool own = false;  // may be written by this config's filter
};

struct MetricSeries {
  uint32_t kind = 0;                                        // SP_METRIC_*
  std::string name;                                         // without `sallyport_plugin_`
  std::vector<std::pair<std::string, std::string>> labels;  // as given, sorted by name; without plugin and filter
  friend bool operator==(const MetricSeries&, const MetricSeries&) = default;
};

// A file or secret that the config refers to, with the bytes that it had at apply.
struct LoadedReference {
  std::string pointer;
  std::string name;
  std::shared_ptr<const std::string> bytes;
};

// A cluster that the config refers to.
struct ClusterReference {
  std::string pointer;
  uint32_t cluster;  // index into sp_config::clusters
};

// Memory that lives as long as a config. Blocks are zeroed and never moved.
class ConfigMemory {
 public:
  ConfigMemory() = default;
  ConfigMemory(const ConfigMemory&) = delete;
  ConfigMemory& operator=(const ConfigMemory&) = delete;
  ~ConfigMemory();
  void* Allocate(size_t bytes, size_t align);
  std::string_view Copy(std::string_view text);

 private:
  std::vector<void*> blocks_;
  char* next_ = nullptr;
  size_t left_ = 0;
};

}  // namespace sp::plugin_host

struct sp_config {
  sp_config();
  ~sp_config();
  sp_config(const sp_config&) = delete;
  sp_config& operator=(const sp_config&) = delete;

  // Whose it is.
  std::string plugin;  // plugin resource
  std::string filter;  // filter instance
  std::shared_ptr<sp::plugin_host::Library> library;
  uint32_t attribution = 0;         // for Mark (attribution.h)
  const sp_config* base = nullptr;  // of a route config

  // Of a base config: set by traffic/host before start; null in create and in `check`. A route config uses its base's.
  sp::plugin_host::ConfigRuntime* runtime = nullptr;
  sp::plugin_host::ConfigRuntime* Runtime() const { return base == nullptr ? runtime : base->runtime; }

  // What create declared. The plugin's ids are indexes; that of a reason is index + 1, since 0 is `plugin.reply`.
  std::vector<std::string> clusters;
  std::vector<std::string> reasons;
  std::vector<sp::plugin_host::MetadataSlot> metadata_slots;
  std::vector<sp::plugin_host::MetricSeries> metrics;
  std::vector<std::string> managed_request_headers;

  // What create reads.
  sp::plugin_host::Document document;
  std::vector<sp::plugin_host::ClusterReference> cluster_references;
  std::vector<sp::plugin_host::LoadedReference> loaded_references;
  // Where an error at a JSON pointer is said to be: below `at`, or, in a route config, element i below layers[i].
  sp::FieldPath at;
  std::vector<sp::FieldPath> layers;
  sp::FieldErrors errors;

  sp::plugin_host::ConfigMemory& memory() const { return memory_; }
  // True the first time only: a call out of phase is logged once a config.
  bool FirstPhaseError() const { return !phase_error_.exchange(true, std::memory_order_relaxed); }
  sp::FieldPath PathOf(std::string_view pointer) const;
  // Name of the i-th member of an object of `document`; null beyond the last.
  const std::string* MemberName(const nlohmann::json& object, uint64_t index) const;

 private:
  mutable sp::plugin_host::ConfigMemory memory_;
  mutable std::atomic<bool> phase_error_{false};
  // Names of the object that was asked for last: plugins go through members one by one.
  mutable const nlohmann::json* listed_ = nullptr;
  mutable std::vector<const std::string*> names_;
};
