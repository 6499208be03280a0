// Gateway: the whole process put together: workers, configuration, plugins, admin, signals.
//
//   SIGHUP, or a change of the file   re-applies it
//   SIGUSR1                           reopens access logs
//   SIGTERM, SIGINT                   drains; a second one ends at once
#pragma once

#include <memory>
#include <string>

namespace sallyport::v1 {
class Gateway;
}

namespace sp::server {

struct RunOptions {
  std::string file;        // the configuration; empty: `inline_config`
  std::string plugin_dir;  // of standard plugins, instead of <exe>/../lib/sallyport/plugins
  bool last_good = false;  // serve the last good configuration where the file's is refused
  std::shared_ptr<const sallyport::v1::Gateway> inline_config;
};

// Runs until it is told to stop. The exit status of the process: 1 where it could not start.
int Run(const RunOptions& options);

// `<exe>/../lib/sallyport/plugins`.
std::string StandardPluginFolder();

}  // namespace sp::server
