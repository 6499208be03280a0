#include "test/support/simulated_world.h"

#include <cstdio>
#include <cstdlib>

namespace sp::testing {

SimulatedWorld::SimulatedWorld() : reactor_(clock_), network_(reactor_) {
  reactor_.set_connector(network_);
  reactor_.set_wake([this] { woken_ = true; });
}

void SimulatedWorld::Turn(const std::function<void()>& work) {
  reactor_.BeginTurn();
  work();
  reactor_.EndTurn();
}

bool SimulatedWorld::Step() {
  if (woken_.exchange(false)) {
    Turn([this] { reactor_.RunPosted(); });
    return true;
  }
  const auto wake = reactor_.timers().NextWake();
  if (wake && *wake <= clock_.Now()) {
    Turn([this] { reactor_.RunTimers(); });
    return true;
  }
  return network_.Step();
}

void SimulatedWorld::RunUntilIdle() {
  for (int steps = 0; Step(); ++steps) {
    if (steps < 10'000'000) continue;
    std::fputs("SimulatedWorld: never comes to rest\n", stderr);
    std::abort();
  }
}

void SimulatedWorld::Advance(Duration d) {
  const TimePoint target = clock_.Now() + d;
  for (;;) {
    RunUntilIdle();
    const auto wake = reactor_.timers().NextWake();
    if (!wake || *wake > target) break;
    clock_.Advance(*wake - clock_.Now());
  }
  clock_.Advance(target - clock_.Now());
  RunUntilIdle();
}

}  // namespace sp::testing
