#include "core/net/uv/loop.h"

#include <thread>
#include <vector>

#include "test/support/catch.h"

namespace sp::uv {
namespace {

using namespace std::chrono_literals;

TEST_CASE("posts from other threads wake the loop; Stop ends Run") {
  SystemClock clock;
  Loop loop(clock);
  int ran = 0;
  std::thread other([&] {
    for (int i = 0; i < 1000; ++i) loop.reactor().Post([&] { ++ran; });
    loop.reactor().Post([&] { loop.Stop(); });
  });
  loop.Run();
  other.join();
  CHECK(ran == 1000);
}

TEST_CASE("Stop from another thread, and before Run") {
  SystemClock clock;
  Loop loop(clock);
  std::thread other([&] { loop.Stop(); });
  loop.Run();
  other.join();
  loop.Stop();
  loop.Run();
}

struct Fired {
  Loop* loop;
  TimePoint deadline;
  std::vector<int>* order;
  int id;
  bool early = false;
  Timer timer;
  static void Fire(void* self) {
    auto* fired = static_cast<Fired*>(self);
    fired->order->push_back(fired->id);
    fired->early = fired->loop->reactor().now() < fired->deadline;
  }
  void Start(Duration in) {
    deadline = loop->reactor().clock().Now() + in;
    timer.Bind(Fire, this);
    loop->reactor().timers().Start(timer, deadline);
  }
};

TEST_CASE("timers fire in order and never early, also when an earlier one comes later") {
  SystemClock clock;
  Loop loop(clock);
  std::vector<int> order;
  Fired late{&loop, {}, &order, 3, false, {}}, middle{&loop, {}, &order, 2, false, {}};
  Fired soon{&loop, {}, &order, 1, false, {}}, cancelled{&loop, {}, &order, 9, false, {}};
  late.Start(60ms);
  middle.Start(30ms);
  cancelled.Start(20ms);
  loop.reactor().Post([&] {
    soon.Start(10ms);
    cancelled.timer.Cancel();
  });
  REQUIRE(loop.RunUntil([&] { return order.size() == 3; }, 5s));
  CHECK(order == std::vector<int>{1, 2, 3});
  CHECK_FALSE((late.early || middle.early || soon.early));
}

TEST_CASE("RunUntil gives up at its limit") {
  SystemClock clock;
  Loop loop(clock);
  const TimePoint start = clock.Now();
  CHECK_FALSE(loop.RunUntil([] { return false; }, 20ms));
  CHECK(clock.Now() - start >= 20ms);
}

TEST_CASE("what is posted to a loop that ends is destroyed") {
  SystemClock clock;
  auto token = std::make_shared<int>(0);
  {
    Loop loop(clock);
    loop.reactor().Post([token] { ++*token; });
  }
  CHECK(token.use_count() == 1);
  CHECK(*token == 0);
}

}  // namespace
}  // namespace sp::uv
