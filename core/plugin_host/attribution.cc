#include "core/plugin_host/attribution.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <mutex>
#include <vector>

#include "core/plugin_host/thread_markers.h"

namespace sp::plugin_host {
namespace {

// Names are kept in slots that are never freed, in chunks, so that a signal handler may read them without a lock.
constexpr size_t kChunk = 256;
constexpr size_t kChunks = 256;
constexpr size_t kNameBytes = 64;
constexpr size_t kSignalStackBytes = 64 * 1024;

struct Slot {
  char plugin[kNameBytes];
  char filter[kNameBytes];
  uint32_t generation;
};

std::array<std::atomic<Slot*>, kChunks> chunks{};

// Guards the slots in use and the list of threads; leaked, since threads may end after static destruction.
struct Registry {
  std::mutex mutex;
  std::vector<uint32_t> free_ids;
  uint32_t next_id = 1;  // 0 is nobody
  std::vector<std::unique_ptr<ThreadMarker>> threads;
};
Registry& TheRegistry() {
  static auto* registry = new Registry;
  return *registry;
}

Slot* SlotOf(uint32_t id) {
  if (id == 0 || id >= kChunk * kChunks) return nullptr;
  Slot* chunk = chunks[id / kChunk].load(std::memory_order_acquire);
  return chunk == nullptr ? nullptr : chunk + id % kChunk;
}

void CopyName(char (&to)[kNameBytes], std::string_view name) {
  const size_t n = std::min(name.size(), kNameBytes - 1);
  std::memcpy(to, name.data(), n);
  to[n] = '\0';
}

// Text put together without allocating; what does not fit is left out.
struct Writer {
  char* to;
  size_t size;
  size_t length = 0;
  void Put(std::string_view text) {
    const size_t n = std::min(text.size(), size - length);
    std::memcpy(to + length, text.data(), n);
    length += n;
  }
  void Put(uint32_t number) {
    char digits[10];
    size_t n = sizeof digits;
    do {
      digits[--n] = static_cast<char>('0' + number % 10);
      number /= 10;
    } while (number != 0);
    Put(std::string_view(digits + n, sizeof digits - n));
  }
};

// What a thread gives back when it ends.
class ThreadPlace {
 public:
  ThreadPlace() {
    Registry& registry = TheRegistry();
    const std::lock_guard lock(registry.mutex);
    const auto idle = std::find_if(registry.threads.begin(), registry.threads.end(),
                                   [](const auto& thread) { return !thread->in_use; });
    if (idle != registry.threads.end()) {
      place_ = idle->get();
    } else {
      place_ = registry.threads.emplace_back(std::make_unique<ThreadMarker>()).get();
    }
    place_->in_use = true;
    place_->name.clear();
    SetSignalStack();
  }
  ~ThreadPlace() {
    if (stack_ != MAP_FAILED) {
      stack_t off{};
      off.ss_flags = SS_DISABLE;
      sigaltstack(&off, nullptr);
      munmap(stack_, kSignalStackBytes);
    }
    const std::lock_guard lock(TheRegistry().mutex);
    place_->in_use = false;
  }
  ThreadPlace(const ThreadPlace&) = delete;
  ThreadPlace& operator=(const ThreadPlace&) = delete;
  ThreadMarker& place() { return *place_; }

 private:
  // A runtime that gave this thread a signal stack already (a sanitizer, Go) keeps it.
  void SetSignalStack() {
    stack_t now{};
    if (sigaltstack(nullptr, &now) != 0 || (now.ss_flags & SS_DISABLE) == 0) return;
    stack_ = mmap(nullptr, kSignalStackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack_ == MAP_FAILED) return;
    stack_t stack{};
    stack.ss_sp = stack_;
    stack.ss_size = kSignalStackBytes;
    sigaltstack(&stack, nullptr);
  }

  ThreadMarker* place_ = nullptr;
  void* stack_ = MAP_FAILED;
};

// For the signal handler: null until the thread called ThisThread.
thread_local Marker* this_thread = nullptr;

ThreadPlace& ThisPlace() {
  static thread_local ThreadPlace place;
  return place;
}

}  // namespace

std::string_view NameOf(Hook hook) {
  constexpr std::array<std::string_view, 24> kNames = {"no hook",
                                                       "init",
                                                       "deinit",
                                                       "config_create",
                                                       "config_destroy",
                                                       "route_create",
                                                       "route_destroy",
                                                       "start",
                                                       "stop",
                                                       "worker_start",
                                                       "worker_stop",
                                                       "on_config_event",
                                                       "on_request_head",
                                                       "on_request_body",
                                                       "on_request_trailers",
                                                       "on_response_head",
                                                       "on_response_body",
                                                       "on_response_trailers",
                                                       "on_event",
                                                       "on_complete",
                                                       "destroy",
                                                       "an offloaded function",
                                                       "a drop function",
                                                       "a retire function"};
  const auto i = static_cast<size_t>(hook);
  return i < kNames.size() ? kNames[i] : "an unknown hook";
}

Marker& ThisThread() {
  if (this_thread == nullptr) this_thread = &ThisPlace().place().marker;
  return *this_thread;
}

const Marker* MarkerForSignal() { return this_thread; }

void NameThisThread(std::string_view name) {
  ThisThread();
  const std::lock_guard lock(TheRegistry().mutex);
  ThisPlace().place().name = name;
}

uint32_t AddAttribution(std::string_view plugin, std::string_view filter, uint32_t generation) {
  Registry& registry = TheRegistry();
  const std::lock_guard lock(registry.mutex);
  uint32_t id = 0;
  if (!registry.free_ids.empty()) {
    id = registry.free_ids.back();
    registry.free_ids.pop_back();
  } else if (registry.next_id < kChunk * kChunks) {
    id = registry.next_id++;
    auto& chunk = chunks[id / kChunk];
    if (chunk.load(std::memory_order_relaxed) == nullptr) chunk.store(new Slot[kChunk](), std::memory_order_release);
  } else {
    return 0;
  }
  Slot* slot = SlotOf(id);
  CopyName(slot->plugin, plugin);
  CopyName(slot->filter, filter);
  slot->generation = generation;
  return id;
}

void RemoveAttribution(uint32_t id) {
  if (id == 0) return;
  Registry& registry = TheRegistry();
  const std::lock_guard lock(registry.mutex);
  registry.free_ids.push_back(id);
}

size_t DescribeAttribution(uint32_t id, char* to, size_t size) {
  Writer out{to, size};
  const Slot* slot = SlotOf(id);
  if (slot == nullptr) {
    out.Put("a plugin");
    return out.length;
  }
  out.Put("plugin \"");
  out.Put(std::string_view(slot->plugin, strnlen(slot->plugin, kNameBytes)));
  out.Put("\" (");
  if (slot->filter[0] != '\0') {
    out.Put("filter \"");
    out.Put(std::string_view(slot->filter, strnlen(slot->filter, kNameBytes)));
    out.Put("\", ");
  }
  out.Put("generation ");
  out.Put(slot->generation);
  out.Put(")");
  return out.length;
}

std::string DescribeLocked(uint32_t id) {
  const std::lock_guard lock(TheRegistry().mutex);
  char text[256];
  return std::string(text, DescribeAttribution(id, text, sizeof text));
}

void ForEachWorker(const std::function<void(const ThreadMarker&)>& fn) {
  const std::lock_guard lock(TheRegistry().mutex);
  for (const auto& thread : TheRegistry().threads) {
    if (thread->in_use && !thread->name.empty()) fn(*thread);
  }
}

}  // namespace sp::plugin_host
