// Pool: the connections of one worker to one endpoint.
//
// A waiter gets an idle connection at once (the one used last, whose congestion window is warm), else a new one is
// opened for it while there are fewer than max_connections, else it waits its turn; beyond max_pending it is refused.
// A connection that becomes free goes to the waiter that has waited longest, whoever it was opened for.
#pragma once

#include <memory>
#include <vector>

#include "core/base/reason.h"
#include "core/net/reactor.h"
#include "core/net/transport.h"
#include "core/traffic/cluster/cluster_state.h"
#include "core/traffic/upstream/connection.h"

namespace sp::upstream {

// Who waits for a connection. Leaves the queue when destroyed.
class Waiter {
 public:
  virtual void OnConnection(Connection& connection, bool reused) = 0;
  virtual void OnNoConnection(Reason reason) = 0;

 protected:
  virtual ~Waiter();

 private:
  friend class Pool;
  Pool* pool_ = nullptr;
  Waiter* next_ = nullptr;
  Waiter* previous_ = nullptr;
};

class Pool final : public net::Disposable {
 public:
  Pool(net::Reactor& reactor, cluster::ClusterState& cluster, cluster::EndpointState& endpoint);
  ~Pool() override;
  // The pool of an endpoint, made when first asked for.
  static Pool& Of(net::Reactor& reactor, cluster::ClusterState& cluster, cluster::EndpointState& endpoint);

  // Answers the waiter at once (an idle connection, or a refusal) or later. `fresh`: not an idle one.
  void Acquire(Waiter& waiter, bool fresh);
  void Cancel(Waiter& waiter);
  cluster::EndpointState& endpoint() { return endpoint_; }
  cluster::ClusterState& cluster() { return cluster_; }

 private:
  friend class Connection;
  struct Connecting {
    Connecting(Pool& pool, TimePoint deadline);
    Pool& pool;
    Timer timer;
    std::unique_ptr<net::Connector::Handle> handle;
    bool timed_out = false;
  };

  void StartConnecting();
  void OnConnected(Connecting& connecting, std::unique_ptr<net::Transport> transport, net::ConnectError error);
  void Forget(Connecting& connecting);
  void FailFirst(Reason reason);
  void Release(Connection& connection);
  void Close(Connection& connection);
  void Enqueue(Waiter& waiter);
  Waiter* PopWaiter();

  net::Reactor& reactor_;
  cluster::ClusterState& cluster_;
  cluster::EndpointState& endpoint_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<Connection*> idle_;  // last used at the end
  std::vector<std::unique_ptr<Connecting>> connecting_;
  Waiter* first_ = nullptr;
  Waiter* last_ = nullptr;
  size_t waiting_ = 0;
};

}  // namespace sp::upstream
