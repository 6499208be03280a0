#include "core/net/uv/tcp.h"

#include <sys/socket.h>
#include <unistd.h>

#include "core/net/uv/native.h"
#include "test/support/catch.h"
#include "test/support/raw_socket.h"

namespace sp::uv {
namespace {

using namespace std::chrono_literals;
using testing::RawListener;
using testing::RawSocket;

constexpr Duration kLimit = 10s;

// A connection under test, the raw peer of it, and a diary of its events.
struct Fixture final : net::TransportEvents {
  SystemClock clock;
  Loop loop{clock};
  RawSocket peer;
  std::unique_ptr<Tcp> tcp;
  std::string got;     // bytes
  std::string events;  // E end, B broken, D drained
  size_t reads = 0, largest_read = 0;
  bool stop_after_read = false;

  // `receive_buffer` of the peer, to make it take little.
  explicit Fixture(int receive_buffer = 0) {
    RawListener listener;
    peer = RawSocket::Connect(listener.address(), receive_buffer);
    RawSocket accepted = listener.Accept();
    // Tcp owns a descriptor of its own.
    tcp = Tcp::Adopt(loop, dup(accepted.fd()), peer.local());
    REQUIRE(tcp != nullptr);
    tcp->SetEvents(this);
  }
  void OnBytes(Slice bytes) override {
    got += bytes.view();
    ++reads;
    largest_read = std::max(largest_read, bytes.size());
    if (stop_after_read) tcp->StopReading();
  }
  void OnEnd() override { events += 'E'; }
  void OnBroken() override { events += 'B'; }
  void OnDrained() override { events += 'D'; }

