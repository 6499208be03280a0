#include "core/net/uv/connector.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "core/net/uv/native.h"
#include "test/support/catch.h"
#include "test/support/child.h"
#include "test/support/raw_socket.h"

namespace sp::uv {
namespace {

using namespace std::chrono_literals;
using net::ConnectError;
using testing::RawListener;
using testing::RawSocket;

struct Outcome {
  int calls = 0;
  std::unique_ptr<net::Transport> transport;
  ConnectError error = ConnectError::kNone;
  net::Connector::Done Done() {
    return [this](std::unique_ptr<net::Transport> t, ConnectError e) {
      ++calls;
      transport = std::move(t);
      error = e;
    };
  }
};

TEST_CASE("a connection is made, with no delay for small writes") {
  SystemClock clock;
  Loop loop(clock);
  TcpConnector connector(loop);
  RawListener server;
  Outcome outcome;
  auto handle = connector.Connect(server.address(), outcome.Done());
  CHECK(outcome.calls == 0);
  REQUIRE(loop.RunUntil([&] { return outcome.calls == 1; }, 5s));
  REQUIRE(outcome.transport != nullptr);
  CHECK(outcome.error == ConnectError::kNone);
  CHECK(outcome.transport->peer() == server.address());
  RawSocket accepted = server.Accept();
  {
    const Turn turn(loop);
    BufferChain chain;
    chain.Append(Slice::FromStatic("hello"));
    outcome.transport->Write(std::move(chain));
  }
  REQUIRE(loop.RunUntil([&] { return accepted.Receive() == "hello"; }, 5s));
  handle.reset();
  outcome.transport.reset();
  REQUIRE(loop.RunUntil(
      [&] {
        accepted.Receive();
        return accepted.ended();
      },
      5s));
}

TEST_CASE("nobody there is kRefused") {
  SystemClock clock;
  Loop loop(clock);
  TcpConnector connector(loop);
  net::Address nobody;
  { nobody = RawListener().address(); }
  Outcome outcome;
  const auto handle = connector.Connect(nobody, outcome.Done());
  REQUIRE(loop.RunUntil([&] { return outcome.calls == 1; }, 5s));
  CHECK(outcome.transport == nullptr);
  CHECK(outcome.error == ConnectError::kRefused);
}

TEST_CASE("an attempt that is given up never tells") {
  SystemClock clock;
  Loop loop(clock);
  TcpConnector connector(loop);
  RawListener server;
  Outcome outcome;
  auto handle = connector.Connect(server.address(), outcome.Done());
  handle.reset();
  int turns = 0;
  loop.RunUntil(
      [&] {
        loop.reactor().Post([] {});
        return ++turns > 5;
      },
      5s);
  CHECK(outcome.calls == 0);
}

TEST_CASE("the attempt may be given up from within its callback") {
  SystemClock clock;
  Loop loop(clock);
  TcpConnector connector(loop);
  RawListener server;
  std::unique_ptr<net::Transport> transport;
  std::unique_ptr<net::Connector::Handle> handle;
  std::string captured = "a capture that must live as long as the callback runs";
  handle = connector.Connect(server.address(), [&, captured](auto t, ConnectError) {
    handle.reset();
    transport = std::move(t);
    CHECK(captured.size() > 10);
  });
  REQUIRE(loop.RunUntil([&] { return transport != nullptr; }, 5s));
}

// In a process of its own, since the limit holds for all of it.
TEST_CASE("no descriptor left is kNoDescriptor, told in a later turn") {
  const std::string failure = testing::InChild([](testing::Failures& failures) {
    SystemClock clock;
    Loop loop(clock);
    TcpConnector connector(loop);
    RawListener server;
    const int spare = dup(0);
    close(spare);
    const rlimit limit{static_cast<rlim_t>(spare), static_cast<rlim_t>(spare)};
    setrlimit(RLIMIT_NOFILE, &limit);
    Outcome outcome;
    const auto handle = connector.Connect(server.address(), outcome.Done());
    failures.Expect(outcome.calls == 0, "told from within Connect");
    loop.RunUntil([&] { return outcome.calls == 1; }, 5s);
    failures.Expect(outcome.calls == 1 && outcome.transport == nullptr, "no outcome");
    failures.Expect(outcome.error == ConnectError::kNoDescriptor, "another error");
  });
  CHECK(failure.empty());
}

}  // namespace
}  // namespace sp::uv
