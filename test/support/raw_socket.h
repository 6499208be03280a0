// RawSocket, RawListener: plain sockets for tests that need a real peer on loopback, driven by hand. Non-blocking, so
// that one thread can run the loop under test and the peer in turns:
//
//   loop.RunUntil([&] { return peer.Receive().size() >= 5; }, 5s);
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "core/net/address.h"

namespace sp::testing {

class RawSocket {
 public:
  RawSocket() = default;
  explicit RawSocket(int fd) : fd_(fd) {}
  // Starts to connect; complete at once on loopback unless the backlog is full. `receive_buffer` as for SO_RCVBUF.
  static RawSocket Connect(const net::Address& to, int receive_buffer = 0);
  RawSocket(RawSocket&& o) noexcept;
  RawSocket& operator=(RawSocket&& o) noexcept;
  ~RawSocket() { Close(); }

  bool connected() const;
  // Takes what the kernel takes; the number of bytes.
  size_t Send(std::string_view bytes);
  // Reads what is there; all that was read so far and not taken.
  const std::string& Receive(size_t at_most = SIZE_MAX);
  std::string Take() { return std::exchange(received_, {}); }
  bool ended() const { return ended_; }    // Receive met an orderly end
  bool broken() const { return broken_; }  // Receive met an error
  void ShutdownWrite();
  void Reset();  // closes with a reset
  void Close();
  int fd() const { return fd_; }
  net::Address local() const;

 private:
  int fd_ = -1;
  std::string received_;
  bool ended_ = false;
  bool broken_ = false;
};

class RawListener {
 public:
  explicit RawListener(int backlog = 128);
  ~RawListener();
  RawListener(const RawListener&) = delete;
  RawListener& operator=(const RawListener&) = delete;
  const net::Address& address() const { return address_; }
  // Whether somebody has connected; then Accept gives him.
  bool HasClient() const;
  RawSocket Accept();

 private:
  int fd_;
  net::Address address_;
};

}  // namespace sp::testing