  // Asks again and again, as `done` may have to move the peer.
  bool Until(const std::function<bool()>& done) {
    return loop.RunUntil(
        [&] {
          loop.reactor().Post([] {});
          return done();
        },
        kLimit);
  }
  // Lets everything that is ready happen.
  void Settle() {
    int rounds = 0;
    CHECK(loop.RunUntil(
        [&] {
          if (rounds < 3) loop.reactor().Post([] {});
          return ++rounds > 3;
        },
        kLimit));
  }
  void Write(std::string_view text) {
    const Turn turn(loop);
    BufferChain chain;
    chain.Append(loop.reactor().slabs().Copy(text));
    tcp->Write(std::move(chain));
  }
};

// Bytes whose order and loss would show.
std::string Pattern(size_t size) {
  std::string text(size, '\0');
  for (size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + (i * 7 + i / 251) % 26);
  return text;
}

TEST_CASE("bytes come in once reading is on, and go out at once") {
  Fixture f;
  f.peer.Send("hello");
  f.Settle();
  CHECK(f.got.empty());
  f.tcp->StartReading();
  REQUIRE(f.Until([&] { return f.got == "hello"; }));
  f.Write("world");
  CHECK(f.tcp->pending_write_bytes() == 0);
  REQUIRE(f.Until([&] { return f.peer.Receive() == "world"; }));
  CHECK(f.events.empty());
  CHECK(f.tcp->peer() == f.peer.local());
  CHECK(f.tcp->local().ip().IsLoopback());
  CHECK(f.tcp->local().port() != 0);
}

TEST_CASE("large input arrives exactly, in larger reads once a read was full") {
  Fixture f;
  f.tcp->StartReading();
  const std::string sent = Pattern(3 << 20);
  size_t offset = 0;
  REQUIRE(f.Until([&] {
    offset += f.peer.Send(std::string_view(sent).substr(offset));
    return f.got.size() == sent.size();
  }));
  CHECK(f.got == sent);
  CHECK(f.largest_read > SlabPool::kMedium);
  CHECK(f.loop.reactor().slabs().slabs_in_use() <= 1);  // the read slab; none held for the connection
}

TEST_CASE("stopped reading stays stopped, costs nothing to turn on again, and loses nothing") {
  Fixture f;
  f.stop_after_read = true;
  f.tcp->StartReading();
  f.peer.Send("one");
  REQUIRE(f.Until([&] { return f.got == "one"; }));
  f.peer.Send("two");
  f.Settle();
  CHECK(f.got == "one");
  f.tcp->StartReading();
  REQUIRE(f.Until([&] { return f.got == "onetwo"; }));
  f.tcp->StartReading();
  f.tcp->StopReading();
  f.tcp->StartReading();
  f.peer.Send("three");
  REQUIRE(f.Until([&] { return f.got == "onetwothree"; }));
}

TEST_CASE("a full read after which reading is stopped is not followed by another") {
  Fixture f;
  f.stop_after_read = true;
  const std::string sent = Pattern(200'000);
  REQUIRE(f.peer.Send(sent) > 2 * SlabPool::kLarge);
  f.tcp->StartReading();
  REQUIRE(f.Until([&] { return f.reads == 1; }));
  f.Settle();
  CHECK(f.reads == 1);
  CHECK(f.got.size() <= SlabPool::kLarge);
}

TEST_CASE("a slow reader: the rest is pending, then drained, byte for byte") {
  Fixture f(4096);
  const std::string sent = Pattern(4 << 20);
  // In many slices, so that several writes are needed.
  {
    const Turn turn(f.loop);
    BufferChain chain;
    for (size_t i = 0; i < sent.size(); i += 8000) {
      chain.Append(f.loop.reactor().slabs().Copy(std::string_view(sent).substr(i, 8000)));
    }
    f.tcp->Write(std::move(chain));
  }
  CHECK(f.tcp->pending_write_bytes() > 0);
  CHECK(f.events.empty());
  f.Write("and a bit");
  f.tcp->CloseWrite();
  REQUIRE(f.Until([&] {
    f.peer.Receive(50'000);
    return f.peer.ended();
  }));
  CHECK(f.peer.Take() == sent + "and a bit");
  CHECK(f.events == "D");
  CHECK(f.tcp->pending_write_bytes() == 0);
  CHECK(f.loop.reactor().slabs().bytes_in_use() <= SlabPool::kLarge);
}

TEST_CASE("half-close by the peer: the end is told, writing goes on") {
  Fixture f;
  f.tcp->StartReading();
  f.peer.Send("request");
  f.peer.ShutdownWrite();
  REQUIRE(f.Until([&] { return f.events == "E"; }));
  CHECK(f.got == "request");
  f.Write("response");
  REQUIRE(f.Until([&] { return f.peer.Receive() == "response"; }));
  f.tcp->StartReading();  // nothing more to read: no event, no spinning
  f.Settle();
  CHECK(f.events == "E");
  f.tcp->CloseWrite();
  REQUIRE(f.Until([&] {
    f.peer.Receive();
    return f.peer.ended();
  }));
}

TEST_CASE("an end that comes while reading is stopped is told when it starts again") {
  Fixture f;
  f.stop_after_read = true;
  f.tcp->StartReading();
  f.peer.Send("last");
  f.tcp->CloseWrite();
  f.peer.Close();  // both sides are shut now: a hang-up for the poller
  REQUIRE(f.Until([&] { return f.got == "last"; }));
  f.Settle();
  CHECK(f.events.empty());
  {
    const Turn turn(f.loop);
    f.tcp->StartReading();
    CHECK(f.events.empty());  // never from within a call
  }
  REQUIRE(f.Until([&] { return !f.events.empty(); }));
  CHECK(f.events == "E");
}

TEST_CASE("a reset is OnBroken, once, also right behind bytes") {
  Fixture f;
  SECTION("alone") {
    f.tcp->StartReading();
    f.peer.Reset();
    REQUIRE(f.Until([&] { return f.events == "B"; }));
  }
  SECTION("behind bytes that are read in the same event") {
    f.peer.Send("truncated answ");
    f.peer.Reset();
    f.tcp->StartReading();
    REQUIRE(f.Until([&] { return !f.events.empty(); }));
    CHECK(f.got == "truncated answ");
    CHECK(f.events == "B");
  }
  SECTION("while a write is pending and nobody reads") {
    f.Write(Pattern(20 << 20));
    REQUIRE(f.tcp->pending_write_bytes() > 0);
    f.peer.Reset();
    REQUIRE(f.Until([&] { return f.events == "B"; }));
    CHECK(f.tcp->pending_write_bytes() == 0);
  }
  f.Settle();
  CHECK(f.events == "B");
  f.Write("dropped");
  f.tcp->StartReading();
  f.Settle();
  CHECK(f.events == "B");
}

TEST_CASE("an early answer is read although the write behind it failed") {
  Fixture f;
  f.peer.Send("413 early");
  // Unread bytes of ours make the peer's close a reset.
  f.Write("upload, first part");
  f.Settle();
  f.peer.Close();
  f.tcp->StartReading();
  f.Write("upload, second part");
  CHECK(f.events.empty());
  REQUIRE(f.Until([&] { return !f.events.empty(); }));
  CHECK(f.got == "413 early");
  CHECK(f.events == "B");
}

TEST_CASE("a write to a connection that was reset breaks it, after the call") {
  Fixture f;
  f.peer.Reset();
  f.Settle();
  {
    const Turn turn(f.loop);
    for (int i = 0; i < 3; ++i) {
      BufferChain chain;
      chain.Append(f.loop.reactor().slabs().Copy("x"));
      f.tcp->Write(std::move(chain));
    }
    CHECK(f.events.empty());
  }
  CHECK(f.events == "B");
}

TEST_CASE("destroying closes: in order, or by reset where asked, with writes pending too") {
  Fixture f;
  SECTION("in order") {
    f.tcp.reset();
    REQUIRE(f.Until([&] {
      f.peer.Receive();
      return f.peer.ended();
    }));
  }
  SECTION("by reset") {
    f.tcp->ResetOnClose();
    f.tcp.reset();
    REQUIRE(f.Until([&] {
      f.peer.Receive();
      return f.peer.broken();
    }));
  }
  SECTION("with writes pending") {
    f.Write(Pattern(20 << 20));
    REQUIRE(f.tcp->pending_write_bytes() > 0);
    f.tcp.reset();
    CHECK(f.loop.reactor().slabs().slabs_in_use() == 0);
    REQUIRE(f.Until([&] {
      f.peer.Receive();
      f.peer.Take();
      return f.peer.ended() || f.peer.broken();
    }));
  }
}

TEST_CASE("an owner may go within the event, by way of the reactor") {
  struct Owner final : net::Disposable, net::TransportEvents {
    std::unique_ptr<net::Transport> transport;
    net::Reactor* reactor = nullptr;
    std::unique_ptr<net::Disposable>* self = nullptr;
    void OnBytes(Slice) override { reactor->Destroy(std::move(*self)); }
    void OnEnd() override {}
    void OnBroken() override {}
    void OnDrained() override {}
  };
  Fixture f;
  auto owner = std::make_unique<Owner>();
  owner->transport = std::move(f.tcp);
  owner->reactor = &f.loop.reactor();
  owner->transport->SetEvents(owner.get());
  owner->transport->StartReading();
  Owner* raw = owner.get();
  std::unique_ptr<net::Disposable> held = std::move(owner);
  raw->self = &held;
  f.peer.Send("x");
  REQUIRE(f.Until([&] {
    f.peer.Receive();
    return f.peer.ended();
  }));
  CHECK(held == nullptr);
}

TEST_CASE("an idle connection is small") {
  INFO(sizeof(Tcp) << " + " << sizeof(TcpHandle));
  CHECK(sizeof(Tcp) + sizeof(TcpHandle) <= 512);
}

}  // namespace
}  // namespace sp::uv
