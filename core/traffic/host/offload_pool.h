// OffloadPool: threads for work that plugins hand off a worker. Bounded queue; what it holds is always run, also when
// the pool ends.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace sp::host {

class OffloadPool {
 public:
  static constexpr size_t kMaxQueued = 10'000;

  explicit OffloadPool(size_t threads);
  ~OffloadPool();
  // False where the queue is full.
  bool Submit(std::function<void()> work);

 private:
  void Run();
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace sp::host
