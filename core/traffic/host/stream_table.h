// The table sp_http that every stream hook is given. Each function checks its arguments, that the caller is inside a
// hook or completion of that very stream (SP_E_PHASE otherwise), and the state of the message; then it does its work on
// the stream. One file per group of functions, named after it.
#pragma once

#include <sallyport/http_filter.h>

#include "core/traffic/downstream/stream.h"
#include "core/traffic/filter/chain.h"

namespace sp::host {

// Filled once; lives as long as the process. `services` must too.
const sp_http& StreamTable(const sp_host* services);

// Parts of the table.
void FillHeaderFunctions(sp_http* to);
void FillBodyFunctions(sp_http* to);
void FillControlFunctions(sp_http* to);
void FillWorkFunctions(sp_http* to);

// ---- what the parts share ----
inline std::string_view View(sp_str text) { return {text.ptr, static_cast<size_t>(text.len)}; }
inline sp_str Str(std::string_view text) { return {text.data(), text.size()}; }
inline bool Usable(sp_str text, uint64_t max) { return text.len <= max && (text.ptr != nullptr || text.len == 0); }

inline downstream::Stream& StreamOf(sp_stream* s) { return static_cast<downstream::Stream&>(s->chain->view()); }

using Phase = filter::Chain::Phase;
// SP_OK inside a hook or completion of `s`; `complete_too`: also in on_complete.
sp_status CheckPhase(const sp_stream* s, bool complete_too);

}  // namespace sp::host
