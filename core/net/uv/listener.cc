#include "core/net/uv/listener.h"

#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include <cerrno>
#include <utility>

#include "core/net/uv/native.h"

namespace sp::uv {
namespace {

constexpr int kAcceptsPerTurn = 32;  // so that a flood of clients doesn't starve those that are in
constexpr Duration kRest = std::chrono::milliseconds(100);

}  // namespace

struct TcpListener::Poll {
  uv_poll_t poll;
  TcpListener* owner;
  int fd;
};

TcpListener::TcpListener(Loop& loop, ListenSocket socket, OnAccept on_accept)
    : loop_(loop), on_accept_(std::move(on_accept)), address_(socket.address()) {
  rest_.Bind([](void* self) { static_cast<TcpListener*>(self)->StartPolling(); }, this);
  poll_ = new Poll{{}, this, socket.fd()};
  // Fails only for what is no socket.
  if (uv_poll_init(&loop.native().loop, &poll_->poll, poll_->fd) != 0) {
    delete std::exchange(poll_, nullptr);
    return;
  }
  socket.Release();
  poll_->poll.data = poll_;
  StartPolling();
}

TcpListener::~TcpListener() { Close(); }

void TcpListener::StartPolling() {
  if (poll_ == nullptr || paused_ || rest_.pending()) return;
  uv_poll_start(&poll_->poll, UV_READABLE, [](uv_poll_t* poll, int, int) {
    TcpListener* listener = static_cast<Poll*>(poll->data)->owner;
    if (listener != nullptr) listener->OnReadable();
  });
}

void TcpListener::StopPolling() {
  if (poll_ != nullptr) uv_poll_stop(&poll_->poll);
}

void TcpListener::Pause() {
  paused_ = true;
  if (!draining_) StopPolling();
}

void TcpListener::Resume() {
  paused_ = false;
  if (!draining_) StartPolling();
}

void TcpListener::OnReadable() {
  const Turn turn(loop_);
  for (int i = 0; i < kAcceptsPerTurn && !paused_; ++i) {
    if (!AcceptOne()) return;
  }
}

bool TcpListener::AcceptOne() {
  sockaddr_storage storage{};
  socklen_t length = sizeof(storage);
  auto* address = reinterpret_cast<sockaddr*>(&storage);
  const int fd = accept4(poll_->fd, address, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0) {
    stats_.accepted.Add();
    auto transport = Tcp::Adopt(loop_, fd, net::Address::FromSockaddr(address));
    if (transport != nullptr) on_accept_(std::move(transport));
    return true;
  }
  switch (errno) {
    case EAGAIN:
      return false;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
      Rest();
      return false;
    default:
      return true;  // errors of that one client (accept(2)): it is gone, the next may be well
  }
}

// Polling on would report the same client at once, again and again, with no way to take it.
void TcpListener::Rest() {
  stats_.no_descriptor.Add();
  StopPolling();
  if (!draining_) loop_.reactor().timers().Start(rest_, loop_.reactor().now() + kRest);
}

void TcpListener::CloseAfterDraining() {
  if (poll_ == nullptr) return;
  draining_ = true;
  while (AcceptOne()) {
  }
  Close();
}

void TcpListener::Close() {
  rest_.Cancel();
  if (poll_ == nullptr) return;
  Poll* poll = std::exchange(poll_, nullptr);
  poll->owner = nullptr;
  uv_close(reinterpret_cast<uv_handle_t*>(&poll->poll),
           [](uv_handle_t* closed) { delete static_cast<Poll*>(closed->data); });
  ::close(poll->fd);  // uv_close has taken it out of the poll set
}

}  // namespace sp::uv
