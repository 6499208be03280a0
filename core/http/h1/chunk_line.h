// ChunkLine: reads `SIZE [; extensions] CRLF` (RFC 9112 section 7.1), byte by byte and strictly (THREATS T14, T15,
// T17).
//
// Extensions are checked and dropped: they belong to one hop. Framing may cost 16+2n bytes per chunk of n; what is
// above that adds up over the body to kMaxChunkExcessBytes at most, so tiny chunks stay legal and padding does not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/base/reason.h"

namespace sp::h1 {

class ChunkLine {
 public:
  // A body begins.
  void Reset() { *this = ChunkLine(); }
  // Reads up to the end of the line or the first bad byte. Returns how many bytes are good; `*reason` is set where the
  // byte behind them is bad. complete() tells the end of the line.
  size_t Read(std::string_view bytes, Reason* reason);
  bool complete() const { return state_ == State::kComplete; }
  uint64_t size() const { return size_; }
  // The next line begins.
  void Next();

 private:
  enum class State : uint8_t { kSize, kExtension, kQuoted, kEscaped, kLf, kComplete };

  Reason Take(unsigned char c);
  Reason TakeSize(unsigned char c);
  Reason TakeExtension(unsigned char c);

  uint64_t size_ = 0;
  uint64_t line_bytes_ = 0;
  uint64_t excess_bytes_ = 0;
  uint32_t digits_ = 0;
  State state_ = State::kSize;
  bool extended_ = false;
};

}  // namespace sp::h1
