// Flow control: how the gateway makes one side wait for the other. All of it is here.
//
// Request:  bytes that wait = what the upstream connection has not taken + what paused filters keep.
//           Above kPause the codec is told to pause the body: it stops asking for input, the transport stops reading,
//           the client's window closes. Below kResume it goes on.
// Response: bytes that wait = what the client has not taken + what paused filters keep; the forwarder pauses likewise.
//
// A filter that HOLDs wants more, so what it holds doesn't count here; its own limit bounds that.
#pragma once

#include <cstddef>

namespace sp::downstream {

struct FlowControl {
  static constexpr size_t kPause = 64 << 10;  // bytes
  static constexpr size_t kResume = 32 << 10;
  static bool ShouldPause(size_t waiting) { return waiting > kPause; }
  static bool ShouldResume(size_t waiting) { return waiting <= kResume; }
};

}  // namespace sp::downstream
