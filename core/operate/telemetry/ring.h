// Ring: whole lines from one worker to the writer thread, without a lock.
//
//            tail_ (writer)        head_ (worker)
//   ┌─────────┬─────────────────────┬───────────┐
//   │  free   │  lines to be written│   free    │    both only grow; a position is taken modulo kBytes
//   └─────────┴─────────────────────┴───────────┘
//
// Its memory is touched only as lines come, so a quiet ring costs none.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

namespace sp::telemetry {

class Ring {
 public:
  static constexpr size_t kBytes = 1 << 20;

  // Worker. False where there is no room; then nothing was written.
  bool Push(std::string_view line) {
    const uint64_t head = head_.load(std::memory_order_relaxed);
    if (head + line.size() - known_tail_ > kBytes) {
      known_tail_ = tail_.load(std::memory_order_acquire);
      if (head + line.size() - known_tail_ > kBytes) return false;
    }
    const size_t at = head % kBytes;
    const size_t first = std::min(line.size(), kBytes - at);
    std::memcpy(bytes_.get() + at, line.data(), first);
    std::memcpy(bytes_.get(), line.data() + first, line.size() - first);
    head_.store(head + line.size(), std::memory_order_release);
    return true;
  }
  // Worker. True once after the ring became half full, until the writer has looked.
  bool WantsWriter() {
    const uint64_t head = head_.load(std::memory_order_relaxed);
    if (head - known_tail_ < kBytes / 2) return false;
    known_tail_ = tail_.load(std::memory_order_acquire);
    if (head - known_tail_ < kBytes / 2 || called_.load(std::memory_order_relaxed)) return false;
    return !called_.exchange(true, std::memory_order_relaxed);
  }

  // Writer. What is there now, in up to two parts.
  struct Parts {
    std::string_view first;
    std::string_view second;
    size_t size() const { return first.size() + second.size(); }
  };
  Parts Peek() {
    called_.store(false, std::memory_order_relaxed);
    const uint64_t tail = tail_.load(std::memory_order_relaxed);
    const size_t size = head_.load(std::memory_order_acquire) - tail;
    const size_t at = tail % kBytes;
    const size_t first = std::min(size, kBytes - at);
    return {{bytes_.get() + at, first}, {bytes_.get(), size - first}};
  }
  void Pop(size_t bytes) { tail_.store(tail_.load(std::memory_order_relaxed) + bytes, std::memory_order_release); }

 private:
  const std::unique_ptr<char[]> bytes_ = std::make_unique_for_overwrite<char[]>(kBytes);
  alignas(64) std::atomic<uint64_t> head_{0};
  uint64_t known_tail_ = 0;  // the worker's: tail_ as last read
  alignas(64) std::atomic<uint64_t> tail_{0};
  alignas(64) std::atomic<bool> called_{false};
};

}  // namespace sp::telemetry
