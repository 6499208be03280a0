#include "core/traffic/host/stream_table.h"

namespace sp::host {

sp_status CheckPhase(const sp_stream* s, bool complete_too) {
  if (s == nullptr) return SP_E_ARG;
  switch (s->chain->phase(*s)) {
    case Phase::kHook:
    case Phase::kCompletion:
      return s->chain->finished() ? SP_E_GONE : SP_OK;
    case Phase::kComplete:
      return complete_too ? SP_OK : SP_E_PHASE;
    case Phase::kNone:
      break;
  }
  return SP_E_PHASE;
}

const sp_http& StreamTable(const sp_host* services) {
  static const sp_http table = [services] {
    sp_http t{};
    t.size = sizeof t;
    t.host = services;
    FillHeaderFunctions(&t);
    FillBodyFunctions(&t);
    FillControlFunctions(&t);
    FillWorkFunctions(&t);
    return t;
  }();
  return table;
}

}  // namespace sp::host
