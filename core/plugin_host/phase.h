// Phase: which callback of which config the calling thread is in. The ABI's tags [create], [start] and [stop] are
// checked against it, so a call from another thread, or for another config, is refused as well.
//
//   PhaseScope scope(config, Phase::kStart);   // around every call into start, on_config_event and what they lead to
#pragma once

#include <sallyport/config.h>

#include <cstdint>

namespace sp::plugin_host {

enum class Phase : uint8_t { kNone, kCreate, kStart, kStop };

class PhaseScope {
 public:
  PhaseScope(const sp_config* config, Phase phase);
  PhaseScope(const PhaseScope&) = delete;
  PhaseScope& operator=(const PhaseScope&) = delete;
  ~PhaseScope();

 private:
  const sp_config* previous_config_;
  Phase previous_phase_;
};

// The phase of `config` on this thread.
Phase PhaseOf(const sp_config* config);

}  // namespace sp::plugin_host
