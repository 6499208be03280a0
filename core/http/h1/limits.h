// Numbers of HTTP/1 alone. Each is what a peer may cost us before it is told no.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sp::h1 {

// Empty lines before a request line (RFC 9112 section 2.2 asks for one; T8).
inline constexpr uint32_t kMaxLeadingLines = 2;
// Beside the target: method, spaces, version.
inline constexpr size_t kMaxMethodBytes = 32;
inline constexpr size_t kMaxStatusLineBytes = 8 << 10;
// T15: digits of a chunk size, leading zeros included.
inline constexpr uint32_t kMaxChunkSizeDigits = 16;
// T17: a chunk of n bytes may cost 16+2n bytes of framing; what is above that may sum up to this. One chunk line is
// never longer than this either.
inline constexpr uint64_t kMaxChunkExcessBytes = 16 << 10;
// T19: how much of a body nobody wants is read to keep the connection.
inline constexpr uint64_t kMaxDrainBytes = 64 << 10;
// Bytes of further requests held while one is being answered (T24); beyond it reading stops.
inline constexpr size_t kMaxHeldBytes = 16 << 10;
// T100: 1xx answers before the final one.
inline constexpr uint32_t kMaxInformational = 16;

}  // namespace sp::h1
