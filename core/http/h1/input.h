// Input: bytes that an HTTP/1 connection was given and has not parsed yet: the slice that is being read, and behind it
// what came while that was not finished (a pause, an exchange under way). Small pieces behind are packed.
#pragma once

#include <cstddef>
#include <string_view>
#include <utility>

#include "core/base/buffer_chain.h"

namespace sp::h1 {

class Input {
 public:
  bool empty() const { return current_.empty() && held_.empty(); }
  size_t size() const { return current_.size() + held_.size(); }

  void Add(Slice bytes, SlabPool& pool) {
    if (empty()) {
      current_ = std::move(bytes);
    } else {
      held_.AppendPacked(std::move(bytes), pool);
    }
  }
  // Whether there is something to read in view().
  bool Next() {
    if (current_.empty() && !held_.empty()) current_ = held_.PopFront();
    return !current_.empty();
  }
  std::string_view view() const { return current_.view(); }
  // A part of view() that outlives it.
  Slice Sub(size_t offset, size_t size) const { return current_.Sub(offset, size); }
  void Consume(size_t bytes) {
    current_.RemovePrefix(bytes);
    // An empty slice would keep its slab from being read into again.
    if (current_.empty()) current_ = Slice();
  }
  void Clear() {
    current_ = Slice();
    held_.Clear();
  }

 private:
  Slice current_;
  BufferChain held_;
};

}  // namespace sp::h1
