// BufferChain: a queue of slices, the form every body and every pending write has. Bytes enter at the tail and leave
// at the head; moving a chain moves no bytes. Small pieces are packed (Append with a pool), so that a body that comes
// in 1-byte chunks costs at most twice its bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/slice.h"

namespace sp {

class BufferChain {
 public:
  BufferChain() = default;
  BufferChain(BufferChain&& o) noexcept { *this = std::move(o); }
  BufferChain& operator=(BufferChain&& o) noexcept;
  BufferChain(const BufferChain&) = delete;
  BufferChain& operator=(const BufferChain&) = delete;
  ~BufferChain() { Clear(); }

  size_t size() const { return bytes_; }  // bytes
  bool empty() const { return bytes_ == 0; }
  size_t slice_count() const { return count_; }
  const Slice& slice(size_t i) const { return at(i); }

  // Appends; an empty slice is dropped.
  void Append(Slice slice);
  // Appends, but copies pieces below kPackBelow bytes into the tail slab where there is room.
  void AppendPacked(Slice slice, SlabPool& pool);
  void Append(BufferChain&& other);
  void Prepend(Slice slice);
  // Another chain over the same slabs.
  BufferChain Share() const;

  // Removes the first n bytes (n ≤ size()).
  void Drain(size_t n);
  // Moves the first n bytes to the end of `to`.
  void MoveTo(BufferChain& to, size_t n);
  Slice PopFront();
  void Clear();

  void CopyOut(size_t offset, size_t n, char* to) const;
  // The bytes [offset, offset+n) in one piece: in place where one slice holds them all, else in `scratch`.
  std::string_view Contiguous(size_t offset, size_t n, std::string& scratch) const;
  std::string ToString() const;

  static constexpr size_t kPackBelow = 512;

 private:
  static constexpr uint32_t kInline = 4;
  Slice& at(size_t i) { return slots()[(head_ + i) & (capacity_ - 1)]; }
  const Slice& at(size_t i) const { return const_cast<BufferChain*>(this)->at(i); }
  Slice* slots() { return heap_ ? heap_.get() : inline_; }
  void Grow();

  Slice inline_[kInline];
  std::unique_ptr<Slice[]> heap_;
  uint32_t capacity_ = kInline;  // a power of two
  uint32_t head_ = 0;
  uint32_t count_ = 0;
  size_t bytes_ = 0;
};

}  // namespace sp
