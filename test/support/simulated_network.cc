#include "test/support/simulated_network.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

namespace sp::testing {

// Both ends of one connection.
struct SimulatedPeer::Link {
  enum class Kind { kBytes, kEnd, kReset };
  struct Item {
    Kind kind;
    std::string bytes;
  };

  SimulatedNetwork* network;
  SimulatedTransport* transport = nullptr;  // null once the code has destroyed it
  net::Address peer, local;                 // as the code sees them

  // Towards the code.
  std::deque<Item> inbound;
  bool peer_finished = false;  // End or Reset was sent
  bool delivery_scheduled = false;

  // From the code.
  std::string received;
  size_t window = SIZE_MAX;
  bool ended = false, was_reset = false;
  bool take_scheduled = false;
  bool receive_scheduled = false;
  std::function<void(SimulatedPeer)> on_receive;

  bool HasReset() const { return !inbound.empty() && inbound.back().kind == Kind::kReset; }
};

class SimulatedTransport final : public net::Transport {
 public:
  explicit SimulatedTransport(std::shared_ptr<SimulatedPeer::Link> link)
      : link_(std::move(link)),
        deferred_([](void* self) { static_cast<SimulatedTransport*>(self)->OnDeferred(); }, this) {
    link_->transport = this;
  }
  ~SimulatedTransport() override {
    link_->transport = nullptr;
    link_->was_reset = reset_on_close_;
    link_->ended = link_->ended || !reset_on_close_;
    link_->inbound.clear();
  }

  void SetEvents(net::TransportEvents* events) override { events_ = events; }
  void StartReading() override {
    reading_ = true;
    link_->network->ScheduleDelivery(link_);
  }
  void StopReading() override { reading_ = false; }
  void Write(BufferChain&& bytes) override;
  size_t pending_write_bytes() const override { return pending_.size(); }
  void CloseWrite() override {
    close_write_ = true;
    if (pending_.empty()) link_->ended = true;
  }
  void ResetOnClose() override { reset_on_close_ = true; }
  const net::Address& peer() const override { return link_->peer; }
  const net::Address& local() const override { return link_->local; }

 private:
  friend class SimulatedConnect;
  friend class SimulatedNetwork;
  friend class SimulatedPeer;
  void TakePending();
  void OnDeferred() {
    if (!std::exchange(broken_, true) && events_ != nullptr) events_->OnBroken();
  }

  std::shared_ptr<SimulatedPeer::Link> link_;
  net::EndOfTurnTask deferred_;
  net::TransportEvents* events_ = nullptr;
  BufferChain pending_;
  bool reading_ = false;
  bool close_write_ = false;
  bool reset_on_close_ = false;
  bool broken_ = false;
};

void SimulatedTransport::Write(BufferChain&& bytes) {
  assert(!close_write_ && "Write after CloseWrite");
  BufferChain taken = std::move(bytes);
  if (broken_ || taken.empty()) return;
  if (link_->HasReset()) {
    // As on a socket: the write fails; what came before the reset is still read, if anybody reads.
    if (!reading_) link_->network->reactor().AtEndOfTurn(deferred_);
    return;
  }
  pending_.Append(std::move(taken));
  TakePending();
}

void SimulatedTransport::TakePending() {
  const size_t n = std::min(pending_.size(), link_->window);
  if (n == 0) return;
  const size_t before = link_->received.size();
  link_->received.resize(before + n);
  pending_.CopyOut(0, n, link_->received.data() + before);
  pending_.Drain(n);
  if (link_->window != SIZE_MAX) link_->window -= n;
  if (close_write_ && pending_.empty()) link_->ended = true;
  if (!link_->on_receive || std::exchange(link_->receive_scheduled, true)) return;
  link_->network->Schedule([link = link_] {
    link->receive_scheduled = false;
    if (link->on_receive) link->on_receive(SimulatedPeer(link));
  });
}

// An attempt of the code to connect; shared with the events that will settle it.
class SimulatedConnect : public std::enable_shared_from_this<SimulatedConnect> {
 public:
  SimulatedConnect(SimulatedNetwork& network, const net::Address& to, net::Connector::Done done)
      : network_(network), to_(to), done_(std::move(done)) {}

