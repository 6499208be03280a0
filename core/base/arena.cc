#include "core/base/arena.h"

#include <algorithm>

namespace sp {

void* Arena::AllocateSlow(size_t bytes, size_t align) {
  // The first block is small: most streams need little more than their heads.
  const size_t usual = (last_ == nullptr ? SlabPool::kSmall : SlabPool::kMedium) - sizeof(Slab);
  Slab* slab = pool_->Acquire(std::max(usual, bytes + align + sizeof(Block)));
  auto* block = reinterpret_cast<Block*>(slab->bytes());
  block->slab = slab;
  block->previous = last_;
  last_ = block;
  reserved_ += slab->capacity;
  next_ = slab->bytes() + sizeof(Block);
  end_ = slab->bytes() + slab->capacity;
  const size_t start = (reinterpret_cast<size_t>(next_) + align - 1) & ~(align - 1);
  next_ = reinterpret_cast<char*>(start + bytes);
  return reinterpret_cast<void*>(start);
}

std::string_view Arena::Extend(std::string_view text, std::string_view more) {
  if (text.empty()) return Copy(more);
  if (more.empty()) return text;
  if (text.data() + text.size() == next_ && static_cast<size_t>(end_ - next_) >= more.size()) {
    std::memcpy(next_, more.data(), more.size());
    next_ += more.size();
    return {text.data(), text.size() + more.size()};
  }
  // Twice the room, so that a field that grows byte by byte is copied a logarithmic number of times.
  const size_t size = text.size() + more.size();
  char* to = static_cast<char*>(Allocate(size * 2, 1));
  next_ = to + size;
  std::memcpy(to, text.data(), text.size());
  std::memcpy(to + text.size(), more.data(), more.size());
  return {to, size};
}

void Arena::Reset() {
  while (last_ != nullptr) {
    Slab* slab = last_->slab;
    last_ = last_->previous;
    slab->Release();
  }
  next_ = end_ = nullptr;
  reserved_ = 0;
}

}  // namespace sp
