// Worker: one thread with its event loop, listening sockets, connections, clusters and filter states. Shares nothing on
// the request path with others.
//
// Life of a snapshot here: Prepare (clusters exist, configs that live here are started) -> Publish (new streams run it)
// -> Retire, when a newer one was published -> gone, with its last stream.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "core/net/uv/connector.h"
#include "core/net/uv/loop.h"
#include "core/server/listener.h"
#include "core/traffic/host/config_state.h"
#include "core/traffic/host/worker.h"

namespace sp::server {

// Gives the access log of a listener on a worker; null where it has none.
using SinkProvider = std::function<downstream::StreamRecordSink*(
    const std::shared_ptr<const snapshot::AccessLogSpec>& spec, uint32_t worker)>;

using ConfigStates = std::unordered_map<const plugin_host::FilterConfig*, std::shared_ptr<host::ConfigState>>;

class Worker {
 public:
  struct Shared {
    const Clock& clock;
    MetricRegistry& metrics;
    host::OffloadPool& offload;
    const sp_http& http;
    SinkProvider sinks;
    size_t max_connections = 0;  // of one listener on one worker, where it names no limit
    uint32_t workers = 1;
    Duration drain_timeout = std::chrono::seconds(30);
    std::string via;  // see WorkerContext
  };

  Worker(uint32_t index, const Shared& shared);
  // Start must have ended: Stop, Join.
  ~Worker();

  void Start();
  // Any thread: the loop ends, everything that is left is closed.
  void Stop();
  void Join();

  uint32_t index() const { return index_; }
  host::Worker& host() { return host_; }
  // Any thread; false once the worker has ended.
  bool Post(std::function<void()> work) { return loop_.reactor().Post(std::move(work)); }

  // ---- on the worker's thread ----
  void Prepare(std::shared_ptr<const snapshot::Snapshot> snapshot);
  host::ClusterLookup PendingClusters();
  void DiscardPending() { pending_.reset(); }
  // `sockets`: of this worker, by address, for listeners that are new.
  void Publish(const ConfigStates& states, std::map<net::Address, uv::ListenSocket> sockets);
  // No new connections; the rest ends within the drain timeout. `done` is called once, when nothing is left.
  void Drain(std::function<void()> done);
  // Ends every connection and lets go of every snapshot; the worker can serve no more.
  void Clear();

 private:
  struct Retired;
  void Run();
  filter::ChainState MakeChain(const filter::ChainSpec& chain, const ConfigStates& states);
  void UpdateListeners(std::map<net::Address, uv::ListenSocket> sockets);
  void DrainListener(std::unique_ptr<Listener> listener);
  void ForgetDraining(Listener* listener);
  void OnSnapshotUnused(snapshot::WorkerSnapshot& snapshot);
  void CheckDrained();

  const uint32_t index_;
  const Shared& shared_;
  uv::Loop loop_;
  uv::TcpConnector connector_;
  downstream::WorkerContext context_;
  host::Worker host_;
  std::unique_ptr<snapshot::WorkerSnapshot> pending_;
  std::vector<std::unique_ptr<snapshot::WorkerSnapshot>> snapshots_;  // the current one last, others until unused
  std::map<const snapshot::WorkerSnapshot*, std::vector<std::shared_ptr<host::ConfigState>>> used_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::vector<std::unique_ptr<Listener>> draining_;
  Timer drain_timer_;
  std::function<void()> on_drained_;
  std::thread thread_;
};

}  // namespace sp::server
