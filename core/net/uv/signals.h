// SignalWatcher: a callback in a turn of the loop for each time the process gets a signal (several may be told as one).
// On the loop's thread; for the main thread only.
#pragma once

#include <functional>

#include "core/net/uv/loop.h"

namespace sp::uv {

class SignalWatcher {
 public:
  // `on_signal` must not destroy the watcher.
  SignalWatcher(Loop& loop, int signal_number, std::function<void()> on_signal);
  ~SignalWatcher();
  SignalWatcher(const SignalWatcher&) = delete;
  SignalWatcher& operator=(const SignalWatcher&) = delete;

 private:
  struct Handle;
  Loop& loop_;
  std::function<void()> on_signal_;
  Handle* handle_;
};

}  // namespace sp::uv
