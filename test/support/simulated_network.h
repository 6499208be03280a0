// SimulatedNetwork: a network in memory. Code that speaks through Transport and Connector runs on it as it does on
// sockets, and the test is the other end of each connection, byte by byte. Events keep the promises of net/uv/tcp: they
// come in turns of their own, never from within a call; bytes and ends wait while reading is off. Usually made by
// SimulatedWorld, which also runs it.
//
//   SimulatedServer& backend = network.Serve("127.0.0.1:9001");      // the code may connect there
//   SimulatedPeer client = network.Dial([&](auto transport) { … });  // a client that connects to the code
//   client.Send("GET / HTTP/1.1\r\n…");
//   world.RunUntilIdle();
//   CHECK(backend.connection(0).TakeReceived() == …);
//   backend.connection(0).Reset();
//
// One thread.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/net/reactor.h"
#include "core/net/transport.h"

namespace sp::testing {

class SimulatedNetwork;
class SimulatedTransport;

// The test's end of one connection. A handle; copies mean the same end, and it may outlive the code's end.
class SimulatedPeer {
 public:
  struct Link;
  explicit SimulatedPeer(std::shared_ptr<Link> link) : link_(std::move(link)) {}

  // To the code. Each call arrives as bytes of its own, cut further by SplitReads. Nothing arrives after End or Reset.
  void Send(std::string_view bytes);
  // Each of the bytes in an event of its own.
  void SendByteByByte(std::string_view bytes);
  void End();    // an orderly close of this side
  void Reset();  // breaks the connection: after what was sent before, or at the code's next write if it isn't reading

  // From the code: what was written and taken since the last TakeReceived.
  std::string TakeReceived();
  const std::string& received() const;
  bool ended() const;           // the code has closed its writing side (or all) in order
  bool closed() const;          // the code has destroyed its transport
  bool was_reset() const;       // … after ResetOnClose
  bool is_reading() const;      // the code wants to read
  size_t unread_bytes() const;  // sent, but not yet delivered

  // How many more bytes this end takes before the code's writes stay pending; unlimited at first.
  void LimitWindow(size_t bytes);
  void OpenWindow(size_t bytes);  // takes that many more
  void UnlimitWindow();

  // Called in a turn after the code has written; a scripted answer goes here.
  void OnReceive(std::function<void(SimulatedPeer)> callback);

  const net::Address& address() const;       // of this end
  const net::Address& code_address() const;  // of the code's end

 private:
  std::shared_ptr<Link> link_;
};

// Something to connect to.
class SimulatedServer {
 public:
  // Connections in the order in which they were made; closed ones stay in the list.
  size_t count() const { return connections_.size(); }
  SimulatedPeer connection(size_t i) const { return connections_.at(i); }
  SimulatedPeer last() const { return connections_.back(); }
  size_t open_count() const;
  size_t attempts() const { return attempts_; }

  // What becomes of coming connects. At first they are accepted.
  void Fail(net::ConnectError error) { error_ = error, holding_ = false; }
  void Hold() { holding_ = true; }  // neither accepted nor refused
  void Accept();                    // also those that were held
  // Called in the turn in which a connection was made, after the code heard of it.
  void OnConnection(std::function<void(SimulatedPeer)> callback) { on_connection_ = std::move(callback); }

 private:
  friend class SimulatedNetwork;
  friend class SimulatedConnect;
  std::vector<SimulatedPeer> connections_;
  std::vector<std::weak_ptr<class SimulatedConnect>> held_;
  std::function<void(SimulatedPeer)> on_connection_;
  net::ConnectError error_ = net::ConnectError::kNone;
  bool holding_ = false;
  size_t attempts_ = 0;
};

class SimulatedNetwork final : public net::Connector {
 public:
  explicit SimulatedNetwork(net::Reactor& reactor) : reactor_(reactor) {}

  // Where the code may connect; elsewhere it is refused. The same server for the same address.
  SimulatedServer& Serve(std::string_view address);
  std::unique_ptr<Handle> Connect(const net::Address& to, Done done) override;

  // A client connects: `accept` gets the code's end, in a turn of its own, now.
  using Accept = std::function<void(std::unique_ptr<net::Transport>)>;
  SimulatedPeer Dial(const Accept& accept, std::string_view from = "192.0.2.1:50000",
                     std::string_view to = "192.0.2.80:80");

  // From now on no event carries more than `bytes` bytes to the code.
  void SplitReads(size_t bytes) { split_ = bytes; }

  // Handles one event; false when there is none.
  bool Step();
  net::Reactor& reactor() { return reactor_; }

 private:
  friend class SimulatedConnect;
  friend class SimulatedPeer;
  friend class SimulatedTransport;
  std::unique_ptr<SimulatedTransport> MakeTransport(const net::Address& peer, const net::Address& local);
  void Schedule(std::function<void()> event) { events_.push_back(std::move(event)); }
  void ScheduleDelivery(const std::shared_ptr<SimulatedPeer::Link>& link);
  void Deliver(const std::shared_ptr<SimulatedPeer::Link>& link);
  void ScheduleTake(const std::shared_ptr<SimulatedPeer::Link>& link);
  void Take(SimulatedPeer::Link& link);

  net::Reactor& reactor_;
  std::deque<std::function<void()>> events_;
  std::map<std::string, std::unique_ptr<SimulatedServer>, std::less<>> servers_;
  size_t split_ = SIZE_MAX;
  uint16_t next_port_ = 40000;
};

}  // namespace sp::testing
