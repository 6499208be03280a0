// Watchdog: a thread that looks at every worker's marker (attribution.h) and names the plugin that blocks a worker:
// one call that lasts longer than the limit is logged and counted once, while it still runs, so a hook that never
// returns is named as well.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

namespace sp::plugin_host {

class Watchdog {
 public:
  static constexpr std::chrono::milliseconds kLimit{250};

  explicit Watchdog(std::chrono::milliseconds limit = kLimit);
  ~Watchdog();

  // Calls that took too long, since the start; any thread.
  uint64_t blocked() const { return blocked_.load(std::memory_order_relaxed); }

 private:
  struct Watched;
  void Run();
  void Sample(std::chrono::steady_clock::time_point now);

  const std::chrono::milliseconds limit_;
  std::atomic<uint64_t> blocked_{0};
  std::vector<Watched> watched_;
  std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace sp::plugin_host
