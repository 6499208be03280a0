// Spaces: exact under eight threads, bounded, and like a plain map otherwise.
#include "core/traffic/store/space.h"

#include <atomic>
#include <limits>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "core/base/random.h"
#include "core/traffic/store/store.h"
#include "test/support/catch.h"

namespace sp::store {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr TimePoint kStart{seconds(1000)};
constexpr int kThreads = 8;

template <typename Fn>
void InThreads(Fn fn) {
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back(fn, i);
  for (std::thread& thread : threads) thread.join();
}

TEST_CASE("eight threads take exactly what is there") {
  Space space({});
  std::atomic<uint64_t> taken[7] = {}, counted[7] = {};
  InThreads([&](int thread) {
    for (int i = 0; i < 2000; ++i) {
      const size_t key = static_cast<size_t>(i + thread) % 7;
      const std::string name = "key" + std::to_string(key);
      // Workers' times differ a little, and run for one second in all.
      const TimePoint now = kStart + milliseconds(i / 2) - milliseconds(thread);
      Quota quota;
      if (space.Take(name, {1e-6, 500}, 1, now, &quota) == Status::kOk && quota.allowed) ++taken[key];
      if (space.Add(name, {hours(1), 300}, 1, now, &quota) == Status::kOk && quota.allowed) ++counted[key];
    }
  });
  for (size_t key = 0; key < 7; ++key) {
    CHECK(taken[key] == 500);
    CHECK(counted[key] == 300);
  }
}

TEST_CASE("eight threads count by compare-and-set") {
  Space space({});
  InThreads([&](int) {
    for (int i = 0; i < 500; ++i) {
      while (true) {
        uint64_t value = 0, length = sizeof value, version = 0;
        space.Get("counter", &value, &length, &version, kStart);
        ++value;
        const std::string_view bytes(reinterpret_cast<const char*>(&value), sizeof value);
        if (space.Cas("counter", bytes, seconds(1), version, kStart) == Status::kOk) break;
      }
    }
  });
  uint64_t value = 0, length = sizeof value, version = 0;
  CHECK(space.Get("counter", &value, &length, &version, kStart) == Status::kOk);
  CHECK(value == 500 * kThreads);
}

TEST_CASE("never more entries than allowed, whoever comes") {
  Space space({1000, 1 << 20});
  std::atomic<int> wrong = 0;
  InThreads([&](int thread) {
    for (int i = 0; i < 3000; ++i) {
      const std::string key = std::to_string(thread) + "/" + std::to_string(i);
      Quota quota;
      if (space.Take(key, {1, 10}, 1, kStart, &quota) != Status::kOk || !quota.allowed) ++wrong;
      if (space.usage().entries > 1000 + kThreads) ++wrong;  // each may be one ahead for a moment
    }
  });
  CHECK(wrong == 0);
  CHECK(space.usage().entries == 1000);
  CHECK(space.usage().overflows == kThreads * 3000 - 1000);
}

TEST_CASE("at the bound, what had its time goes first") {
  Space space({10, 1 << 20});
  Quota quota;
  for (int i = 0; i < 10; ++i) {
    REQUIRE(space.Take("old" + std::to_string(i), {1, 1}, 1, kStart, &quota) == Status::kOk);
    REQUIRE_FALSE(quota.overflow);
  }
  REQUIRE(space.Take("new", {1, 1}, 1, kStart, &quota) == Status::kOk);
  CHECK(quota.allowed);
  CHECK(quota.overflow);
  CHECK(space.Put("blob", "x", seconds(1), kStart) == Status::kFull);
  CHECK(space.usage().overflows == 2);
  // A second later every bucket is full again, so none is needed.
  for (int i = 0; i < 10; ++i) {
    REQUIRE(space.Take("later" + std::to_string(i), {1, 1}, 1, kStart + seconds(1), &quota) == Status::kOk);
    REQUIRE_FALSE(quota.overflow);
  }
  CHECK(space.usage().entries == 10);
}

TEST_CASE("bytes are bounded too") {
  Space space({1000, 10'000});
  const std::string value(3000, 'v');
  CHECK(space.Put("a", value, seconds(5), kStart) == Status::kOk);
  CHECK(space.Put("b", value, seconds(9), kStart) == Status::kOk);
  CHECK(space.Put("c", value, seconds(9), kStart) == Status::kOk);
  CHECK(space.Put("d", value, seconds(9), kStart) == Status::kFull);
  CHECK(space.Put("a", value, seconds(5), kStart) == Status::kOk);  // in its own place
  CHECK(space.Put("a", std::string(6000, 'v'), seconds(5), kStart) == Status::kFull);
  char kept[4];
  uint64_t length = sizeof kept, version = 0;
  CHECK(space.Get("a", kept, &length, &version, kStart) == Status::kOk);
  CHECK(length == 3000);
  CHECK(space.Put("d", value, seconds(9), kStart + seconds(5)) == Status::kOk);
  CHECK(space.usage().bytes <= 10'000);
}

TEST_CASE("blobs end, versions never repeat") {
  Space space({});
  uint64_t length = 0, version = 0;
  CHECK(space.Get("k", nullptr, &length, &version, kStart) == Status::kNotFound);
  CHECK(space.Cas("k", "one", seconds(1), 5, kStart) == Status::kConflict);
  CHECK(space.Cas("k", "one", seconds(1), 0, kStart) == Status::kOk);
  CHECK(space.Cas("k", "two", seconds(1), 0, kStart) == Status::kConflict);
  CHECK(space.Get("k", nullptr, &length, &version, kStart) == Status::kOk);
  CHECK(length == 3);
  const uint64_t first = version;
  CHECK(space.Delete("k", kStart) == Status::kOk);
  CHECK(space.Delete("k", kStart) == Status::kNotFound);
  CHECK(space.Put("k", "three", seconds(1), kStart) == Status::kOk);
  CHECK(space.Cas("k", "four", seconds(1), first, kStart) == Status::kConflict);
  CHECK(space.Get("k", nullptr, &length, &version, kStart + seconds(1)) == Status::kNotFound);
  CHECK(space.Cas("k", "five", seconds(1), 0, kStart + seconds(1)) == Status::kOk);
  CHECK(space.Put("", "x", seconds(1), kStart) == Status::kArgument);
  CHECK(space.Put(std::string(257, 'k'), "x", seconds(1), kStart) == Status::kArgument);
  CHECK(space.Put("k", std::string(65537, 'v'), seconds(1), kStart) == Status::kArgument);
  CHECK(space.Put("k", "x", seconds(0), kStart) == Status::kArgument);
}

TEST_CASE("limits that make no sense are refused") {
  Space space({});
  Quota q;
  CHECK(space.Take("k", {0, 1}, 1, kStart, &q) == Status::kArgument);
  CHECK(space.Take("k", {1, 0.5}, 1, kStart, &q) == Status::kArgument);
  CHECK(space.Take("k", {1, 1}, -1, kStart, &q) == Status::kArgument);
  CHECK(space.Take("k", {std::numeric_limits<double>::quiet_NaN(), 1}, 1, kStart, &q) == Status::kArgument);
  CHECK(space.Add("k", {Duration(1), 1}, 1, kStart, &q) == Status::kArgument);
  CHECK(space.Add("k", {seconds(1), UINT64_MAX}, 1, kStart, &q) == Status::kArgument);
}

TEST_CASE("a space with few keys does what single states do") {
  Random random(3);
  Space space({500, 1 << 20});
  std::map<std::string, BucketState> buckets;
  std::map<std::string, WindowState> windows;
  std::map<std::string, std::pair<std::string, TimePoint>> blobs;
  const BucketLimit bucket{2, 3};
  const WindowLimit window{seconds(2), 4};
  TimePoint now = kStart;
  for (int i = 0; i < 40'000; ++i) {
    now += milliseconds(static_cast<int64_t>(random.Below(20)));
    const std::string key(1 + random.Below(100), static_cast<char>('a' + random.Below(2)));
    Quota got, expected;
    switch (random.Below(6)) {
      case 0:
        REQUIRE(space.Take(key, bucket, 1, now, &got) == Status::kOk);
        expected = TakeFrom(buckets.try_emplace(key, FullBucket(bucket, now)).first->second, bucket, 1, now);
        REQUIRE(got.allowed == expected.allowed);
        REQUIRE(got.remaining == sp::testing::Approx(expected.remaining).margin(1e-6));
        break;
      case 1:
        REQUIRE(space.Add(key, window, 1, now, &got) == Status::kOk);
        expected = AddTo(windows.try_emplace(key, EmptyWindow(window, now)).first->second, window, 1, now);
        REQUIRE(got.allowed == expected.allowed);
        REQUIRE(got.retry == expected.retry);
        break;
      case 2:
        REQUIRE(space.Put(key, std::to_string(i), seconds(3), now) == Status::kOk);
        blobs[key] = {std::to_string(i), now + seconds(3)};
        break;
      case 3: {
        const bool there = blobs.count(key) != 0 && blobs[key].second > now;
        REQUIRE((space.Delete(key, now) == Status::kOk) == there);
        blobs.erase(key);
        break;
      }
      case 4: {
        if (random.Below(500) == 0) space.Sweep(now);
        break;
      }
      default: {
        char to[32];
        uint64_t length = sizeof to, version = 0;
        const bool there = blobs.count(key) != 0 && blobs[key].second > now;
        REQUIRE((space.Get(key, to, &length, &version, now) == Status::kOk) == there);
        if (there) REQUIRE(std::string(to, length) == blobs[key].first);
      }
    }
  }
  CHECK(space.usage().overflows == 0);
  space.Sweep(now + hours(1));
  CHECK(space.usage().entries == 0);
  CHECK(space.usage().bytes == 0);
}

TEST_CASE("spaces outlive their users as long as something is in them") {
  Store store;
  Quota quota;
  {
    const auto space = store.Open("rate_limit", "per_ip");
    REQUIRE(space->Take("k", {1, 10}, 10, kStart, &quota) == Status::kOk);
    CHECK(store.Open("rate_limit", "other") != space);
    CHECK(store.Open("rate_limit", "per_ip") == space);
  }
  store.Sweep(kStart);
  CHECK(store.space_count() == 1);  // `other` was empty
  REQUIRE(store.Open("rate_limit", "per_ip")->Take("k", {1, 10}, 1, kStart, &quota) == Status::kOk);
  CHECK_FALSE(quota.allowed);
  store.Sweep(kStart + seconds(20));
  CHECK(store.space_count() == 0);
}

}  // namespace
}  // namespace sp::store
