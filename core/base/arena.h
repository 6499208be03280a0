// Arena: bump allocation for everything that lives as long as one stream; freed in one step.
//
// Blocks come from the worker's SlabPool, so a warm worker allocates nothing. Destructors are not run. Text can be
// grown in place (Extend) while it is the newest allocation, which is how header fields that arrive in pieces become
// contiguous without a copy. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <string_view>
#include <type_traits>
#include <utility>

#include "core/base/slice.h"

namespace sp {

class Arena {
 public:
  explicit Arena(SlabPool& pool) : pool_(&pool) {}
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena() { Reset(); }

  // Never null; `align` a power of two ≤ 64. Zero bytes give a distinct non-null pointer.
  void* Allocate(size_t bytes, size_t align = alignof(std::max_align_t)) {
    const size_t start = (reinterpret_cast<size_t>(next_) + align - 1) & ~(align - 1);
    if (next_ == nullptr || start + bytes > reinterpret_cast<size_t>(end_)) return AllocateSlow(bytes, align);
    next_ = reinterpret_cast<char*>(start + bytes);
    return reinterpret_cast<void*>(start);
  }

  template <typename T, typename... Args>
  T* New(Args&&... args) {
    static_assert(std::is_trivially_destructible_v<T>, "an arena runs no destructors");
    return new (Allocate(sizeof(T), alignof(T))) T(std::forward<Args>(args)...);
  }
  template <typename T>
  T* NewArray(size_t n) {
    static_assert(std::is_trivially_destructible_v<T>);
    return static_cast<T*>(Allocate(sizeof(T) * n, alignof(T)));
  }

  std::string_view Copy(std::string_view text) {
    if (text.empty()) return {};
    char* to = static_cast<char*>(Allocate(text.size(), 1));
    std::memcpy(to, text.data(), text.size());
    return {to, text.size()};
  }
  // `text` (made by this arena, or empty) with `more` behind it; in place when `text` is the newest allocation.
  std::string_view Extend(std::string_view text, std::string_view more);

  // Frees everything at once; the arena can be used again.
  void Reset();
  // Bytes handed out by Allocate blocks, for limits and memory reports.
  size_t bytes_reserved() const { return reserved_; }

 private:
  struct Block {
    Slab* slab;
    Block* previous;
  };
  void* AllocateSlow(size_t bytes, size_t align);

  SlabPool* pool_;
  Block* last_ = nullptr;
  char* next_ = nullptr;
  char* end_ = nullptr;
  size_t reserved_ = 0;
};

}  // namespace sp
