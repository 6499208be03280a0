#include "core/net/uv/signals.h"

#include <csignal>

#include "test/support/catch.h"

namespace sp::uv {
namespace {

using namespace std::chrono_literals;

TEST_CASE("each signal has its watcher") {
  SystemClock clock;
  Loop loop(clock);
  int hangups = 0, others = 0;
  SignalWatcher hangup(loop, SIGHUP, [&] { ++hangups; });
  SignalWatcher other(loop, SIGUSR1, [&] { ++others; });
  std::raise(SIGHUP);
  REQUIRE(loop.RunUntil([&] { return hangups == 1; }, 5s));
  std::raise(SIGUSR1);
  REQUIRE(loop.RunUntil([&] { return others == 1; }, 5s));
  CHECK(hangups == 1);
}

}  // namespace
}  // namespace sp::uv
