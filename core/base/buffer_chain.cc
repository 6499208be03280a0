#include "core/base/buffer_chain.h"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace sp {

BufferChain& BufferChain::operator=(BufferChain&& o) noexcept {
  if (this == &o) return *this;
  Clear();
  if (o.heap_) {
    heap_ = std::move(o.heap_);
    capacity_ = std::exchange(o.capacity_, kInline);
    head_ = std::exchange(o.head_, 0);
  } else {
    heap_.reset();
    capacity_ = kInline;
    head_ = 0;
    for (uint32_t i = 0; i < o.count_; ++i) inline_[i] = std::move(o.at(i));
    o.head_ = 0;
  }
  count_ = std::exchange(o.count_, 0);
  bytes_ = std::exchange(o.bytes_, 0);
  return *this;
}

void BufferChain::Grow() {
  auto bigger = std::make_unique<Slice[]>(capacity_ * 2);
  for (uint32_t i = 0; i < count_; ++i) bigger[i] = std::move(at(i));
  heap_ = std::move(bigger);
  capacity_ *= 2;
  head_ = 0;
}

void BufferChain::Append(Slice slice) {
  if (slice.empty()) return;
  if (count_ == capacity_) Grow();
  bytes_ += slice.size();
  at(count_++) = std::move(slice);
}

void BufferChain::AppendPacked(Slice slice, SlabPool& pool) {
  if (slice.empty()) return;
  if (slice.size() >= kPackBelow || count_ == 0) return Append(std::move(slice));
  Slice& tail = at(count_ - 1);
  Slab* slab = tail.slab();
  const bool packable = slab != nullptr && slab->Unique();
  const size_t used = packable ? static_cast<size_t>(tail.data() + tail.size() - slab->bytes()) : 0;
  if (packable && slab->capacity - used >= slice.size()) {
    std::memcpy(slab->bytes() + used, slice.data(), slice.size());
    tail.ExtendBy(slice.size());
    bytes_ += slice.size();
    return;
  }
  Slab* fresh = pool.Acquire(SlabPool::kSmall - sizeof(Slab));
  std::memcpy(fresh->bytes(), slice.data(), slice.size());
  Append(Slice(fresh, fresh->bytes(), slice.size()));
}

void BufferChain::Append(BufferChain&& other) {
  if (count_ == 0) {
    *this = std::move(other);
    return;
  }
  for (uint32_t i = 0; i < other.count_; ++i) Append(std::move(other.at(i)));
  other.Clear();
}

void BufferChain::Prepend(Slice slice) {
  if (slice.empty()) return;
  if (count_ == capacity_) Grow();
  head_ = (head_ + capacity_ - 1) & (capacity_ - 1);
  ++count_;
  bytes_ += slice.size();
  at(0) = std::move(slice);
}

BufferChain BufferChain::Share() const {
  BufferChain copy;
  for (uint32_t i = 0; i < count_; ++i) copy.Append(at(i));
  return copy;
}

Slice BufferChain::PopFront() {
  assert(count_ > 0);
  Slice front = std::move(at(0));
  head_ = (head_ + 1) & (capacity_ - 1);
  --count_;
  bytes_ -= front.size();
  return front;
}

void BufferChain::Drain(size_t n) {
  assert(n <= bytes_);
  while (n > 0) {
    Slice& front = at(0);
    if (front.size() > n) {
      front.RemovePrefix(n);
      bytes_ -= n;
      return;
    }
    n -= front.size();
    PopFront();
  }
}

void BufferChain::MoveTo(BufferChain& to, size_t n) {
  assert(n <= bytes_);
  while (n > 0) {
    Slice& front = at(0);
    if (front.size() > n) {
      to.Append(front.Sub(0, n));
      front.RemovePrefix(n);
      bytes_ -= n;
      return;
    }
    n -= front.size();
    to.Append(PopFront());
  }
}

void BufferChain::Clear() {
  while (count_ > 0) PopFront();
  head_ = 0;
  bytes_ = 0;  // also after slices were moved out (Append)
}

void BufferChain::CopyOut(size_t offset, size_t n, char* to) const {
  for (uint32_t i = 0; i < count_ && n > 0; ++i) {
    const Slice& s = at(i);
    if (offset >= s.size()) {
      offset -= s.size();
      continue;
    }
    const size_t part = std::min(n, s.size() - offset);
    std::memcpy(to, s.data() + offset, part);
    to += part;
    n -= part;
    offset = 0;
  }
  assert(n == 0);
}

std::string_view BufferChain::Contiguous(size_t offset, size_t n, std::string& scratch) const {
  size_t skip = offset;
  for (uint32_t i = 0; i < count_; ++i) {
    const Slice& s = at(i);
    if (skip < s.size()) {
      if (s.size() - skip >= n) return s.view().substr(skip, n);
      break;
    }
    skip -= s.size();
  }
  scratch.resize(n);
  CopyOut(offset, n, scratch.data());
  return scratch;
}

std::string BufferChain::ToString() const {
  std::string out(bytes_, '\0');
  CopyOut(0, bytes_, out.data());
  return out;
}

}  // namespace sp
