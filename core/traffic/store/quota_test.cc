// Properties of the bucket and the window, against models that are slow and plain.
#include "core/traffic/store/quota.h"

#include <vector>

#include "core/base/random.h"
#include "test/support/catch.h"

namespace sp::store {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr TimePoint kStart{seconds(1000)};

TEST_CASE("a bucket starts full, empties and fills again") {
  const BucketLimit limit{10, 5};
  BucketState state = FullBucket(limit, kStart);
  for (int i = 0; i < 5; ++i) CHECK(TakeFrom(state, limit, 1, kStart).allowed);
  const Quota refused = TakeFrom(state, limit, 1, kStart);
  CHECK_FALSE(refused.allowed);
  CHECK(refused.remaining == 0);
  CHECK(refused.retry == milliseconds(100));
  CHECK(refused.reset == milliseconds(500));
  CHECK_FALSE(TakeFrom(state, limit, 1, kStart + milliseconds(99)).allowed);
  CHECK(TakeFrom(state, limit, 1, kStart + milliseconds(100)).allowed);
  CHECK(TakeFrom(state, limit, 6, kStart + hours(1)).retry == Quota::kNever);
  CHECK(TakeFrom(state, limit, 5, kStart + hours(1)).allowed);
}

TEST_CASE("time that runs back stands still") {
  const BucketLimit limit{10, 5};
  BucketState bucket = FullBucket(limit, kStart);
  CHECK(TakeFrom(bucket, limit, 5, kStart).allowed);
  CHECK_FALSE(TakeFrom(bucket, limit, 1, kStart - hours(1)).allowed);
  CHECK(bucket.tokens == 0);
  CHECK_FALSE(TakeFrom(bucket, limit, 1, kStart).allowed);

  const WindowLimit window{seconds(1), 3};
  WindowState state = EmptyWindow(window, kStart);
  CHECK(AddTo(state, window, 3, kStart).allowed);
  CHECK_FALSE(AddTo(state, window, 1, kStart - seconds(5)).allowed);
  CHECK(state.current == 3);
}

TEST_CASE("a bucket never gives more than its model has") {
  Random random(42);
  for (int round = 0; round < 200; ++round) {
    const BucketLimit limit{static_cast<double>(1 + random.Below(1000)), static_cast<double>(1 + random.Below(50))};
    TimePoint now = kStart;
    BucketState state = FullBucket(limit, now);
    // In billionths of a token, so exact.
    auto model = static_cast<__int128>(limit.burst) * 1'000'000'000;
    const __int128 full = model;
    for (int i = 0; i < 300; ++i) {
      const auto step = static_cast<int64_t>(random.Below(20'000'000));
      now += Duration(step);
      model = std::min(full, model + static_cast<__int128>(step) * static_cast<int64_t>(limit.rate));
      const auto n = static_cast<int64_t>(random.Below(4));
      const Quota quota = TakeFrom(state, limit, static_cast<double>(n), now);
      const __int128 left = model - static_cast<__int128>(n) * 1'000'000'000;
      if (left > 1000 || left < -1000) REQUIRE(quota.allowed == (left >= 0));  // else rounding may decide
      if (quota.allowed) model = std::max<__int128>(0, left);
      REQUIRE(state.tokens >= 0);
      REQUIRE(state.tokens <= limit.burst);
      REQUIRE(state.tokens == sp::testing::Approx(static_cast<double>(model) / 1e9).margin(1e-6));
      if (quota.allowed) continue;
      if (quota.retry == Quota::kNever) {
        REQUIRE(static_cast<double>(n) > limit.burst);
        continue;
      }
      BucketState early = state, later = state;
      if (quota.retry > milliseconds(1)) {
        const TimePoint before = now + quota.retry - std::chrono::microseconds(2);
        REQUIRE_FALSE(TakeFrom(early, limit, static_cast<double>(n), before).allowed);
      }
      REQUIRE(TakeFrom(later, limit, static_cast<double>(n), now + quota.retry).allowed);
    }
  }
}

// All that was counted, by time.
struct NaiveWindow {
  WindowLimit limit;
  std::vector<std::pair<TimePoint, uint64_t>> counted;

  uint64_t CountIn(int64_t index) const {
    uint64_t sum = 0;
    for (const auto& [at, n] : counted) sum += at.time_since_epoch() / limit.length == index ? n : 0;
    return sum;
  }
  bool Fits(uint64_t n, TimePoint now) const {
    const int64_t index = now.time_since_epoch() / limit.length;
    const int64_t offset = (now.time_since_epoch() % limit.length).count();
    const __int128 length = limit.length.count();
    return CountIn(index - 1) * (length - offset) + (CountIn(index) + n) * length <= limit.limit * length;
  }
};

TEST_CASE("a window counts as its model does") {
  Random random(7);
  for (int round = 0; round < 200; ++round) {
    NaiveWindow model{{milliseconds(1 + random.Below(1000)), 1 + random.Below(20)}, {}};
    TimePoint now = kStart + Duration(static_cast<int64_t>(random.Below(1'000'000'000)));
    WindowState state = EmptyWindow(model.limit, now);
    for (int i = 0; i < 200; ++i) {
      now += Duration(static_cast<int64_t>(random.Below(static_cast<uint64_t>(model.limit.length.count()) / 4)));
      const uint64_t n = random.Below(4);
      const Quota quota = AddTo(state, model.limit, n, now);
      REQUIRE(quota.allowed == model.Fits(n, now));
      if (quota.allowed) {
        model.counted.emplace_back(now, n);
        const auto left = static_cast<uint64_t>(quota.remaining);
        REQUIRE(model.Fits(left, now));
        REQUIRE_FALSE(model.Fits(left + 1, now));
      } else if (quota.retry == Quota::kNever) {
        REQUIRE(n > model.limit.limit);
      } else {
        REQUIRE(quota.retry > Duration(0));
        REQUIRE(model.Fits(n, now + quota.retry));
        REQUIRE_FALSE(model.Fits(n, now + quota.retry - Duration(1)));
      }
      REQUIRE(model.Fits(model.limit.limit, now + quota.reset));
      REQUIRE(model.Fits(model.limit.limit, ForgettableAt(state)));
    }
  }
}

TEST_CASE("a window of another length keeps what was counted") {
  WindowLimit limit{seconds(10), 10};
  WindowState state = EmptyWindow(limit, kStart);
  CHECK(AddTo(state, limit, 8, kStart).allowed);
  limit.length = seconds(1);
  CHECK_FALSE(AddTo(state, limit, 3, kStart + milliseconds(1)).allowed);
  CHECK(AddTo(state, limit, 2, kStart + milliseconds(1)).allowed);
  CHECK(AddTo(state, limit, 10, kStart + seconds(3)).allowed);
}

}  // namespace
}  // namespace sp::store
