// Token bucket and sliding window as values: state, one step, answer. Pure functions; time is a parameter.
//
// Steps may come with a `now` a little older than that of the step before (each worker has the time of its own loop
// turn): time then stands still, it never runs back. No state is ever negative. A state that is `whole` is as good as
// none, so it may be forgotten.
#pragma once

#include <cstdint>

#include "core/base/clock.h"

namespace sp::store {

struct Quota {
  bool allowed = false;
  bool overflow = false;  // answered without a state, because no room was left for one; allowed
  double remaining = 0;   // what is left now
  Duration retry{0};      // refused: until as much as was asked for is there; kNever where it never will
  Duration reset{0};      // until the quota is whole again
  static constexpr Duration kNever = Duration::max();
};

struct BucketLimit {
  double rate = 1;   // tokens per second, > 0
  double burst = 1;  // size of the bucket, ≥ 1
};
struct BucketState {
  double tokens = 0;
  TimePoint updated{};
};
BucketState FullBucket(const BucketLimit& limit, TimePoint now);
// Takes `n` ≥ 0 tokens, all or nothing. A limit that differs from that of the step before holds from now on.
Quota TakeFrom(BucketState& state, const BucketLimit& limit, double n, TimePoint now);

// The window slides over two fixed ones: what was counted in the one before weighs as much as it still overlaps. So at
// most `limit` are counted in any fixed window, and never more than twice `limit` in any span of that length.
struct WindowLimit {
  Duration length{0};  // ≥ 1 ms
  uint64_t limit = 0;
};
struct WindowState {
  Duration length{0};  // of the windows counted below
  int64_t index = 0;   // number of the current fixed window since time began
  uint64_t previous = 0;
  uint64_t current = 0;
};
WindowState EmptyWindow(const WindowLimit& limit, TimePoint now);
// Counts `n`, all or nothing: only while the estimate stays within the limit.
Quota AddTo(WindowState& state, const WindowLimit& limit, uint64_t n, TimePoint now);
// When the state is as good as none.
TimePoint ForgettableAt(const WindowState& state);

}  // namespace sp::store
