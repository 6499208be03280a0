#include "core/traffic/upstream/pool.h"

#include <algorithm>
#include <utility>

#include "core/http/h1/client_connection.h"

namespace sp::upstream {

Waiter::~Waiter() {
  if (pool_ != nullptr) pool_->Cancel(*this);
}

Pool::Pool(net::Reactor& reactor, cluster::ClusterState& cluster, cluster::EndpointState& endpoint)
    : reactor_(reactor), cluster_(cluster), endpoint_(endpoint) {}

Pool::~Pool() {
  for (Waiter* w = PopWaiter(); w != nullptr; w = PopWaiter()) w->OnNoConnection(Reason::kUpstreamNoEndpoint);
  cluster_.connections -= static_cast<uint32_t>(connections_.size() + connecting_.size());
  cluster_.idle -= static_cast<uint32_t>(idle_.size());
  cluster_.stats().connections.Add(-static_cast<int64_t>(connections_.size()));
  endpoint_.stats->connections.Add(-static_cast<int64_t>(connections_.size()));
}

Pool& Pool::Of(net::Reactor& reactor, cluster::ClusterState& cluster, cluster::EndpointState& endpoint) {
  if (!endpoint.pool) endpoint.pool = std::make_unique<Pool>(reactor, cluster, endpoint);
  return static_cast<Pool&>(*endpoint.pool);
}

// ------------------------------------------------------------------------------------------------------- waiters

void Pool::Enqueue(Waiter& waiter) {
  waiter.pool_ = this;
  waiter.previous_ = last_;
  waiter.next_ = nullptr;
  (last_ != nullptr ? last_->next_ : first_) = &waiter;
  last_ = &waiter;
  ++waiting_;
  ++cluster_.waiting;
}

void Pool::Cancel(Waiter& waiter) {
  if (waiter.pool_ != this) return;
  (waiter.previous_ != nullptr ? waiter.previous_->next_ : first_) = waiter.next_;
  (waiter.next_ != nullptr ? waiter.next_->previous_ : last_) = waiter.previous_;
  waiter.pool_ = nullptr;
  --waiting_;
  --cluster_.waiting;
}

Waiter* Pool::PopWaiter() {
  Waiter* waiter = first_;
  if (waiter != nullptr) Cancel(*waiter);
  return waiter;
}

void Pool::FailFirst(Reason reason) {
  if (Waiter* waiter = PopWaiter()) waiter->OnNoConnection(reason);
}

void Pool::Acquire(Waiter& waiter, bool fresh) {
  if (!fresh && !idle_.empty()) {
    Connection* connection = idle_.back();
    idle_.pop_back();
    --cluster_.idle;
    connection->idle_ = false;
    connection->BeginExchange();
    waiter.OnConnection(*connection, connection->exchanges() > 1);
    return;
  }
  const auto& spec = cluster_.spec();
  const bool may_open = cluster_.connections < spec.max_connections;
  if (!may_open && cluster_.waiting >= spec.max_pending) {
    cluster_.stats().pending_overflow.Add();
    waiter.OnNoConnection(Reason::kUpstreamLimit);
    return;
  }
  Enqueue(waiter);
  if (may_open) StartConnecting();
}

// ---------------------------------------------------------------------------------------------------- connecting

Pool::Connecting::Connecting(Pool& p, TimePoint deadline)
    : pool(p),
      timer(
          [](void* context) {
            auto* self = static_cast<Connecting*>(context);
            self->pool.OnConnected(*self, nullptr, net::ConnectError::kTimeout);
          },
          this) {
  pool.reactor_.timers().Start(timer, deadline);
}

void Pool::StartConnecting() {
  ++cluster_.connections;
  connecting_.push_back(std::make_unique<Connecting>(*this, reactor_.now() + cluster_.spec().connect_timeout));
  Connecting* connecting = connecting_.back().get();
  connecting->handle = reactor_.connector().Connect(
      endpoint_.spec->address, [this, connecting](std::unique_ptr<net::Transport> transport, net::ConnectError error) {
        OnConnected(*connecting, std::move(transport), error);
      });
}

namespace {

// What an upstream's heads may cost; the same for all.
constexpr http::HttpLimits kLimits;

Reason ReasonOf(net::ConnectError error) {
  switch (error) {
    case net::ConnectError::kTimeout:
      return Reason::kUpstreamConnectTimeout;
    case net::ConnectError::kNoDescriptor:
      return Reason::kUpstreamNoFd;
    default:
      return Reason::kUpstreamConnect;
  }
}

// Keeps a handle alive until it is no longer on the call stack.
struct Grave final : net::Disposable {
  template <typename T>
  explicit Grave(std::unique_ptr<T> object) : holder(std::move(object)) {}
  std::shared_ptr<void> holder;
};

}  // namespace

void Pool::Forget(Connecting& connecting) {
  const auto found =
      std::find_if(connecting_.begin(), connecting_.end(), [&](const auto& item) { return item.get() == &connecting; });
  (*found)->timer.Cancel();
  reactor_.Destroy(std::make_unique<Grave>(std::move(*found)));
  connecting_.erase(found);
}

void Pool::OnConnected(Connecting& connecting, std::unique_ptr<net::Transport> transport, net::ConnectError error) {
  Forget(connecting);
  if (transport == nullptr) {
    auto& stats = cluster_.stats();
    (error == net::ConnectError::kTimeout ? stats.connect_timeouts : stats.connect_failures).Add();
    endpoint_.stats->failures.Add();
    --cluster_.connections;
    FailFirst(ReasonOf(error));
    return;
  }
  auto connection = std::make_unique<Connection>(*this, reactor_, std::move(transport),
                                                 std::make_unique<h1::ClientConnection>(reactor_.slabs(), kLimits));
  connection->place_ = connections_.size();
  connections_.push_back(std::move(connection));
  cluster_.stats().connections.Add(1);
  endpoint_.stats->connections.Add(1);
  Release(*connections_.back());
}

// --------------------------------------------------------------------------------------------- free and finished

// A connection is free: the next waiter's, or idle.
void Pool::Release(Connection& connection) {
  if (Waiter* waiter = PopWaiter()) {
    connection.BeginExchange();
    waiter->OnConnection(connection, connection.exchanges() > 1);
    return;
  }
  if (cluster_.idle >= cluster_.spec().max_idle) return Close(connection);
  connection.idle_ = true;
  ++cluster_.idle;
  idle_.push_back(&connection);
  reactor_.timers().Start(connection.idle_timer_, reactor_.now() + cluster_.spec().idle_timeout);
}

void Pool::Close(Connection& connection) {
  if (connection.closed_) return;
  connection.closed_ = true;
  connection.idle_timer_.Cancel();
  if (connection.codec_->close_reason() == Reason::kUpstreamStray) cluster_.stats().stray_bytes.Add();
  if (connection.codec_->after_output() == http::AfterOutput::kAbort) connection.transport_->ResetOnClose();
  if (connection.idle_) {
    --cluster_.idle;
    idle_.erase(std::find(idle_.begin(), idle_.end(), &connection));
  }
  const size_t place = connection.place_;
  std::unique_ptr<Connection> dead = std::move(connections_[place]);
  if (place + 1 != connections_.size()) {
    connections_[place] = std::move(connections_.back());
    connections_[place]->place_ = place;
  }
  connections_.pop_back();
  reactor_.Destroy(std::move(dead));
  cluster_.stats().connections.Add(-1);
  endpoint_.stats->connections.Add(-1);
  --cluster_.connections;
  // Its place may serve somebody who waits.
  if (first_ != nullptr && connecting_.size() < waiting_ && cluster_.connections < cluster_.spec().max_connections) {
    StartConnecting();
  }
}

}  // namespace sp::upstream
