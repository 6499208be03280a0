#include "core/server/listener.h"

#include <utility>

namespace sp::server {

Listener::Listener(uv::Loop& loop, downstream::WorkerContext& context, const snapshot::ListenerSpec& spec,
                   uv::ListenSocket socket)
    : address_(spec.address),
      connections_(context, spec.name),
      socket_(loop, std::move(socket),
              [this](std::unique_ptr<net::Transport> transport) { connections_.Accept(std::move(transport)); }) {}

void Listener::SetLimit(size_t limit) {
  connections_.set_limit(limit, [this](bool at_limit) { at_limit ? socket_.Pause() : socket_.Resume(); });
}

void Listener::Drain(std::function<void()> on_empty) {
  connections_.set_limit(SIZE_MAX, nullptr);
  socket_.CloseAfterDraining();
  connections_.Drain(std::move(on_empty));
}

}  // namespace sp::server
