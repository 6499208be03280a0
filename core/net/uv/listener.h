// Listening sockets. The main thread opens one per worker for an address, so that every error shows before anything is
// published; each worker then accepts from its own through a TcpListener:
//
//   ListenError error;
//   std::vector<ListenSocket> sockets = OpenListenSockets(address, workers, {}, &error);   // main
//   if (sockets.empty()) return error.message;         // `address 127.0.0.1:8080 is already in use`
//   TcpListener listener(loop, std::move(sockets[i]), [](auto transport) { … });            // worker i
//
// Accepting is our own (accept4), not libuv's, whose way out of a full descriptor table is to accept and close the
// waiting clients (THREATS T94). When descriptors run out the listener rests for 100 ms and clients wait in the
// backlog.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/counter.h"
#include "core/base/timer_wheel.h"
#include "core/net/transport.h"
#include "core/net/uv/loop.h"

namespace sp::uv {

// A bound socket, listening unless opened otherwise. Closes it when destroyed.
class ListenSocket {
 public:
  ListenSocket() = default;
  ListenSocket(int fd, const net::Address& address) : fd_(fd), address_(address) {}
  ListenSocket(ListenSocket&& o) noexcept : fd_(std::exchange(o.fd_, -1)), address_(o.address_) {}
  ListenSocket& operator=(ListenSocket&& o) noexcept {
    std::swap(fd_, o.fd_);
    std::swap(address_, o.address_);
    return *this;
  }
  ~ListenSocket();
  int fd() const { return fd_; }
  int Release() { return std::exchange(fd_, -1); }
  // As asked for, but with the port that the system chose where 0 was asked.
  const net::Address& address() const { return address_; }
  void set_address(const net::Address& address) { address_ = address; }

 private:
  int fd_ = -1;
  net::Address address_;
};

struct ListenError {
  enum class Kind { kNone, kInUse, kNotPermitted, kNoSuchAddress, kOther };
  Kind kind = Kind::kNone;
  std::string message;  // `address 127.0.0.1:8080 is already in use`
};

struct ListenOptions {
  int backlog = 4096;  // the system caps it at net.core.somaxconn
  // True: also while somebody else who sets SO_REUSEPORT listens there, as when we ourselves still listen on an address
  // that covers this one. False: that is kInUse; else two gateways started by mistake would share the clients.
  bool share = false;
  // False: only bind, and let the owner call StartListening when it is ready; until then clients are refused.
  bool listen = true;
};

// `count` sockets bound to one address with SO_REUSEPORT; none, and `*error` filled, when any of them can't be had.
// `:8080` is one IPv6 socket for both families, or an IPv4 one where the system has no IPv6.
std::vector<ListenSocket> OpenListenSockets(const net::Address& address, size_t count, const ListenOptions& options,
                                            ListenError* error);
bool StartListening(const ListenSocket& socket, int backlog, ListenError* error);

class TcpListener final : public net::Disposable {
 public:
  using OnAccept = std::function<void(std::unique_ptr<net::Transport>)>;
  // Written by the worker, readable from any thread.
  struct Stats {
    Counter accepted;
    Counter no_descriptor;  // times that accepting rested because the process or the system had no descriptor left
  };

  // Starts accepting. `on_accept` runs in turns of the loop; it may call Pause and Resume, and must not destroy the
  // listener but through Reactor::Destroy.
  TcpListener(Loop& loop, ListenSocket socket, OnAccept on_accept);
  ~TcpListener() override;

  // Leaves clients in the backlog, as at a connection limit.
  void Pause();
  void Resume();
  // Accepts all that waits in the backlog, even while paused, then closes the socket: closing alone would reset those
  // clients (THREATS T127). Not from within `on_accept`.
  void CloseAfterDraining();

  const net::Address& address() const { return address_; }
  const Stats& stats() const { return stats_; }

 private:
  struct Poll;
  void OnReadable();
  bool AcceptOne();  // false when there is nobody, or no descriptor
  void Rest();
  void StartPolling();
  void StopPolling();
  void Close();

  Loop& loop_;
  OnAccept on_accept_;
  net::Address address_;
  Stats stats_;
  Timer rest_;  // pending while resting for want of descriptors
  Poll* poll_;  // null once closed
  bool paused_ = false;
  bool draining_ = false;
};

}  // namespace sp::uv
