// What every function of the tables asks first: is it allowed here, are the arguments usable. Private to this folder.
#pragma once

#include <sallyport/config.h>

#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "core/plugin_host/phase.h"

namespace sp::plugin_host {

// True in one of the phases. Else the first such call of a config is logged, naming where it would be allowed.
bool InPhase(const sp_config* c, std::initializer_list<Phase> allowed, std::string_view function);
void LogPhase(const sp_config* c, std::string_view function, std::string_view allowed);

inline std::string_view View(const sp_str& text) { return {text.ptr, text.len}; }
inline sp_str Str(std::string_view text) { return {text.data(), text.size()}; }
// There are bytes where the length says so, and not more than `max`.
inline bool Usable(const sp_str& text, uint64_t max) {
  return text.len <= max && (text.len == 0 || text.ptr != nullptr);
}

}  // namespace sp::plugin_host
