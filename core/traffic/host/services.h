// The tables sp_host and sp_config_host as a running gateway gives them: those of plugin_host, with the time of the
// loop turn and with posts that find their worker.
#pragma once

#include <sallyport/config.h>

namespace sp::host {

// Made once; they live as long as the process.
const sp_host& Services();
const sp_config_host& ConfigServices();

}  // namespace sp::host
