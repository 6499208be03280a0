#include "test/support/simulated_network.h"

#include "test/support/catch.h"
#include "test/support/simulated_world.h"

namespace sp::testing {
namespace {

using namespace std::chrono_literals;

// The code under test: a transport and a diary of its events.
struct Endpoint final : net::TransportEvents {
  std::unique_ptr<net::Transport> transport;
  std::string diary;

  void Take(std::unique_ptr<net::Transport> t) {
    transport = std::move(t);
    transport->SetEvents(this);
  }
  void Write(net::Reactor& reactor, std::string_view text) {
    BufferChain chain;
    chain.Append(reactor.slabs().Copy(text));
    transport->Write(std::move(chain));
  }
  void OnBytes(Slice bytes) override { diary += "<" + std::string(bytes.view()) + ">"; }
  void OnEnd() override { diary += "E"; }
  void OnBroken() override { diary += "B"; }
  void OnDrained() override { diary += "D"; }
};

TEST_CASE("bytes go both ways, in events, only while reading") {
  SimulatedWorld world;
  Endpoint code;
  SimulatedPeer client = world.network().Dial([&](auto t) { code.Take(std::move(t)); });
  client.Send("one");
  client.Send("two");
  client.End();
  world.RunUntilIdle();
  CHECK(code.diary.empty());
  CHECK(client.unread_bytes() == 6);
  world.Turn([&] { code.transport->StartReading(); });
  CHECK(code.diary.empty());
  world.RunUntilIdle();
  CHECK(code.diary == "<one><two>E");
  world.Turn([&] { code.Write(world.reactor(), "answer"); });
  CHECK(client.received() == "answer");
  CHECK(client.TakeReceived() == "answer");
  CHECK(client.TakeReceived().empty());
  CHECK_FALSE(client.ended());
  world.Turn([&] { code.transport->CloseWrite(); });
  CHECK(client.ended());
  CHECK_FALSE(client.closed());
  CHECK(code.transport->peer().ToString() == "192.0.2.1:50000");
  CHECK(code.transport->local().ToString() == "192.0.2.80:80");
  code.transport.reset();
  CHECK(client.closed());
  CHECK_FALSE(client.was_reset());
}

TEST_CASE("any split") {
  SimulatedWorld world;
  Endpoint code;
  SimulatedPeer client = world.network().Dial([&](auto t) {
    code.Take(std::move(t));
    code.transport->StartReading();
  });
  client.SendByteByByte("abc");
  world.network().SplitReads(2);
  client.Send("vwxyz");
  world.RunUntilIdle();
  CHECK(code.diary == "<a><b><c><vw><xy><z>");
}

TEST_CASE("a peer that takes slowly") {
  SimulatedWorld world;
  Endpoint code;
  SimulatedPeer client = world.network().Dial([&](auto t) { code.Take(std::move(t)); });
  client.LimitWindow(3);
  world.Turn([&] {
    code.Write(world.reactor(), "hello");
    code.Write(world.reactor(), "!!");
    code.transport->CloseWrite();
  });
  CHECK(client.received() == "hel");
  CHECK(code.transport->pending_write_bytes() == 4);
  world.RunUntilIdle();
  CHECK(code.diary.empty());
  CHECK_FALSE(client.ended());
  client.OpenWindow(3);
  world.RunUntilIdle();
  CHECK(client.received() == "hello!");
  CHECK(code.diary.empty());
  client.UnlimitWindow();
  world.RunUntilIdle();
  CHECK(client.received() == "hello!!");
  CHECK(client.ended());
  CHECK(code.diary == "D");
}

TEST_CASE("a reset is the last event") {
  SimulatedWorld world;
  Endpoint code;
  SimulatedPeer client = world.network().Dial([&](auto t) { code.Take(std::move(t)); });
  SECTION("after the bytes before it, when reading") {
    world.Turn([&] { code.transport->StartReading(); });
    client.Send("x");
    client.Reset();
    client.Send("never");
    world.Turn([&] { code.Write(world.reactor(), "lost"); });
    world.RunUntilIdle();
    CHECK(code.diary == "<x>B");
    CHECK(client.received().empty());
  }
  SECTION("at a write, when not reading") {
    client.Reset();
    world.RunUntilIdle();
    CHECK(code.diary.empty());
    world.Turn([&] {
      code.Write(world.reactor(), "lost");
      CHECK(code.diary.empty());
    });
    CHECK(code.diary == "B");
  }
  SECTION("while a write is pending") {
    client.LimitWindow(0);
    world.Turn([&] { code.Write(world.reactor(), "lost"); });
    client.Reset();
    world.RunUntilIdle();
    CHECK(code.diary == "B");
  }
  SECTION("of ours") {
    code.transport->ResetOnClose();
    code.transport.reset();
    CHECK(client.was_reset());
    CHECK_FALSE(client.ended());
  }
}

TEST_CASE("connects: accepted, refused, held, cancelled") {
  SimulatedWorld world;
  SimulatedNetwork& network = world.network();
  Endpoint code;
  std::string result;
  const auto done = [&](std::unique_ptr<net::Transport> t, net::ConnectError error) {
    result += t ? "connected" : "failed " + std::to_string(static_cast<int>(error));
    if (t) code.Take(std::move(t));
  };
  const net::Address address = *net::Address::Parse("127.0.0.1:9001");
  SECTION("nobody there") {
    const auto handle = network.Connect(address, done);
    CHECK(result.empty());
    world.RunUntilIdle();
    CHECK(result == "failed " + std::to_string(static_cast<int>(net::ConnectError::kRefused)));
  }
  SECTION("a scripted server") {
    SimulatedServer& server = network.Serve("127.0.0.1:9001");
    server.OnConnection(
        [](SimulatedPeer peer) { peer.OnReceive([](SimulatedPeer p) { p.Send("re: " + p.TakeReceived()); }); });
    const auto handle = network.Connect(address, done);
    world.RunUntilIdle();
    CHECK(result == "connected");
    world.Turn([&] {
      code.transport->StartReading();
      code.Write(world.reactor(), "question");
    });
    world.RunUntilIdle();
    CHECK(code.diary == "<re: question>");
    CHECK(server.count() == 1);
    CHECK(server.open_count() == 1);
    code.transport.reset();
    CHECK(server.open_count() == 0);
  }
  SECTION("held, then accepted") {
    network.Serve("127.0.0.1:9001").Hold();
    auto handle = network.Connect(address, done);
    const auto other = network.Connect(address, done);
    world.Advance(5s);
    CHECK(result.empty());
    handle.reset();
    network.Serve("127.0.0.1:9001").Accept();
    world.RunUntilIdle();
    CHECK(result == "connected");
    CHECK(network.Serve("127.0.0.1:9001").attempts() == 2);
  }
  SECTION("failing as asked") {
    network.Serve("127.0.0.1:9001").Fail(net::ConnectError::kNoDescriptor);
    const auto handle = network.Connect(address, done);
    world.RunUntilIdle();
    CHECK(result == "failed " + std::to_string(static_cast<int>(net::ConnectError::kNoDescriptor)));
  }
}

TEST_CASE("time passes timer by timer, and posts are run") {
  SimulatedWorld world;
  struct Tick {
    SimulatedWorld* world;
    std::vector<Duration> at;
    TimePoint start;
    Timer timer;
  } tick{&world, {}, world.clock().Now(), {}};
  tick.timer.Bind(
      [](void* self) {
        auto* t = static_cast<Tick*>(self);
        t->at.push_back(t->world->reactor().now() - t->start);
        t->world->reactor().timers().Start(t->timer, t->world->reactor().now() + 300ms);
      },
      &tick);
  world.Turn([&] { world.reactor().timers().Start(tick.timer, world.reactor().now() + 300ms); });
  world.Advance(1s);
  CHECK(tick.at == std::vector<Duration>{300ms, 600ms, 900ms});
  CHECK(world.clock().Now() - tick.start == 1s);
  int posted = 0;
  world.reactor().Post([&] { ++posted; });
  world.RunUntilIdle();
  CHECK(posted == 1);
}

}  // namespace
}  // namespace sp::testing
