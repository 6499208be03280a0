#include "core/traffic/store/quota.h"

#include <algorithm>
#include <cmath>

namespace sp::store {
namespace {

using Wide = unsigned __int128;

// What doubles lose when fractions of tokens add up; a bucket may give away one token in a billion.
constexpr double kRounding = 1e-9;

Duration FromSeconds(double seconds) {
  const double nanos = std::ceil(seconds * 1e9);
  if (!(nanos < 9.2e18)) return Quota::kNever;
  return Duration(nanos > 0 ? static_cast<int64_t>(nanos) : 0);
}

}  // namespace

BucketState FullBucket(const BucketLimit& limit, TimePoint now) { return {limit.burst, now}; }

Quota TakeFrom(BucketState& state, const BucketLimit& limit, double n, TimePoint now) {
  if (now > state.updated) {
    state.tokens += std::chrono::duration<double>(now - state.updated).count() * limit.rate;
    state.updated = now;
  }
  state.tokens = std::clamp(state.tokens, 0.0, limit.burst);
  Quota quota;
  quota.allowed = state.tokens + kRounding >= n;
  if (quota.allowed) {
    state.tokens = std::max(0.0, state.tokens - n);
  } else {
    quota.retry = n > limit.burst ? Quota::kNever : FromSeconds((n - state.tokens) / limit.rate);
  }
  quota.remaining = state.tokens;
  quota.reset = FromSeconds((limit.burst - state.tokens) / limit.rate);
  return quota;
}

namespace {

int64_t IndexAt(Duration length, TimePoint now) { return now.time_since_epoch() / length; }

// Moves the state to the window that `now` is in, and gives how far into it.
uint64_t Slide(WindowState& state, const WindowLimit& limit, TimePoint now) {
  if (state.length != limit.length) {  // the configuration changed: what was counted counts as of now
    const uint64_t counted = state.previous > UINT64_MAX - state.current ? UINT64_MAX : state.previous + state.current;
    state = EmptyWindow(limit, now);
    state.current = counted;
  }
  const int64_t index = IndexAt(state.length, now);
  if (index < state.index) return 0;
  if (index > state.index) {
    state.previous = index == state.index + 1 ? state.current : 0;
    state.current = 0;
    state.index = index;
  }
  return static_cast<uint64_t>((now.time_since_epoch() % state.length).count());
}

// When `n` more fit, from now; the state stands at `offset` in the current window.
Duration RetryAfter(const WindowState& state, uint64_t limit, uint64_t n, uint64_t offset) {
  if (n > limit) return Quota::kNever;
  const auto length = static_cast<uint64_t>(state.length.count());
  if (state.current <= limit - n && state.previous > 0) {  // as soon as the window before weighs less
    const Wide weight = Wide{limit - n - state.current} * length / state.previous;
    const uint64_t until = length - static_cast<uint64_t>(std::min<Wide>(weight, length));
    return Duration(static_cast<int64_t>(std::max(until, offset) - offset));
  }
  // After the turn, the current window is the one before.
  const uint64_t turn = length - offset;
  const Wide weight = Wide{limit - n} * length / state.current;
  const uint64_t more = length - static_cast<uint64_t>(std::min<Wide>(weight, length));
  return Duration(static_cast<int64_t>(turn + more));
}

}  // namespace

WindowState EmptyWindow(const WindowLimit& limit, TimePoint now) {
  return {limit.length, IndexAt(limit.length, now), 0, 0};
}

Quota AddTo(WindowState& state, const WindowLimit& limit, uint64_t n, TimePoint now) {
  const uint64_t offset = Slide(state, limit, now);
  const auto length = static_cast<uint64_t>(state.length.count());
  const Wide room = Wide{limit.limit} * length;
  const Wide before = Wide{state.previous} * (length - offset);
  const auto used = [&](uint64_t more) { return before + (Wide{state.current} + more) * length; };

  Quota quota;
  quota.allowed = used(n) <= room;
  if (quota.allowed) {
    state.current += n;
  } else {
    quota.retry = RetryAfter(state, limit.limit, n, offset);
  }
  quota.remaining = used(0) >= room ? 0.0 : static_cast<double>(static_cast<uint64_t>((room - used(0)) / length));
  const uint64_t turn = length - offset;
  quota.reset = Duration(static_cast<int64_t>(state.current > 0 ? turn + length : state.previous > 0 ? turn : 0));
  return quota;
}

TimePoint ForgettableAt(const WindowState& state) {
  int64_t end;
  if (__builtin_mul_overflow(state.index + 2, state.length.count(), &end)) return TimePoint::max();
  return TimePoint(Duration(end));
}

}  // namespace sp::store
