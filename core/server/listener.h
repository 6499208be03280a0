// Listener: a listening socket of one worker and the connections that came through it. Kept over reloads while the
// address stays the same.
#pragma once

#include <functional>
#include <memory>

#include "core/net/uv/listener.h"
#include "core/traffic/downstream/connection_manager.h"

namespace sp::server {

class Listener final : public net::Disposable {
 public:
  Listener(uv::Loop& loop, downstream::WorkerContext& context, const snapshot::ListenerSpec& spec,
           uv::ListenSocket socket);

  const net::Address& address() const { return address_; }
  downstream::ConnectionManager& connections() { return connections_; }
  // `limit` connections at one time; beyond it clients wait in the kernel's backlog.
  void SetLimit(size_t limit);
  // Takes what waits in the backlog, closes the socket, lets the connections finish. `on_empty` when none is left.
  void Drain(std::function<void()> on_empty);

 private:
  net::Address address_;
  downstream::ConnectionManager connections_;
  uv::TcpListener socket_;
};

}  // namespace sp::server
