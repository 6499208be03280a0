// Guard: a call into a plugin that lets no exception pass. Nothing may be thrown across the line (PLUGIN_ABI c12), but
// where it happens and can be caught, the plugin fails and not the process.
#pragma once

#include <cxxabi.h>

#include <exception>
#include <string>

#include <sallyport/abi.h>

namespace sp::plugin_host {

// What `call` returned; SP_E_FAILED where it threw, and then what, in `thrown`.
template <typename Call>
sp_status Guard(Call&& call, std::string* thrown) {
  try {
    return call();
  } catch (const abi::__forced_unwind&) {
    throw;  // a thread being cancelled; may not be stopped
  } catch (const std::exception& e) {
    *thrown = e.what();
  } catch (...) {
    *thrown = "something that is no std::exception";
  }
  return SP_E_FAILED;
}

}  // namespace sp::plugin_host
