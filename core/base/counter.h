// Counters of one worker. Only the owning worker writes, with a plain add (no locked instruction); a scrape reads them
// from another thread. The atomics are there for that reader, relaxed.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

namespace sp {

class Counter {
 public:
  void Add(uint64_t n = 1) { value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed); }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

class Gauge {
 public:
  void Add(int64_t n) { value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed); }
  void Set(int64_t n) { value_.store(n, std::memory_order_relaxed); }
  int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> value_{0};
};

// Latencies in fixed buckets (upper bounds in microseconds), cumulative only when printed.
class Histogram {
 public:
  static constexpr std::array<uint64_t, 17> kBoundsMicros = {
      100,     250,     500,     1'000,     2'500,     5'000,     10'000,     25'000,    50'000,
      100'000, 250'000, 500'000, 1'000'000, 2'500'000, 5'000'000, 10'000'000, 30'000'000};
  void Observe(uint64_t micros) {
    size_t i = 0;
    while (i < kBoundsMicros.size() && micros > kBoundsMicros[i]) ++i;
    buckets_[i].Add();
    sum_micros_.Add(micros);
  }
  // Bucket i counts what is ≤ kBoundsMicros[i] and > the bound before; the last one what is above all.
  uint64_t bucket(size_t i) const { return buckets_[i].value(); }
  uint64_t sum_micros() const { return sum_micros_.value(); }

 private:
  std::array<Counter, kBoundsMicros.size() + 1> buckets_;
  Counter sum_micros_;
};

}  // namespace sp
