// SimulatedWorld: a clock, a reactor and a network for tests of code that lives on a worker. Nothing happens but what
// the test asks for.
//
//   SimulatedWorld world;
//   … world.network().Dial(…), Serve(…)
//   world.RunUntilIdle();              // all that can happen without time passing
//   world.Advance(5s);                 // timers fire, each at its own time
//
// The code under test is destroyed before the world. One thread, but for Reactor::Post.
#pragma once

#include <atomic>
#include <functional>

#include "core/base/clock.h"
#include "core/net/reactor.h"
#include "test/support/simulated_network.h"

namespace sp::testing {

class SimulatedWorld {
 public:
  SimulatedWorld();
  SimulatedWorld(const SimulatedWorld&) = delete;
  SimulatedWorld& operator=(const SimulatedWorld&) = delete;

  SimulatedClock& clock() { return clock_; }
  net::Reactor& reactor() { return reactor_; }
  SimulatedNetwork& network() { return network_; }

  // Runs `work` as one event.
  void Turn(const std::function<void()>& work);
  // Handles posts, due timers and network events until none is left. Aborts if that never ends.
  void RunUntilIdle();
  // Lets `d` pass: comes to rest, moves to the next timer, comes to rest, and so on.
  void Advance(Duration d);

 private:
  bool Step();

  SimulatedClock clock_;
  net::Reactor reactor_;
  SimulatedNetwork network_;
  std::atomic<bool> woken_{false};
};

}  // namespace sp::testing
