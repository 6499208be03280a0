#include "test/support/raw_socket.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

namespace sp::testing {
namespace {

constexpr int kStream = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;

net::Address NameOf(int fd) {
  sockaddr_storage storage{};
  socklen_t length = sizeof(storage);
  getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &length);
  return net::Address::FromSockaddr(reinterpret_cast<sockaddr*>(&storage));
}

bool Ready(int fd, short events) {
  pollfd entry{fd, events, 0};
  return poll(&entry, 1, 0) == 1 && (entry.revents & events) != 0;
}

}  // namespace

RawSocket RawSocket::Connect(const net::Address& to, int receive_buffer) {
  sockaddr_storage storage;
  const socklen_t length = to.ToSockaddr(&storage);
  const int fd = socket(storage.ss_family, kStream, 0);
  if (fd < 0) std::abort();
  if (receive_buffer > 0) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
  RawSocket result(fd);
  if (connect(fd, reinterpret_cast<sockaddr*>(&storage), length) != 0) result.broken_ = errno != EINPROGRESS;
  return result;
}

RawSocket::RawSocket(RawSocket&& o) noexcept
    : fd_(std::exchange(o.fd_, -1)), received_(std::move(o.received_)), ended_(o.ended_), broken_(o.broken_) {}

RawSocket& RawSocket::operator=(RawSocket&& o) noexcept {
  Close();
  fd_ = std::exchange(o.fd_, -1);
  received_ = std::move(o.received_);
  ended_ = o.ended_;
  broken_ = o.broken_;
  return *this;
}

bool RawSocket::connected() const {
  int error = 0;
  socklen_t length = sizeof(error);
  return Ready(fd_, POLLOUT) && getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &length) == 0 && error == 0;
}

size_t RawSocket::Send(std::string_view bytes) {
  const ssize_t n = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  return n < 0 ? 0 : static_cast<size_t>(n);
}

const std::string& RawSocket::Receive(size_t at_most) {
  char buffer[65536];
  while (fd_ >= 0 && !ended_ && !broken_ && at_most > 0) {
    const ssize_t n = recv(fd_, buffer, std::min(sizeof(buffer), at_most), 0);
    if (n > 0) {
      received_.append(buffer, static_cast<size_t>(n));
      at_most -= static_cast<size_t>(n);
      continue;
    }
    ended_ = n == 0;
    broken_ = n < 0 && errno != EAGAIN;
    break;
  }
  return received_;
}

void RawSocket::ShutdownWrite() { shutdown(fd_, SHUT_WR); }

void RawSocket::Reset() {
  const linger at_once{1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  Close();
}

void RawSocket::Close() {
  if (fd_ >= 0) close(std::exchange(fd_, -1));
}

net::Address RawSocket::local() const { return NameOf(fd_); }

RawListener::RawListener(int backlog) : fd_(socket(AF_INET, kStream, 0)) {
  sockaddr_storage storage;
  const socklen_t length = net::Address::Parse("127.0.0.1:0")->ToSockaddr(&storage);
  if (bind(fd_, reinterpret_cast<sockaddr*>(&storage), length) != 0 || listen(fd_, backlog) != 0) std::abort();
  address_ = NameOf(fd_);
}

RawListener::~RawListener() { close(fd_); }

bool RawListener::HasClient() const { return Ready(fd_, POLLIN); }

RawSocket RawListener::Accept() { return RawSocket(accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)); }

}  // namespace sp::testing
