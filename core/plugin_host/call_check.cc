#include "core/plugin_host/call_check.h"

#include <algorithm>
#include <string>

#include "core/base/log.h"
#include "core/plugin_host/config_object.h"

namespace sp::plugin_host {
namespace {

std::string_view TagOf(Phase phase) {
  switch (phase) {
    case Phase::kCreate:
      return "[create]";
    case Phase::kStart:
      return "[start]";
    case Phase::kStop:
      return "[stop]";
    default:
      return "";
  }
}

}  // namespace

bool InPhase(const sp_config* c, std::initializer_list<Phase> allowed, std::string_view function) {
  if (std::find(allowed.begin(), allowed.end(), PhaseOf(c)) != allowed.end()) return true;
  std::string tags;
  for (const Phase phase : allowed) {
    if (!tags.empty()) tags += " ";
    tags += TagOf(phase);
  }
  LogPhase(c, function, tags);
  return false;
}

void LogPhase(const sp_config* c, std::string_view function, std::string_view allowed) {
  if (!c->FirstPhaseError()) return;
  SP_LOG(kWarn, "plugin {}, filter {}: {} was called where it is not allowed, only in {}; it had no effect", c->plugin,
         c->filter, function, allowed);
}

}  // namespace sp::plugin_host
