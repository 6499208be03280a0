#include "core/traffic/downstream/connection_manager.h"

#include <utility>

namespace sp::downstream {

ConnectionManager::ConnectionManager(WorkerContext& context, const std::string& name)
    : context_(context), stats_(context.metrics.Register<ListenerStats>({{"listener", name}}, context.worker)) {}

ConnectionManager::~ConnectionManager() { stats_->open_connections.Add(-static_cast<int64_t>(connections_.size())); }

void ConnectionManager::Use(std::shared_ptr<const snapshot::ListenerSpec> listener, size_t index,
                            StreamRecordSink* sink) {
  if (listener_ != nullptr && listener_->name != listener->name) {  // counted under its new name from now on
    stats_->open_connections.Add(-static_cast<int64_t>(connections_.size()));
    stats_ = context_.metrics.Register<ListenerStats>({{"listener", listener->name}}, context_.worker);
    stats_->open_connections.Add(static_cast<int64_t>(connections_.size()));
  }
  listener_ = std::move(listener);
  index_ = index;
  sink_ = sink;
}

void ConnectionManager::Accept(std::unique_ptr<net::Transport> transport) {
  auto connection = std::make_unique<Connection>(*this, context_, listener_, std::move(transport));
  connection->place_ = connections_.size();
  connections_.push_back(std::move(connection));
  stats_->connections.Add();
  stats_->open_connections.Add(1);
  if (draining_) connections_.back()->Drain();
  if (connections_.size() >= limit_ && !at_limit_) {
    at_limit_ = true;
    stats_->connection_limit.Add();
    if (on_limit_) on_limit_(true);
  }
}

void ConnectionManager::set_limit(size_t connections, std::function<void(bool)> on_limit) {
  limit_ = connections;
  on_limit_ = std::move(on_limit);
  const bool at_limit = connections_.size() >= limit_;
  if (at_limit == at_limit_) return;
  at_limit_ = at_limit;
  if (on_limit_) on_limit_(at_limit);
}

void ConnectionManager::Close(Connection& connection) {
  if (connection.closed_) return;
  connection.closed_ = true;
  connection.timer_.Cancel();
  const size_t place = connection.place_;
  std::unique_ptr<Connection> dead = std::move(connections_[place]);
  if (place + 1 != connections_.size()) {
    connections_[place] = std::move(connections_.back());
    connections_[place]->place_ = place;
  }
  connections_.pop_back();
  context_.reactor.Destroy(std::move(dead));
  stats_->open_connections.Add(-1);
  if (at_limit_ && connections_.size() < limit_) {
    at_limit_ = false;
    if (on_limit_) on_limit_(false);
  }
  if (connections_.empty() && on_empty_) std::exchange(on_empty_, nullptr)();
}

void ConnectionManager::Drain(std::function<void()> on_empty) {
  draining_ = true;
  if (connections_.empty()) return on_empty();
  on_empty_ = std::move(on_empty);
  for (auto& connection : connections_) connection->Drain();
}

void ConnectionManager::AbortAll() {
  while (!connections_.empty()) {
    if (connections_.back()->has_stream()) stats_->drain_aborted.Add();
    connections_.back()->Abort();
  }
}

}  // namespace sp::downstream