  void Cancel() { done_ = nullptr; }
  void SettleSoon() {
    network_.Schedule([self = shared_from_this()] { self->Settle(); });
  }
  void Settle() {
    if (!done_) return;
    const auto found = network_.servers_.find(to_.ToString());
    if (found == network_.servers_.end()) return Finish(nullptr, net::ConnectError::kRefused);
    SimulatedServer& server = *found->second;
    if (server.holding_) {
      server.held_.push_back(weak_from_this());
      return;
    }
    if (server.error_ != net::ConnectError::kNone) return Finish(nullptr, server.error_);
    auto transport =
        network_.MakeTransport(to_, net::Address(*net::IpAddress::Parse("127.0.0.1"), network_.next_port_++));
    server.connections_.emplace_back(transport->link_);
    const SimulatedPeer peer = server.connections_.back();
    Finish(std::move(transport), net::ConnectError::kNone);
    if (server.on_connection_) server.on_connection_(peer);
  }

 private:
  friend class SimulatedServer;
  void Finish(std::unique_ptr<net::Transport> transport, net::ConnectError error) {
    const auto done = std::exchange(done_, nullptr);
    done(std::move(transport), error);
  }

  SimulatedNetwork& network_;
  net::Address to_;
  net::Connector::Done done_;
};

namespace {

class ConnectHandle final : public net::Connector::Handle {
 public:
  explicit ConnectHandle(std::shared_ptr<SimulatedConnect> connect) : connect_(std::move(connect)) {}
  ~ConnectHandle() override { connect_->Cancel(); }

