#include "core/http/h1/chunk_line.h"

#include <algorithm>

#include "core/http/ascii.h"
#include "core/http/h1/limits.h"

namespace sp::h1 {

size_t ChunkLine::Read(std::string_view bytes, Reason* reason) {
  size_t i = 0;
  while (i < bytes.size() && state_ != State::kComplete) {
    *reason = Take(static_cast<unsigned char>(bytes[i]));
    if (*reason != Reason::kNone) return i;
    ++i;
  }
  return i;
}

void ChunkLine::Next() {
  size_ = 0;
  line_bytes_ = 0;
  digits_ = 0;
  state_ = State::kSize;
  extended_ = false;
}

Reason ChunkLine::Take(unsigned char c) {
  // The CRLF behind the data counts for the line ahead of it.
  const uint64_t cost = excess_bytes_ + ++line_bytes_ + 2;
  const uint64_t free = 16 + 2 * std::min(size_, kMaxChunkExcessBytes);
  if (line_bytes_ > kMaxChunkExcessBytes || cost > free + kMaxChunkExcessBytes) return Reason::kH1ChunkOverhead;
  switch (state_) {
    case State::kSize:
      return TakeSize(c);
    case State::kLf:
      if (c != '\n') return extended_ ? Reason::kH1ChunkExt : Reason::kH1BareCr;
      excess_bytes_ = cost > free ? cost - free : 0;
      state_ = State::kComplete;
      return Reason::kNone;
    case State::kExtension:
    case State::kQuoted:
    case State::kEscaped:
      return TakeExtension(c);
    case State::kComplete:
      break;
  }
  return Reason::kH1ChunkSize;
}

Reason ChunkLine::TakeSize(unsigned char c) {
  if (http::Is(static_cast<char>(c), http::ascii::kHexDigit)) {
    // 16 digits fit 64 bits; above 2^63-1 is refused, so that sums of sizes can be checked without overflow.
    if (++digits_ > kMaxChunkSizeDigits || (digits_ == kMaxChunkSizeDigits && size_ >> 59 != 0)) {
      return Reason::kH1ChunkSize;
    }
    size_ = size_ << 4 | http::HexValue(static_cast<char>(c));
    return Reason::kNone;
  }
  if (digits_ == 0) return Reason::kH1ChunkSize;
  if (c == '\r') {
    state_ = State::kLf;
  } else if (c == ';') {
    extended_ = true;
    state_ = State::kExtension;
  } else {
    return c == '\n' ? Reason::kH1BareLf : Reason::kH1ChunkSize;
  }
  return Reason::kNone;
}

// Only what could end the line for one reader and not for another matters here; llhttp checks the grammar behind us.
Reason ChunkLine::TakeExtension(unsigned char c) {
  const bool control = (c < 0x20 && c != '\t') || c == 0x7f;
  if (c == '\r' && state_ == State::kExtension) {
    state_ = State::kLf;
    return Reason::kNone;
  }
  if (control) return Reason::kH1ChunkExt;
  if (state_ == State::kEscaped) {
    state_ = State::kQuoted;
  } else if (state_ == State::kQuoted && c == '\\') {
    state_ = State::kEscaped;
  } else if (c == '"') {
    state_ = state_ == State::kQuoted ? State::kExtension : State::kQuoted;
  }
  return Reason::kNone;
}

}  // namespace sp::h1
