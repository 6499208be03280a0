// Attribution: which plugin, in which hook, a thread is in right now, so that the watchdog (watchdog.h) can name one
// that blocks and the crash handler (crash.h) one that crashes. Marking a call is two relaxed stores.
//
//   Marker& marker = ThisThread();                        // once, when the worker starts
//   { Mark mark(marker, config.attribution, Hook::kRequestHead); …call the plugin… }
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

namespace sp::plugin_host {

enum class Hook : uint8_t {
  kNone,
  kInit,
  kDeinit,
  kConfigCreate,
  kConfigDestroy,
  kRouteCreate,
  kRouteDestroy,
  kStart,
  kStop,
  kWorkerStart,
  kWorkerStop,
  kConfigEvent,
  kRequestHead,
  kRequestBody,
  kRequestTrailers,
  kResponseHead,
  kResponseBody,
  kResponseTrailers,
  kEvent,
  kComplete,
  kDestroy,
  kOffload,
  kDrop,
  kRetire,
};
// `on_request_head`, as the member of sp_http_filter is called.
std::string_view NameOf(Hook hook);

// The word of one thread: attribution id, a count that tells one call from the next, the hook; 0 outside plugins.
// Only its thread writes.
class alignas(64) Marker {
 public:
  uint64_t Enter(uint32_t attribution, Hook hook) {
    const uint64_t before = word_.load(std::memory_order_relaxed);
    count_ = (count_ + 1) & 0xffffff;
    word_.store(uint64_t{attribution} << 32 | uint64_t{count_} << 8 | static_cast<uint64_t>(hook),
                std::memory_order_relaxed);
    return before;
  }
  void Leave(uint64_t before) { word_.store(before, std::memory_order_relaxed); }
  uint64_t word() const { return word_.load(std::memory_order_relaxed); }
  static uint32_t AttributionOf(uint64_t word) { return static_cast<uint32_t>(word >> 32); }
  static Hook HookOf(uint64_t word) { return static_cast<Hook>(word & 0xff); }

 private:
  std::atomic<uint64_t> word_{0};
  uint32_t count_ = 0;
};

class Mark {
 public:
  Mark(Marker& marker, uint32_t attribution, Hook hook) : marker_(marker), before_(marker.Enter(attribution, hook)) {}
  Mark(const Mark&) = delete;
  Mark& operator=(const Mark&) = delete;
  ~Mark() { marker_.Leave(before_); }

 private:
  Marker& marker_;
  uint64_t before_;
};

// The calling thread's marker. The first call makes it known and gives the thread a signal stack of its own, so that a
// stack overflow in a plugin can be named too. Good until the thread ends.
Marker& ThisThread();
// The calling thread is a worker: its plugin calls are timed by the watchdog, under this name.
void NameThisThread(std::string_view name);

// Names behind an id. Add: config thread or any other; never fails (id 0, without a name, where all 65,535 are in use).
uint32_t AddAttribution(std::string_view plugin, std::string_view filter, uint32_t generation);
void RemoveAttribution(uint32_t id);
// Writes `plugin "stamp" (filter "edge_stamp", generation 3)` to `to`, at most `size` bytes, and gives the length.
// Async-signal-safe.
size_t DescribeAttribution(uint32_t id, char* to, size_t size);

}  // namespace sp::plugin_host
