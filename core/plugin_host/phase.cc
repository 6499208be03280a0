#include "core/plugin_host/phase.h"

#include <utility>

namespace sp::plugin_host {
namespace {

thread_local const sp_config* current_config = nullptr;
thread_local Phase current_phase = Phase::kNone;

}  // namespace

PhaseScope::PhaseScope(const sp_config* config, Phase phase)
    : previous_config_(std::exchange(current_config, config)), previous_phase_(std::exchange(current_phase, phase)) {}

PhaseScope::~PhaseScope() {
  current_config = previous_config_;
  current_phase = previous_phase_;
}

Phase PhaseOf(const sp_config* config) { return config == current_config ? current_phase : Phase::kNone; }

}  // namespace sp::plugin_host
