// sp_stream: one filter's place in one stream; the handle that its hooks are given. It lives in the stream's arena.
//
// Per direction a place keeps what the filter has not let go (PLUGIN_ABI B1) and what it has been told of. The facts
// are flags that are only ever set; `gate` says what the next piece meets:
//
//            CONTINUE                  DETACH
//   open  <-----------  (hook)  --------------> detached (no more hooks, everything passes)
//             HOLD  |          | PAUSE
//                   v          v
//                 held       paused --resume(CONTINUE)--> open
//                                   --resume(HOLD)------> held
#pragma once

#include <sallyport/http_filter.h>

#include <cstdint>

#include "core/base/buffer_chain.h"
#include "core/traffic/filter/chain_spec.h"

namespace sp::filter {

class Chain;

enum class Gate : uint8_t { kOpen, kHeld, kPaused, kDetached };

struct DirectionState {
  // What has come, what the filter was told, what it let go.
  static constexpr uint16_t kHeadHere = 1, kHeadTold = 2, kHeadGone = 4, kBodyEndTold = 8, kTrailersHere = 16,
                            kTrailersTold = 32, kTrailersGone = 64, kEndHere = 128, kEndGone = 256,
                            kBodyEdited = 512,  // the held body was changed, or will be
      kLengthDeclared = 1024,                   // the head went with a Content-Length
      kLimitTold = 2048;

  BufferChain* held = nullptr;  // made when the first body byte comes
  uint64_t untold = 0;          // bytes at the end of `held` that no hook has seen
  uint16_t flags = 0;
  Gate gate = Gate::kOpen;
  uint8_t resume = 0;  // 1 + the sp_result asked for by resume(), applied after the hook; 0: none

  bool Has(uint16_t f) const { return (flags & f) == f; }
  bool HasAny(uint16_t f) const { return (flags & f) != 0; }
  size_t held_bytes() const { return held == nullptr ? 0 : held->size(); }
};

}  // namespace sp::filter

struct sp_stream {
  sp::filter::Chain* chain;
  const sp::filter::FilterSpec* spec;
  const sp::filter::FilterState* state;
  const void* config;       // effective on the stream's route
  const sp_config* object;  // the host's side of it
  const sp::filter::MetadataMap* metadata;
  void* self;  // the instance; null before the first hook
  void* work;  // of core/traffic/host: open calls and timers
  sp::filter::DirectionState dir[2];
  uint16_t index;  // place in the chain
  bool disabled;   // by the route
  bool dead;       // failed, and the chain goes on without it
  bool had_hook;
};
