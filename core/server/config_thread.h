// ConfigThread: the one thread on which configurations are compiled and configs created and destroyed (C of the plugin
// ABI). Work is done in the order in which it was posted.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace sp::server {

class ConfigThread {
 public:
  ConfigThread();
  // Does what was posted before, then ends.
  ~ConfigThread();
  // Any thread. Ignored once the thread is ending.
  void Post(std::function<void()> work);
  // Any other thread: posts and waits.
  void RunAndWait(const std::function<void()>& work);

 private:
  void Run();
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> queue_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace sp::server
