// ConfigRuntime: what a config can do once it runs. The functions of sp_config_host and sp_host that need a worker, a
// cluster, the store or metrics end here; plugin_host knows none of these, so traffic/host implements it.
//
// One object per base config, given to sp_config::runtime before start, and taken away never: it must outlive the
// sp_config. The route configs on top of it use it too. Where `runtime` is null (create, check), the ABI
// functions answer SP_E_PHASE by themselves. Before a function is called here, the table's functions have checked
// nulls and the phase of tags [start] and [stop] (phase.h): the calling thread is then inside that config's callback.
#pragma once

#include <sallyport/config.h>

#include <cstdint>
#include <string_view>

namespace sp::plugin_host {

class ConfigRuntime {
 public:
  // Background work. `call` is in full size, its members checked and defaults filled in (CallView in host_tables.h).
  virtual sp_status Call(const sp_call& call, uint64_t* id) = 0;                         // [start]
  virtual sp_status StartTimer(uint64_t after_ns, uint32_t tag, uint64_t* id) = 0;       // [start]
  virtual sp_status Cancel(uint64_t id) = 0;                                             // [start] [stop]
  virtual sp_ref Ref() const = 0;                                                        // [any]
  virtual sp_status Offload(void(SP_CALL* fn)(void*), void* data, uint32_t tag) = 0;     // [any]
  virtual void SetReady(bool ready) = 0;                                                 // [start]
  virtual sp_status Publish(const void* value, void(SP_CALL* retire)(const void*)) = 0;  // [start]

  // Services, from any worker. `c` is the base config or one of its route configs; `series` is an index into
  // c.metrics, in range.
  virtual void MetricAdd(const sp_config& c, uint32_t series, int64_t n) = 0;
  // Sizes of keys and values and the members of `bucket` and `window` are checked.
  virtual sp_status BucketTake(std::string_view key, const sp_bucket& bucket, sp_quota* out) = 0;
  virtual sp_status WindowAdd(std::string_view key, const sp_window& window, sp_quota* out) = 0;
  virtual sp_status StoreGet(std::string_view key, void* to, uint64_t* length, uint64_t* version) = 0;
  virtual sp_status StorePut(std::string_view key, std::string_view value, uint64_t ttl_ns) = 0;
  virtual sp_status StoreCas(std::string_view key, std::string_view value, uint64_t ttl_ns, uint64_t version) = 0;
  virtual sp_status StoreDelete(std::string_view key) = 0;

 protected:
  ~ConfigRuntime() = default;
};

}  // namespace sp::plugin_host
