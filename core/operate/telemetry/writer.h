// Writer: the one thread that empties the rings of all places. It looks every 100 ms, when it is called, and when a
// place that was full has room again.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "core/base/clock.h"
#include "core/operate/telemetry/place.h"

namespace sp::telemetry {

class Writer {
 public:
  static constexpr Duration kLook = std::chrono::milliseconds(100);
  static constexpr Duration kFlushLimit = std::chrono::seconds(1);

  Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  // Writes what is left, up to kFlushLimit.
  ~Writer();

  // Any thread, all of them. Places live as long as the writer.
  Place& Add(std::unique_ptr<Place> place);
  void Call();
  void Reopen();
  void Flush();

 private:
  void Run();
  // One look at every place; true if everything that was there is written.
  bool Look();
  void Wait();

  const int event_;  // eventfd: Call
  std::mutex mutex_;
  std::condition_variable looked_;
  std::vector<std::unique_ptr<Place>> places_;  // grows under the mutex
  uint64_t asked_ = 0;                          // flushes asked for
  uint64_t flushed_ = 0;                        // … and done
  bool reopen_ = false;
  bool stop_ = false;
  std::vector<Place*> known_;  // the thread's copy of places_
  std::thread thread_;         // from the first place on
};

}  // namespace sp::telemetry