 private:
  std::shared_ptr<SimulatedConnect> connect_;
};

}  // namespace

std::unique_ptr<net::Connector::Handle> SimulatedNetwork::Connect(const net::Address& to, Done done) {
  const auto found = servers_.find(to.ToString());
  if (found != servers_.end()) ++found->second->attempts_;
  auto connect = std::make_shared<SimulatedConnect>(*this, to, std::move(done));
  connect->SettleSoon();
  return std::make_unique<ConnectHandle>(connect);
}

SimulatedServer& SimulatedNetwork::Serve(std::string_view address) {
  const auto parsed = net::Address::Parse(address);
  assert(parsed && "not an address");
  auto& server = servers_[parsed->ToString()];
  if (server == nullptr) server = std::make_unique<SimulatedServer>();
  return *server;
}

std::unique_ptr<SimulatedTransport> SimulatedNetwork::MakeTransport(const net::Address& peer,
                                                                    const net::Address& local) {
  auto link = std::make_shared<SimulatedPeer::Link>();
  link->network = this;
  link->peer = peer;
  link->local = local;
  return std::make_unique<SimulatedTransport>(std::move(link));
}

SimulatedPeer SimulatedNetwork::Dial(const Accept& accept, std::string_view from, std::string_view to) {
  auto transport = MakeTransport(*net::Address::Parse(from), *net::Address::Parse(to));
  const SimulatedPeer peer(transport->link_);
  reactor_.BeginTurn();
  accept(std::move(transport));
  reactor_.EndTurn();
  return peer;
}

bool SimulatedNetwork::Step() {
  if (events_.empty()) return false;
  const auto event = std::move(events_.front());
  events_.pop_front();
  reactor_.BeginTurn();
  event();
  reactor_.EndTurn();
  return true;
}

void SimulatedNetwork::ScheduleDelivery(const std::shared_ptr<SimulatedPeer::Link>& link) {
  if (link->inbound.empty() || std::exchange(link->delivery_scheduled, true)) return;
  Schedule([this, link] {
    link->delivery_scheduled = false;
    Deliver(link);
  });
}

void SimulatedNetwork::Deliver(const std::shared_ptr<SimulatedPeer::Link>& link) {
  using Kind = SimulatedPeer::Link::Kind;
  SimulatedTransport* to = link->transport;
  if (to == nullptr || to->broken_ || !to->reading_ || link->inbound.empty()) return;
  auto& front = link->inbound.front();
  const Kind kind = front.kind;
  Slice slice;
  if (kind == Kind::kBytes) {
    // Through the worker's read slab, as a socket does, so that a view kept without its slice is overwritten here too.
    const size_t n = std::min({front.bytes.size(), split_, SlabPool::kLarge - sizeof(Slab)});
    std::memcpy(reactor_.slabs().ReadRoom(n).data, front.bytes.data(), n);
    slice = reactor_.slabs().Commit(n);
    front.bytes.erase(0, n);
  }
  if (front.bytes.empty() && kind != Kind::kReset) link->inbound.pop_front();
  ScheduleDelivery(link);
  if (kind == Kind::kReset) to->broken_ = true;
  if (to->events_ == nullptr) return;
  if (kind == Kind::kBytes) to->events_->OnBytes(std::move(slice));
  if (kind == Kind::kEnd) to->events_->OnEnd();
  if (kind == Kind::kReset) to->events_->OnBroken();
}

void SimulatedNetwork::ScheduleTake(const std::shared_ptr<SimulatedPeer::Link>& link) {
  if (std::exchange(link->take_scheduled, true)) return;
  Schedule([this, link] {
    link->take_scheduled = false;
    Take(*link);
  });
}

void SimulatedNetwork::Take(SimulatedPeer::Link& link) {
  SimulatedTransport* from = link.transport;
  if (from == nullptr || from->broken_ || from->pending_.empty()) return;
  from->TakePending();
  if (from->pending_.empty() && from->events_ != nullptr) from->events_->OnDrained();
}

void SimulatedPeer::Send(std::string_view bytes) {
  if (link_->transport == nullptr || link_->peer_finished || bytes.empty()) return;
  link_->inbound.push_back({Link::Kind::kBytes, std::string(bytes)});
  link_->network->ScheduleDelivery(link_);
}

void SimulatedPeer::SendByteByByte(std::string_view bytes) {
  for (const char& byte : bytes) Send({&byte, 1});
}

void SimulatedPeer::End() {
  if (link_->transport == nullptr || std::exchange(link_->peer_finished, true)) return;
  link_->inbound.push_back({Link::Kind::kEnd, {}});
  link_->network->ScheduleDelivery(link_);
}

void SimulatedPeer::Reset() {
  if (link_->transport == nullptr || link_->HasReset()) return;
  link_->peer_finished = true;
  link_->inbound.push_back({Link::Kind::kReset, {}});
  SimulatedTransport& code = *link_->transport;
  // A socket that waits to write hears of it even when nobody reads.
  const bool waits_to_write = !code.pending_.empty();
  code.pending_.Clear();
  if (!waits_to_write || code.reading_) return link_->network->ScheduleDelivery(link_);
  link_->network->Schedule([link = link_] {
    if (link->transport != nullptr) link->transport->OnDeferred();
  });
}

std::string SimulatedPeer::TakeReceived() { return std::exchange(link_->received, {}); }
const std::string& SimulatedPeer::received() const { return link_->received; }
bool SimulatedPeer::ended() const { return link_->ended; }
bool SimulatedPeer::closed() const { return link_->transport == nullptr; }
bool SimulatedPeer::was_reset() const { return link_->was_reset; }
bool SimulatedPeer::is_reading() const { return link_->transport != nullptr && link_->transport->reading_; }
const net::Address& SimulatedPeer::address() const { return link_->peer; }
const net::Address& SimulatedPeer::code_address() const { return link_->local; }

size_t SimulatedPeer::unread_bytes() const {
  size_t sum = 0;
  for (const auto& item : link_->inbound) sum += item.bytes.size();
  return sum;
}

void SimulatedPeer::LimitWindow(size_t bytes) { link_->window = bytes; }

void SimulatedPeer::OpenWindow(size_t bytes) {
  if (link_->window != SIZE_MAX) link_->window += bytes;
  link_->network->ScheduleTake(link_);
}

void SimulatedPeer::UnlimitWindow() {
  link_->window = SIZE_MAX;
  link_->network->ScheduleTake(link_);
}

void SimulatedPeer::OnReceive(std::function<void(SimulatedPeer)> callback) { link_->on_receive = std::move(callback); }

size_t SimulatedServer::open_count() const {
  return static_cast<size_t>(
      std::count_if(connections_.begin(), connections_.end(), [](const SimulatedPeer& p) { return !p.closed(); }));
}

void SimulatedServer::Accept() {
  holding_ = false;
  error_ = net::ConnectError::kNone;
  for (const auto& weak : std::exchange(held_, {})) {
    if (const auto connect = weak.lock()) connect->SettleSoon();
  }
}

}  // namespace sp::testing
