// Time. Protocol and policy code never asks the system for the time: it is given `now`, which stands still within a
// loop turn. Clock is what a turn reads once; SimulatedClock is what tests turn by hand.
#pragma once

#include <chrono>
#include <cstdint>

namespace sp {

using Duration = std::chrono::nanoseconds;
// Monotonic time since an arbitrary start: for timers, limits, latencies.
struct MonotonicEpoch {
  using rep = int64_t;
  using period = std::nano;
  using duration = Duration;
  using time_point = std::chrono::time_point<MonotonicEpoch, Duration>;
  static constexpr bool is_steady = true;
};
using TimePoint = std::chrono::time_point<MonotonicEpoch, Duration>;
// Wall-clock nanoseconds since 1970-01-01 UTC: for logs, `exp`, `Date`.
using WallTime = std::chrono::time_point<std::chrono::system_clock, Duration>;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint Now() const = 0;
  virtual WallTime Wall() const = 0;
};

class SystemClock final : public Clock {
 public:
  TimePoint Now() const override {
    return TimePoint(std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
  }
  WallTime Wall() const override { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }
};

class SimulatedClock final : public Clock {
 public:
  TimePoint Now() const override { return now_; }
  WallTime Wall() const override { return wall_; }
  void Advance(Duration d) {
    now_ += d;
    wall_ += d;
  }
  void SetWall(WallTime wall) { wall_ = wall; }

 private:
  TimePoint now_{std::chrono::seconds(1000)};
  WallTime wall_{std::chrono::seconds(1'700'000'000)};
};

}  // namespace sp
