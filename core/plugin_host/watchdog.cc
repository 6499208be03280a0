#include "core/plugin_host/watchdog.h"

#include <algorithm>
#include <string>

#include "core/base/log.h"
#include "core/plugin_host/thread_markers.h"

namespace sp::plugin_host {

// A worker's call as it was seen last.
struct Watchdog::Watched {
  const Marker* marker;
  uint64_t word = 0;
  std::chrono::steady_clock::time_point since;
  bool reported = false;
};

Watchdog::Watchdog(std::chrono::milliseconds limit) : limit_(limit), thread_([this] { Run(); }) {}

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_all();
  thread_.join();
}

void Watchdog::Run() {
  // A call is seen for the first time up to one interval after it began, so it is named within 1.2 times the limit.
  const auto interval = std::max(limit_ / 5, std::chrono::milliseconds(1));
  std::unique_lock lock(mutex_);
  while (!stop_.wait_for(lock, interval, [this] { return stopping_; })) Sample(std::chrono::steady_clock::now());
}

void Watchdog::Sample(std::chrono::steady_clock::time_point now) {
  struct Blocked {
    std::string thread;
    uint64_t word;
    std::chrono::milliseconds lasted;
  };
  std::vector<Blocked> found;
  ForEachWorker([&](const ThreadMarker& thread) {
    auto watched =
        std::find_if(watched_.begin(), watched_.end(), [&](const Watched& w) { return w.marker == &thread.marker; });
    if (watched == watched_.end()) watched = watched_.insert(watched_.end(), Watched{&thread.marker, 0, now, false});
    const uint64_t word = thread.marker.word();
    if (word != watched->word) {
      *watched = {&thread.marker, word, now, false};
    } else if (word != 0 && !watched->reported && now - watched->since >= limit_) {
      watched->reported = true;
      found.push_back({thread.name, word, std::chrono::duration_cast<std::chrono::milliseconds>(now - watched->since)});
    }
  });
  for (const Blocked& call : found) {
    blocked_.fetch_add(1, std::memory_order_relaxed);
    SP_LOG(kWarn, "{} has blocked {} for {} ms in {}", DescribeLocked(Marker::AttributionOf(call.word)), call.thread,
           call.lasted.count(), NameOf(Marker::HookOf(call.word)));
  }
}

}  // namespace sp::plugin_host
