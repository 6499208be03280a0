#include "core/operate/admin/server.h"

#include <utility>
#include <vector>

#include "core/net/uv/listener.h"
#include "core/operate/admin/connection.h"
#include "core/operate/admin/pages.h"

namespace sp::admin {

class Server::Impl {
 public:
  Impl(uv::Loop& loop, uv::ListenSocket socket, bool probes_only, AdminSources sources)
      : pages_(socket.address(), probes_only, std::move(sources)),
        shared_{loop.reactor(), pages_, Rules(), {}, {}},
        listener_(loop, std::move(socket), [this](auto transport) { OnAccept(std::move(transport)); }) {}

  const net::Address& address() const { return listener_.address(); }
  size_t connections() const { return shared_.connections.size(); }

 private:
  // Enough for what probes, scrapers and people send. Slashes stay as they are: `//config` is no page.
  static http::RequestRules Rules() {
    http::RequestRules rules;
    rules.limits.max_target_bytes = 2 << 10;
    rules.limits.max_header_bytes = 16 << 10;
    rules.limits.max_header_count = 64;
    rules.limits.max_body_bytes = 64 << 10;
    rules.path.merge_slashes = false;
    return rules;
  }

  void OnAccept(std::unique_ptr<net::Transport> transport) {
    if (shared_.connections.size() >= kMaxConnections) MakeRoom();
    shared_.connections.push_back(std::make_unique<Connection>(shared_, std::move(transport)));
    shared_.connections.back()->set_place(std::prev(shared_.connections.end()));
  }

  // Of those who wait, linger or are being answered, in this order, the oldest: a probe always gets in.
  void MakeRoom() {
    Connection* victim = nullptr;
    for (const auto& connection : shared_.connections) {
      if (victim == nullptr || connection->state() < victim->state()) victim = connection.get();
    }
    victim->Abort();
  }

  const Pages pages_;
  Shared shared_;
  uv::TcpListener listener_;
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;

std::unique_ptr<Server> Server::Open(uv::Loop& loop, const net::Address& address, bool probes_only,
                                     AdminSources sources, std::string* error) {
  uv::ListenError why;
  std::vector<uv::ListenSocket> sockets = uv::OpenListenSockets(address, 1, {}, &why);
  if (sockets.empty()) {
    *error = why.message;
    return nullptr;
  }
  auto impl = std::make_unique<Impl>(loop, std::move(sockets[0]), probes_only, std::move(sources));
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

const net::Address& Server::address() const { return impl_->address(); }
size_t Server::connections() const { return impl_->connections(); }

}  // namespace sp::admin
