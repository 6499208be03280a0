// Opening listening sockets, before any loop is involved.
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/net/uv/listener.h"

namespace sp::uv {
namespace {

ListenError Describe(const net::Address& address, int error) {
  const std::string name = address.ToString();
  switch (error) {
    case EADDRINUSE:
      return {ListenError::Kind::kInUse, fmt::format("address {} is already in use", name)};
    case EACCES:
    case EPERM:
      return {ListenError::Kind::kNotPermitted,
              address.port() < 1024
                  ? fmt::format("address {}: ports below 1024 need root or CAP_NET_BIND_SERVICE", name)
                  : fmt::format("address {}: not permitted", name)};
    case EADDRNOTAVAIL:
      return {ListenError::Kind::kNoSuchAddress, fmt::format("address {} is not one of this machine", name)};
    default:
      return {ListenError::Kind::kOther, fmt::format("address {}: cannot listen: {}", name, std::strerror(error))};
  }
}

bool Enable(int fd, int level, int option, bool on = true) {
  const int value = on ? 1 : 0;
  return setsockopt(fd, level, option, &value, sizeof(value)) == 0;
}

// A new socket for the address's family; for `:8080` an IPv6 one that takes both, or an IPv4 one where IPv6 is missing.
// *bind_to is what to bind it to. -1 and errno on failure.
int NewSocket(const net::Address& address, sockaddr_storage* bind_to, socklen_t* length) {
  *length = address.ToSockaddr(bind_to);
  int fd = socket(bind_to->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0 && errno == EAFNOSUPPORT && address.any()) {
    *length = net::Address(*net::IpAddress::Parse("0.0.0.0"), address.port()).ToSockaddr(bind_to);
    fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  }
  if (fd < 0) return -1;
  // So that `[::]:80` leaves IPv4 to others.
  if (bind_to->ss_family == AF_INET6) Enable(fd, IPPROTO_IPV6, IPV6_V6ONLY, !address.any());
  Enable(fd, SOL_SOCKET, SO_REUSEADDR);
  return fd;
}

// Binds a socket that shares with nobody, to learn whether somebody is there; 0 or an errno.
int Probe(const net::Address& address) {
  sockaddr_storage storage;
  socklen_t length = 0;
  const int fd = NewSocket(address, &storage, &length);
  if (fd < 0) return errno;
  const int error = bind(fd, reinterpret_cast<sockaddr*>(&storage), length) == 0 ? 0 : errno;
  ::close(fd);
  return error;
}

// 0 or an errno. A port of 0 in *address becomes the one that was given.
int OpenOne(net::Address* address, ListenSocket* out) {
  sockaddr_storage storage;
  socklen_t length = 0;
  const int fd = NewSocket(*address, &storage, &length);
  if (fd < 0) return errno;
  *out = ListenSocket(fd, *address);
  Enable(fd, IPPROTO_TCP, TCP_NODELAY);  // accepted sockets inherit it
  auto* raw = reinterpret_cast<sockaddr*>(&storage);
  if (!Enable(fd, SOL_SOCKET, SO_REUSEPORT) || bind(fd, raw, length) != 0) return errno;
  if (address->port() == 0) {
    length = sizeof(storage);
    if (getsockname(fd, raw, &length) != 0) return errno;
    *address = address->WithPort(net::Address::FromSockaddr(raw).port());
    out->set_address(*address);
  }
  return 0;
}

}  // namespace

ListenSocket::~ListenSocket() {
  if (fd_ >= 0) ::close(fd_);
}

bool StartListening(const ListenSocket& socket, int backlog, ListenError* error) {
  if (::listen(socket.fd(), backlog) == 0) return true;
  *error = Describe(socket.address(), errno);
  return false;
}

std::vector<ListenSocket> OpenListenSockets(const net::Address& address, size_t count, const ListenOptions& options,
                                            ListenError* error) {
  *error = {};
  net::Address actual = address;
  if (const int e = options.share ? 0 : Probe(address); e != 0) {
    *error = Describe(address, e);
    return {};
  }
  std::vector<ListenSocket> sockets(count);
  for (ListenSocket& socket : sockets) {
    if (const int e = OpenOne(&actual, &socket); e != 0) {
      *error = Describe(address, e);
      return {};
    }
    if (options.listen && !StartListening(socket, options.backlog, error)) return {};
  }
  return sockets;
}

}  // namespace sp::uv
