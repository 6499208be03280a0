// How many system calls a relayed request costs, counted by strace where that may be used: the loop under test runs in
// a process of its own (this program again, with the hidden test below), the test is its client and its backend.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <sstream>
#include <thread>

#include "core/net/uv/connector.h"
#include "core/net/uv/loop.h"
#include "test/support/catch.h"
#include "test/support/raw_socket.h"

namespace sp::uv {
namespace {

using namespace std::chrono_literals;
using testing::RawListener;
using testing::RawSocket;

constexpr int kRequests = 200;
constexpr const char* kAddresses[2] = {"SALLYPORT_TEST_CLIENT", "SALLYPORT_TEST_BACKEND"};

// One side of a relay: what it reads is written to the other side at the end of the turn, as a proxy does it.
struct Side final : net::TransportEvents {
  std::unique_ptr<net::Transport> transport;
  Side* other = nullptr;
  net::Reactor* reactor = nullptr;
  BufferChain waiting;
  bool ended = false;
  net::EndOfTurnTask flush{[](void* self) {
                             auto* side = static_cast<Side*>(self);
                             side->other->transport->Write(std::move(side->waiting));
                           },
                           this};
  void OnBytes(Slice bytes) override {
    waiting.Append(std::move(bytes));
    reactor->AtEndOfTurn(flush);
  }
  void OnEnd() override { ended = true; }
  void OnBroken() override { ended = true; }
  void OnDrained() override {}
};

TEST_CASE("relay", "[.relay]") {
  SystemClock clock;
  Loop loop(clock);
  TcpConnector connector(loop);
  Side sides[2];
  std::unique_ptr<net::Connector::Handle> handles[2];
  for (int i = 0; i < 2; ++i) {
    sides[i].other = &sides[1 - i];
    sides[i].reactor = &loop.reactor();
    const char* address = std::getenv(kAddresses[i]);
    REQUIRE(address != nullptr);
    handles[i] = connector.Connect(*net::Address::Parse(address), [&sides, i](auto transport, net::ConnectError) {
      sides[i].transport = std::move(transport);
      sides[i].transport->SetEvents(&sides[i]);
    });
  }
  REQUIRE(loop.RunUntil([&] { return sides[0].transport && sides[1].transport; }, 20s));
  for (Side& side : sides) side.transport->StartReading();
  CHECK(loop.RunUntil([&] { return sides[0].ended; }, 60s));
}

// Lines of the trace that start with any of the calls' names and end with `result`.
size_t Count(const std::string& trace, std::initializer_list<std::string_view> calls, std::string_view result = {}) {
  std::istringstream lines(trace);
  size_t count = 0;
  for (std::string line; std::getline(lines, line);) {
    const std::string_view view = line;
    for (const std::string_view call : calls) count += view.starts_with(call) && view.ends_with(result) ? 1 : 0;
  }
  return count;
}

bool IsAlive(pid_t child) {
  siginfo_t info{};
  return waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == 0;
}

// Waits until `done`, as long as the child lives. There is no loop here to wait in.
bool Await(pid_t child, const std::function<bool()>& done) {
  const auto end = std::chrono::steady_clock::now() + 30s;
  while (!done()) {
    if (std::chrono::steady_clock::now() > end || !IsAlive(child)) return done();
    std::this_thread::yield();
  }
  return true;
}

// The child's system calls while it relays kRequests requests; empty if it can't be traced.
std::string TraceRelay() {
  RawListener listeners[2];
  const std::string trace = "/tmp/sallyport-strace-" + std::to_string(getpid());
  const std::string self = std::filesystem::read_symlink("/proc/self/exe");
  const pid_t child = fork();
  if (child == 0) {
    for (int i = 0; i < 2; ++i) setenv(kAddresses[i], listeners[i].address().ToString().c_str(), 1);
    setenv("ASAN_OPTIONS", "detect_leaks=0", 1);  // it can't under ptrace
    if (std::freopen("/dev/null", "w", stdout) == nullptr) _exit(127);
    execlp("strace", "strace", "-qq", "-o", trace.c_str(), self.c_str(), "[.relay]", nullptr);
    _exit(127);
  }
  RawSocket peers[2];
  bool served = true;
  for (int i = 0; i < 2 && served; ++i) {
    served = Await(child, [&] { return listeners[i].HasClient(); });
    if (served) peers[i] = listeners[i].Accept();
  }
  const std::string message(100, 'x');
  for (int i = 0; i < kRequests && served; ++i) {
    for (int from = 0; from < 2 && served; ++from) {
      RawSocket& to = peers[1 - from];
      peers[from].Send(message);
      served = Await(child, [&] { return to.Receive().size() == message.size(); });
      to.Take();
    }
  }
  peers[0].Close();
  waitpid(child, nullptr, 0);
  std::ifstream file(trace);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  unlink(trace.c_str());
  return served ? text : std::string();
}

TEST_CASE("a relayed request is two reads and two writes, and no change of what is polled") {
  const std::string trace = TraceRelay();
  if (trace.empty()) {
    WARN("strace is missing or may not trace here: not counted");
    return;
  }
  // Others than these are the sanitizers' and the libraries'.
  CHECK(Count(trace, {"write(", "writev(", "sendmsg("}, "= 100") == 2 * kRequests);
  CHECK(Count(trace, {"read(", "recv"}, "= 100") == 2 * kRequests);
  CHECK(Count(trace, {"read(", "recv"}, "EAGAIN (Resource temporarily unavailable)") <= 5);
  CHECK(Count(trace, {"epoll_wait", "epoll_pwait"}) <= 2 * kRequests + 20);
  CHECK(Count(trace, {"epoll_ctl"}) <= 30);
}

}  // namespace
}  // namespace sp::uv
