// HandOver: brings a compiled snapshot to all workers and waits until they run it; starts filter configs on their home
// workers before, and stops them when no worker uses them any more. The implementation of config/publisher.h.
//
// Config thread, but for what workers report.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/config/publisher.h"
#include "core/server/config_thread.h"
#include "core/server/worker.h"
#include "core/traffic/store/store.h"

namespace sp::server {

class HandOver final : public config::Publisher {
 public:
  HandOver(std::vector<std::unique_ptr<Worker>>& workers, ConfigThread& config_thread, store::Store& store);
  ~HandOver();

  FieldErrors Prepare(std::shared_ptr<const snapshot::Snapshot> snapshot) override;
  std::string Publish() override;
  // The end: every worker lets go of everything, every config is stopped and forgotten.
  void Shutdown();

 private:
  using Sockets = std::vector<std::map<net::Address, uv::ListenSocket>>;  // by worker

  // Runs `work(worker)` on every worker; false where not all have done it within `limit`, then `late` names them.
  bool OnAllWorkers(std::function<void(Worker&)> work, Duration limit, std::string* late);
  void OpenSockets(FieldErrors* errors);
  void StartConfigs(FieldErrors* errors);
  void AwaitReady(FieldErrors* errors);
  void Abandon();
  void OnUnused(const plugin_host::FilterConfig* config);
  void StopConfig(std::shared_ptr<host::ConfigState> state);

  std::vector<std::unique_ptr<Worker>>& workers_;
  ConfigThread& config_thread_;
  store::Store& store_;
  ConfigStates states_;                                      // every config that runs
  std::vector<std::shared_ptr<host::ConfigState>> started_;  // for the pending snapshot
  std::shared_ptr<const snapshot::Snapshot> pending_;
  std::shared_ptr<const snapshot::Snapshot> current_;
  Sockets sockets_;
  size_t next_home_ = 0;
  std::mutex ready_mutex_;
  std::condition_variable ready_changed_;
};

}  // namespace sp::server
