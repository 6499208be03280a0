// ConfigState: a filter config that runs: its background work on its home worker, its state on every worker, and its
// way out.
//
//   config thread: made for a snapshot that is about to be prepared
//   home worker:   Start … timers, call-outs, posts, publish … Stop
//   each worker:   AddUse / DropUse, once per WorkerSnapshot that holds it: the first makes worker_start, the last
//                  worker_stop; when no worker uses it any more `on_unused` is called (any thread)
// PLUGIN_ABI B20: after a reload it takes no new streams and keeps its background work until its last stream is over.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "core/plugin_host/filter_config.h"
#include "core/traffic/cluster/call_out.h"
#include "core/traffic/filter/chain_spec.h"
#include "core/traffic/host/worker.h"
#include "core/traffic/store/store.h"

namespace sp::host {

class ConfigState final : public plugin_host::ConfigRuntime,
                          private PostTarget,
                          public std::enable_shared_from_this<ConfigState> {
 public:
  // `workers` outlive it. `start_call` is upstream's implementation of call-outs.
  ConfigState(std::shared_ptr<plugin_host::FilterConfig> config, std::vector<Worker*> workers, size_t home,
              std::shared_ptr<store::Space> space, cluster::StartCallOut start_call);
  ~ConfigState();

  plugin_host::FilterConfig& config() { return *config_; }
  Worker& home() { return *workers_[home_]; }

  // Home worker. `clusters` looks them up in the snapshot that is being prepared.
  sp_status Start(const ClusterLookup& clusters);
  // A newer snapshot's clusters take the place of those it was started with.
  void UseClusters(const ClusterLookup& clusters);
  void Stop();
  // Called on the home worker at each change to ready; any thread may ask.
  void set_on_ready(std::function<void()> on_ready) { on_ready_ = std::move(on_ready); }
  bool ready() const { return ready_.load(std::memory_order_acquire); }

  // Worker `w`. A worker_start that fails is logged; the filter then runs without a worker state.
  void AddUse(uint32_t w);
  filter::FilterState& StateOn(uint32_t w) { return per_worker_[w].state; }
  void DropUse(uint32_t w);
  // Before the first AddUse.
  void set_on_unused(std::function<void(ConfigState&)> on_unused) { on_unused_ = std::move(on_unused); }

 private:
  struct alignas(64) PerWorker {
    filter::FilterState state;
    uint32_t uses = 0;
  };
  struct HomeTimer;
  struct HomeCall;
  struct Publication;

  // plugin_host::ConfigRuntime
  sp_status Call(const sp_call& call, uint64_t* id) override;
  sp_status StartTimer(uint64_t after_ns, uint32_t tag, uint64_t* id) override;
  sp_status Cancel(uint64_t id) override;
  sp_ref Ref() const override { return ref_.load(std::memory_order_acquire); }
  sp_status Offload(void(SP_CALL* fn)(void*), void* data, uint32_t tag) override;
  void SetReady(bool ready) override;
  sp_status Publish(const void* value, void(SP_CALL* retire)(const void*)) override;
  void MetricAdd(const sp_config& c, uint32_t series, int64_t n) override;
  sp_status BucketTake(std::string_view key, const sp_bucket& bucket, sp_quota* out) override;
  sp_status WindowAdd(std::string_view key, const sp_window& window, sp_quota* out) override;
  sp_status StoreGet(std::string_view key, void* to, uint64_t* length, uint64_t* version) override;
  sp_status StorePut(std::string_view key, std::string_view value, uint64_t ttl_ns) override;
  sp_status StoreCas(std::string_view key, std::string_view value, uint64_t ttl_ns, uint64_t version) override;
  sp_status StoreDelete(std::string_view key) override;

  // PostTarget
  void OnPost(uint32_t tag, void* data, void(SP_CALL* drop)(void*)) override;
  void OnOffloaded(uint32_t tag, void* data) override;
  void OnAnswer(uint64_t id, const cluster::CallAnswer& answer);
  void FinishPublication(const std::shared_ptr<Publication>& publication);
  TimePoint Now() const;

  std::shared_ptr<plugin_host::FilterConfig> config_;
  std::vector<Worker*> workers_;
  const size_t home_;
  std::shared_ptr<store::Space> space_;
  cluster::StartCallOut start_call_;
  std::vector<PerWorker> per_worker_;
  std::vector<std::shared_ptr<cluster::ClusterState>> clusters_;  // by the config's cluster handles; home
  std::map<uint64_t, std::unique_ptr<HomeTimer>> timers_;         // home
  std::map<uint64_t, std::unique_ptr<HomeCall>> calls_;           // home
  std::shared_ptr<Publication> published_;                        // home: the newest
  std::atomic<sp_ref> ref_{0};
  std::atomic<uint32_t> workers_using_{0};
  std::atomic<uint32_t> offloads_{0};
  std::atomic<bool> ready_{true};
  std::function<void()> on_ready_;
  std::function<void(ConfigState&)> on_unused_;
  uint64_t next_id_ = 1;
  bool started_ = false;
  bool stopped_ = false;
};

// An event of that kind; the members it doesn't use are zero.
sp_event MakeEvent(uint32_t kind, uint32_t tag, uint64_t id, void* data = nullptr);
// The event of an answered call. Views point into `answer` and `headers`.
sp_event EventOf(const cluster::CallAnswer& answer, uint32_t tag, uint64_t id, std::vector<sp_header>& headers);
// The request of a call: views point into `call`.
cluster::CallRequest RequestOf(const sp_call& call);

}  // namespace sp::host
