#include "core/base/timer_wheel.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <utility>

namespace sp {
namespace {

constexpr Duration kTick = std::chrono::milliseconds(1);
constexpr uint64_t kHorizon = 0xffff'ffffu;

}  // namespace

void Timer::Cancel() {
  if (wheel_ != nullptr) wheel_->Remove(*this);
}

TimerWheel::TimerWheel(TimePoint start) : start_(start) {}

TimerWheel::~TimerWheel() {
  for (Slot& slot : slots_) {
    while (slot.first != nullptr) Remove(*slot.first);
  }
  while (firing_.first != nullptr) Remove(*firing_.first);
}

// Rounded up, so that no timer fires early.
uint64_t TimerWheel::TickOf(TimePoint t) const {
  if (t <= start_) return 0;
  return static_cast<uint64_t>((t - start_ + kTick - Duration(1)) / kTick);
}

void TimerWheel::Start(Timer& timer, TimePoint deadline) {
  timer.Cancel();
  timer.deadline_ = deadline;
  timer.tick_ = std::clamp(TickOf(deadline), tick_ + 1, tick_ + kHorizon);
  timer.wheel_ = this;
  ++pending_;
  Insert(timer);
}

// Level n holds the timers whose tick first differs from tick_ in byte n; a slot is the value of that byte.
void TimerWheel::Insert(Timer& timer) {
  const uint64_t differing = timer.tick_ ^ tick_;
  int level = differing == 0 ? 0 : (63 - std::countl_zero(differing)) / kBits;
  level = std::min(level, kLevels - 1);
  const auto index = static_cast<uint32_t>((timer.tick_ >> (level * kBits)) & (kSlots - 1));
  timer.slot_ = static_cast<uint32_t>(level) * kSlots + index;
  Slot& slot = slots_[timer.slot_];
  timer.next_ = nullptr;
  timer.previous_ = slot.last;
  (slot.last != nullptr ? slot.last->next_ : slot.first) = &timer;
  slot.last = &timer;
  bitmap_[level][index / 64] |= uint64_t{1} << (index % 64);
}

void TimerWheel::Remove(Timer& timer) {
  const bool is_firing = timer.slot_ == kLevels * kSlots;
  Slot& slot = is_firing ? firing_ : slots_[timer.slot_];
  (timer.previous_ != nullptr ? timer.previous_->next_ : slot.first) = timer.next_;
  (timer.next_ != nullptr ? timer.next_->previous_ : slot.last) = timer.previous_;
  if (!is_firing && slot.first == nullptr) {
    bitmap_[timer.slot_ / kSlots][(timer.slot_ % kSlots) / 64] &= ~(uint64_t{1} << (timer.slot_ % 64));
  }
  timer.wheel_ = nullptr;
  timer.previous_ = timer.next_ = nullptr;
  --pending_;
}

// Moves the timers of the slot that tick_ has just entered to the levels below.
void TimerWheel::Cascade(int level) {
  const auto index = static_cast<uint32_t>((tick_ >> (level * kBits)) & (kSlots - 1));
  Slot& slot = slots_[static_cast<uint32_t>(level) * kSlots + index];
  Timer* timer = std::exchange(slot.first, nullptr);
  slot.last = nullptr;
  bitmap_[level][index / 64] &= ~(uint64_t{1} << (index % 64));
  while (timer != nullptr) {
    Timer* next = timer->next_;
    Insert(*timer);
    timer = next;
  }
}

void TimerWheel::FireSlot(uint32_t index) {
  Slot& slot = slots_[index];
  if (slot.first == nullptr) return;
  firing_ = std::exchange(slot, Slot{});
  bitmap_[0][index / 64] &= ~(uint64_t{1} << (index % 64));
  for (Timer* t = firing_.first; t != nullptr; t = t->next_) t->slot_ = kLevels * kSlots;
  while (firing_.first != nullptr) {
    Timer& timer = *firing_.first;
    Remove(timer);
    timer.callback_(timer.context_);
  }
}

void TimerWheel::Advance(TimePoint now) {
  if (now < start_) return;
  const auto target = static_cast<uint64_t>((now - start_) / kTick);
  while (tick_ < target) {
    if (pending_ == 0) {
      tick_ = target;
      return;
    }
    const auto wake = NextWake();
    const auto next = static_cast<uint64_t>((*wake - start_) / kTick);
    if (next > target) {
      tick_ = target;
      return;
    }
    tick_ = next;
    for (int level = kLevels - 1; level > 0; --level) {
      if ((tick_ & ((uint64_t{1} << (level * kBits)) - 1)) == 0) Cascade(level);
    }
    FireSlot(static_cast<uint32_t>(tick_ & (kSlots - 1)));
  }
}

std::optional<TimePoint> TimerWheel::NextWake() const {
  if (pending_ == 0) return std::nullopt;
  for (int level = 0; level < kLevels; ++level) {
    const int shift = level * kBits;
    const auto from = static_cast<uint32_t>((tick_ >> shift) & (kSlots - 1));
    for (uint32_t word = from / 64; word < kSlots / 64; ++word) {
      uint64_t bits = bitmap_[level][word];
      if (word == from / 64) bits &= ~uint64_t{0} << (from % 64);
      if (bits == 0) continue;
      const uint64_t index = word * 64 + static_cast<uint32_t>(std::countr_zero(bits));
      const uint64_t tick = ((tick_ >> shift >> kBits << kBits) | index) << shift;
      return start_ + kTick * static_cast<int64_t>(std::max(tick, tick_ + 1));
    }
  }
  // Only slots behind the hand are filled: the top level wraps around.
  const uint64_t round = ((tick_ >> (kLevels * kBits)) + 1) << (kLevels * kBits);
  return start_ + kTick * static_cast<int64_t>(round);
}

}  // namespace sp
