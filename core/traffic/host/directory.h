// Directory: the workers of this process by number, so that a reference (sp_ref) that a plugin's thread posts to finds
// its loop. A reference is {worker, place, generation}: it has no owner, and one whose target is gone finds nothing.
//
// Post from any thread; the rest on the worker's own.
#pragma once

#include <sallyport/plugin.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <vector>

#include "core/net/reactor.h"

namespace sp::host {

// What a reference leads to.
class PostTarget {
 public:
  // `data` is the receiver's from here on.
  virtual void OnPost(uint32_t tag, void* data, void(SP_CALL* drop)(void*)) = 0;
  virtual void OnOffloaded(uint32_t tag, void* data) = 0;

 protected:
  ~PostTarget() = default;
};

class RefTable {
 public:
  static constexpr uint32_t kMaxQueued = 10'000;  // posts under way to one worker

  explicit RefTable(net::Reactor& reactor);
  RefTable(const RefTable&) = delete;
  RefTable& operator=(const RefTable&) = delete;
  ~RefTable();

  sp_ref Add(PostTarget& target);
  void Remove(sp_ref ref);
  PostTarget* Find(sp_ref ref);

  // Any thread. See sp_host::post.
  static sp_status Post(sp_ref ref, uint32_t tag, void* data, void(SP_CALL* drop)(void*));
  // Any thread: runs `work` with the target (null where it is gone) on the target's worker. False where that is gone.
  static bool Run(sp_ref ref, std::function<void(PostTarget*)> work);

 private:
  struct Entry {
    PostTarget* target = nullptr;
    uint32_t generation = 1;
    uint32_t next_free = 0;
  };
  net::Reactor& reactor_;
  uint32_t worker_ = 0;
  std::vector<Entry> entries_;
  uint32_t free_ = UINT32_MAX;
  std::atomic<uint32_t> queued_{0};
};

}  // namespace sp::host
