// ChainSpec: the filters of one listener as compiled, immutable; ChainState: the same on one worker.
#pragma once

#include <sallyport/http_filter.h>

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace sp::plugin_host {
class FilterConfig;
}

namespace sp::filter {

enum class Direction : uint8_t { kRequest = SP_REQUEST, kResponse = SP_RESPONSE };

// The stream's metadata slots by the numbers that a config gave its own.
struct MetadataMap {
  std::vector<uint32_t> slots;
  std::vector<bool> writable;
};

// What one filter runs with on one route: its base config, or what its route_create made.
struct EffectiveConfig {
  const void* config = nullptr;       // the hooks' `config`
  const sp_config* object = nullptr;  // the host's side of it
  const MetadataMap* metadata = nullptr;
  bool disabled = false;
};

struct FilterSpec {
  std::string name;  // of the instance, unique in its chain
  std::shared_ptr<plugin_host::FilterConfig> config;
  const sp_http_filter* table = nullptr;  // full size: absent members are null
  EffectiveConfig base;
  bool fail_open = false;         // what SP_ERROR means
  uint64_t hold_limit = 1 << 20;  // bytes of body that SP_HOLD may keep, per direction
};

struct ChainSpec {
  std::vector<FilterSpec> filters;
  // Places of the filters that have any hook of that direction, in the order in which messages meet them.
  std::array<std::vector<uint16_t>, 2> order;
  uint32_t metadata_slots = 0;
  std::deque<MetadataMap> metadata;                                         // what EffectiveConfig::metadata points to
  std::map<std::pair<std::string, std::string>, uint32_t> metadata_places;  // (filter, key) to the stream's slot

  // Fills `order`.
  void Arrange();
};

// One per filter config and worker; the home of what hooks read without a lock.
struct FilterState {
  const sp_config* config = nullptr;
  uint32_t attribution = 0;         // names the plugin to watchdog and crash handler
  void* worker_state = nullptr;     // from worker_start
  const void* published = nullptr;  // from publish()
};

// Parallel to ChainSpec::filters.
struct ChainState {
  std::vector<FilterState*> filters;
};

// The configs of every filter of a chain on one route; parallel to ChainSpec::filters.
using RouteConfigs = std::vector<EffectiveConfig>;

}  // namespace sp::filter
