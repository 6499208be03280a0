// ConnectionManager: the client connections of one listener on one worker.
//
// A listener keeps its manager, and so its connections, while its address stays the same: new requests on them run the
// newest snapshot, those under way end on the one they began with.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/net/transport.h"
#include "core/traffic/downstream/connection.h"

namespace sp::downstream {

class ConnectionManager {
 public:
  ConnectionManager(WorkerContext& context, const std::string& name);
  ConnectionManager(const ConnectionManager&) = delete;
  ConnectionManager& operator=(const ConnectionManager&) = delete;
  ~ConnectionManager();

  // What new connections and requests use: the listener's place in the current snapshot, and its log (null: none).
  void Use(std::shared_ptr<const snapshot::ListenerSpec> listener, size_t index, StreamRecordSink* sink);
  void Accept(std::unique_ptr<net::Transport> transport);

  // The connection limit of this worker; `on_limit(true)` when it is reached, `on_limit(false)` when there is room
  // again.
  void set_limit(size_t connections, std::function<void(bool)> on_limit);
  // No further requests: idle connections are closed, others after their answer. `on_empty` once there is none left.
  void Drain(std::function<void()> on_empty);
  // Ends what is left of a drain.
  void AbortAll();

  size_t size() const { return connections_.size(); }
  ListenerStats& stats() { return *stats_; }
  StreamRecordSink* record_sink() { return sink_; }
  size_t listener_index() const { return index_; }

 private:
  friend class Connection;
  void Close(Connection& connection);

  WorkerContext& context_;
  ListenerStats* stats_;
  std::shared_ptr<const snapshot::ListenerSpec> listener_;
  size_t index_ = 0;
  StreamRecordSink* sink_ = nullptr;
  std::vector<std::unique_ptr<Connection>> connections_;
  size_t limit_ = SIZE_MAX;
  std::function<void(bool)> on_limit_;
  std::function<void()> on_empty_;
  bool at_limit_ = false;
  bool draining_ = false;
};

}  // namespace sp::downstream
