// The markers of all threads, for those who read them: watchdog.cc and crash.cc.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/plugin_host/attribution.h"

namespace sp::plugin_host {

// Never freed; a thread that starts takes the place of one that ended.
struct ThreadMarker {
  Marker marker;
  std::string name;  // empty: not a worker
  bool in_use = false;
};

// Under the lock that guards names: short, and no call back into this file.
void ForEachWorker(const std::function<void(const ThreadMarker&)>& fn);
// DescribeAttribution for threads: never sees a name that is being written.
std::string DescribeLocked(uint32_t id);
// The calling thread's marker, or null. Async-signal-safe.
const Marker* MarkerForSignal();

}  // namespace sp::plugin_host
