// The tables that plugins get, as far as plugin_host can fill them. traffic/host (and the test host) starts from these
// and puts its own functions in the place of those that need a loop.
//
//   sp_host services{};
//   FillServices(&services);            // then: now, now_precise, wall, random, post of one's own
//   sp_config_host config_host{};
//   FillConfigHost(&services, &config_host);
#pragma once

#include <sallyport/config.h>

namespace sp::plugin_host {

// Everything of sp_host. log, log_level: the process log. Metrics and store: c->runtime, or SP_E_PHASE. Time: the
// system's clocks. random: the system's. post: SP_E_GONE, after drop.
void FillServices(sp_host* to);

// Everything of sp_config_host: the [create] functions, answered by the sp_config itself, and the others, which check
// the phase and go to c->runtime.
void FillConfigHost(const sp_host* services, sp_config_host* to);
// Only the [create] functions.
void FillCreateFunctions(sp_config_host* to);

// Copies the words of `level` to where plugins read them (sp_host::log_level). Call it after SetLogLevel.
void SyncLogLevel();

// `call` in full size, whatever header it was made with, with the defaults of its header filled in. SP_E_ARG for a null
// or a length without a pointer, for what is out of bounds, and for a cluster that is none of `c`. What the bytes of
// headers and path may be is not looked at.
sp_status CallView(const sp_config* c, const sp_call* call, sp_call* full);

}  // namespace sp::plugin_host
