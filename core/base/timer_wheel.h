// TimerWheel: all deadlines of one worker; one event-loop timer drives it. Start, cancel and move are a few pointer
// writes and allocate nothing. Resolution 1 ms, rounded up: a timer never fires early. Horizon 2^32 ms; later
// deadlines are clamped to it. Not thread-safe.
//
//   Timer idle([](void* self) { static_cast<Connection*>(self)->OnIdle(); }, this);
//   wheel.Start(idle, now + 5s);      // restarting a pending timer moves it
//   wheel.Advance(now);               // fires what is due, in order of deadline (ties: order of start)
//
// A callback may start, cancel or destroy any timer, itself included. A Timer cancels itself when it is destroyed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/base/clock.h"

namespace sp {

class TimerWheel;

class Timer {
 public:
  using Callback = void (*)(void* context);
  Timer() = default;
  Timer(Callback callback, void* context) : callback_(callback), context_(context) {}
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer() { Cancel(); }
  void Bind(Callback callback, void* context) {
    callback_ = callback;
    context_ = context;
  }
  bool pending() const { return wheel_ != nullptr; }
  TimePoint deadline() const { return deadline_; }
  void Cancel();

 private:
  friend class TimerWheel;
  Callback callback_ = nullptr;
  void* context_ = nullptr;
  TimerWheel* wheel_ = nullptr;  // set while pending
  Timer* previous_ = nullptr;
  Timer* next_ = nullptr;
  TimePoint deadline_{};
  uint64_t tick_ = 0;
  uint32_t slot_ = 0;
};

class TimerWheel {
 public:
  explicit TimerWheel(TimePoint start);
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;
  ~TimerWheel();

  void Start(Timer& timer, TimePoint deadline);
  // Fires every timer whose deadline is ≤ now.
  void Advance(TimePoint now);
  // A time at which Advance should be called next: never later than the earliest deadline, possibly earlier (by a
  // level's cascade). Nothing while no timer is pending.
  std::optional<TimePoint> NextWake() const;
  size_t pending() const { return pending_; }

 private:
  friend class Timer;
  static constexpr int kLevels = 4;
  static constexpr int kBits = 8;
  static constexpr uint32_t kSlots = 1u << kBits;

  struct Slot {
    Timer* first = nullptr;
    Timer* last = nullptr;
  };
  void Insert(Timer& timer);
  void Remove(Timer& timer);
  void Cascade(int level);
  void FireSlot(uint32_t slot);
  uint64_t TickOf(TimePoint t) const;

  Slot slots_[kLevels * kSlots];
  uint64_t bitmap_[kLevels][kSlots / 64] = {};
  TimePoint start_;
  uint64_t tick_ = 0;  // every tick ≤ tick_ has been fired
  size_t pending_ = 0;
  Slot firing_;
};

}  // namespace sp
