#include "core/net/uv/listener.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ctime>
#include <deque>

#include "core/net/uv/native.h"
#include "test/support/catch.h"
#include "test/support/child.h"
#include "test/support/raw_socket.h"

namespace sp::uv {
namespace {

using namespace std::chrono_literals;
using testing::ContainsSubstring;
using testing::RawSocket;

std::vector<ListenSocket> Open(std::string_view address, size_t count = 1, ListenOptions options = {}) {
  ListenError error;
  auto sockets = OpenListenSockets(*net::Address::Parse(address), count, options, &error);

  REQUIRE(sockets.size() == count);
  return sockets;
}

struct Fixture {
  SystemClock clock;
  Loop loop{clock};
  std::vector<std::unique_ptr<net::Transport>> accepted;
  TcpListener::OnAccept Accept() {
    return [this](std::unique_ptr<net::Transport> t) { accepted.push_back(std::move(t)); };
  }
  bool Until(const std::function<bool()>& done) { return loop.RunUntil(done, 5s); }
  void Settle() {
    int rounds = 0;
    Until([&] {
      loop.reactor().Post([] {});
      return ++rounds > 5;
    });
  }
};

TEST_CASE("clients are accepted, IPv4 and IPv6, with their addresses") {
  Fixture f;
  const char* where = GENERATE("127.0.0.1:0", "[::1]:0");
  TcpListener listener(f.loop, std::move(Open(where)[0]), f.Accept());
  CHECK(listener.address().port() != 0);
  RawSocket client = RawSocket::Connect(listener.address());
  REQUIRE(f.Until([&] { return f.accepted.size() == 1; }));
  CHECK(f.accepted[0]->peer() == client.local());
  CHECK(f.accepted[0]->local() == listener.address());
  CHECK(listener.stats().accepted.value() == 1);
}

TEST_CASE("an address without a host takes both families, an IPv4 client as IPv4") {
  Fixture f;
  auto sockets = Open(":0");
  TcpListener listener(f.loop, std::move(sockets[0]), f.Accept());
  CHECK(listener.address().any());
  const uint16_t port = listener.address().port();
  RawSocket v4 = RawSocket::Connect(net::Address(*net::IpAddress::Parse("127.0.0.1"), port));
  REQUIRE(f.Until([&] { return f.accepted.size() == 1; }));
  CHECK(f.accepted[0]->peer().ip().IsV4());
  RawSocket v6 = RawSocket::Connect(net::Address(*net::IpAddress::Parse("::1"), port));
  REQUIRE(f.Until([&] { return f.accepted.size() == 2; }));
  CHECK_FALSE(f.accepted[1]->peer().ip().IsV4());
}

TEST_CASE("[::] leaves IPv4 to others") {
  auto v6 = Open("[::]:0");
  const uint16_t port = v6[0].address().port();
  auto v4 = Open("0.0.0.0:" + std::to_string(port));
  CHECK(v4.size() == 1);
}

TEST_CASE("one socket for each worker on the same port") {
  Fixture f;
  auto sockets = Open("127.0.0.1:0", 2);
  CHECK(sockets[0].address() == sockets[1].address());
  TcpListener first(f.loop, std::move(sockets[0]), f.Accept());
  TcpListener second(f.loop, std::move(sockets[1]), f.Accept());
  std::vector<RawSocket> clients;
  for (int i = 0; i < 64; ++i) clients.push_back(RawSocket::Connect(first.address()));
  REQUIRE(f.Until([&] { return f.accepted.size() == 64; }));
  CHECK(first.stats().accepted.value() > 0);
  CHECK(second.stats().accepted.value() > 0);
}

TEST_CASE("why an address can't be had") {
  ListenError error;
  SECTION("taken, also by somebody who would share") {
    auto held = Open("127.0.0.1:0");
    CHECK(OpenListenSockets(held[0].address(), 2, {}, &error).empty());
    CHECK(error.kind == ListenError::Kind::kInUse);
    CHECK(error.message == "address " + held[0].address().ToString() + " is already in use");
    // Our own older socket, on purpose.
    ListenOptions share;
    share.share = true;
    CHECK(OpenListenSockets(held[0].address(), 2, share, &error).size() == 2);
  }
  SECTION("taken by somebody who would not") {
    testing::RawListener held;
    ListenOptions share;
    share.share = true;
    CHECK(OpenListenSockets(held.address(), 1, share, &error).empty());
    CHECK(error.kind == ListenError::Kind::kInUse);
  }
  SECTION("not ours") {
    CHECK(OpenListenSockets(*net::Address::Parse("192.0.2.1:8080"), 1, {}, &error).empty());
    CHECK(error.kind == ListenError::Kind::kNoSuchAddress);
    CHECK(error.message == "address 192.0.2.1:8080 is not one of this machine");
  }
}

TEST_CASE("a socket that is only bound refuses until it listens") {
  ListenOptions options;
  options.listen = false;
  auto sockets = Open("127.0.0.1:0", 1, options);
  RawSocket early = RawSocket::Connect(sockets[0].address());
  early.Receive();
  CHECK(early.broken());
  ListenError error;
  REQUIRE(StartListening(sockets[0], 16, &error));
  RawSocket late = RawSocket::Connect(sockets[0].address());
  CHECK(late.connected());
}

TEST_CASE("while paused clients wait in the backlog") {
  Fixture f;
  TcpListener listener(f.loop, std::move(Open("127.0.0.1:0")[0]), [&](std::unique_ptr<net::Transport> t) {
    f.accepted.push_back(std::move(t));
    listener.Pause();
  });
  std::vector<RawSocket> clients;
  for (int i = 0; i < 3; ++i) clients.push_back(RawSocket::Connect(listener.address()));
  REQUIRE(f.Until([&] { return f.accepted.size() == 1; }));
  f.Settle();
  CHECK(f.accepted.size() == 1);
  CHECK(clients[2].connected());
  listener.Resume();
  REQUIRE(f.Until([&] { return f.accepted.size() == 2; }));
  listener.Resume();
  REQUIRE(f.Until([&] { return f.accepted.size() == 3; }));
}

TEST_CASE("removal accepts the backlog first: nobody is reset") {
  Fixture f;
  auto listener = std::make_unique<TcpListener>(f.loop, std::move(Open("127.0.0.1:0")[0]), f.Accept());
  listener->Pause();
  std::vector<RawSocket> clients;
  for (int i = 0; i < 100; ++i) {
    clients.push_back(RawSocket::Connect(listener->address()));
    clients.back().Send("hello");
  }
  const net::Address address = listener->address();
  {
    const Turn turn(f.loop);
    listener->CloseAfterDraining();
  }
  CHECK(f.accepted.size() == 100);
  RawSocket late = RawSocket::Connect(address);
  late.Receive();
  CHECK(late.broken());
  listener.reset();
  f.Settle();
  for (RawSocket& client : clients) {
    client.Receive();
    CHECK_FALSE((client.broken() || client.ended()));
  }
}

TEST_CASE("sockets of a kept address stay open while the address's other sockets go: no reset under connect load") {
  Fixture f;
  TcpListener kept(f.loop, std::move(Open("127.0.0.1:0")[0]), f.Accept());
  std::deque<RawSocket> clients;
  for (int round = 0; round < 30; ++round) {
    ListenOptions share;
    share.share = true;
    ListenError error;
    auto more = OpenListenSockets(kept.address(), 1, share, &error);
    REQUIRE(more.size() == 1);
    TcpListener passing(f.loop, std::move(more[0]), f.Accept());
    for (int i = 0; i < 10; ++i) clients.push_back(RawSocket::Connect(kept.address()));
    if (round % 2 == 0) f.Settle();
    const Turn turn(f.loop);
    passing.CloseAfterDraining();
  }
  REQUIRE(f.Until([&] { return f.accepted.size() == clients.size(); }));
  for (RawSocket& client : clients) {
    client.Receive();
    CHECK_FALSE((client.broken() || client.ended()));
  }
}

// THREATS T94. In a process of its own, since the limit holds for all of it.
TEST_CASE("without descriptors the listener rests, clients wait, nobody is dropped, the CPU is idle") {
  const std::string failure = testing::InChild([](testing::Failures& failures) {
    SystemClock clock;
    Loop loop(clock);
    std::deque<std::unique_ptr<net::Transport>> accepted;
    ListenError error;
    auto sockets = OpenListenSockets(*net::Address::Parse("127.0.0.1:0"), 1, {}, &error);
    TcpListener listener(loop, std::move(sockets[0]), [&](auto t) { accepted.push_back(std::move(t)); });
    std::vector<RawSocket> clients;
    for (int i = 0; i < 20; ++i) clients.push_back(RawSocket::Connect(listener.address()));
    const int next = dup(0);
    close(next);
    const rlimit limit{static_cast<rlim_t>(next + 5), static_cast<rlim_t>(next + 5)};
    setrlimit(RLIMIT_NOFILE, &limit);

    loop.RunUntil([&] { return listener.stats().no_descriptor.value() == 2; }, 5s);
    failures.Expect(!accepted.empty() && accepted.size() <= 5, "not as many as there are descriptors");
    const std::clock_t before = std::clock();
    loop.RunUntil([] { return false; }, 300ms);
    const double cpu = static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC;
    failures.Expect(cpu < 0.1, "the CPU is not idle");
    failures.Expect(listener.stats().no_descriptor.value() <= 6, "no rest");
    for (RawSocket& client : clients) {
      client.Receive();
      failures.Expect(!client.broken() && !client.ended(), "a client was dropped");
    }
    size_t served = 0;
    while (served < clients.size()) {
      if (!loop.RunUntil([&] { return !accepted.empty(); }, 5s)) break;
      accepted.pop_front();
      ++served;
    }
    failures.Expect(served == clients.size(), "a waiting client was never accepted");
  });
  CHECK(failure == "");
}

}  // namespace
}  // namespace sp::uv
