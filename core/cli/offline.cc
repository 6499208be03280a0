#include "core/cli/offline.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/server/access_log_check.h"
#include "core/server/gateway.h"
#include "core/traffic/host/services.h"
#include "sallyport/v1/gateway.pb.h"

namespace sp::cli {

std::unique_ptr<OfflineSnapshot> CompileOffline(const OfflineOptions& options) {
  auto out = std::make_unique<OfflineSnapshot>();
  out->loaded = file::LoadFile(options.file);
  auto errors = file::Check(out->loaded);
  if (!out->loaded.broken) {
    plugin_host::PluginsOptions plugins;
    plugins.directories = {options.plugin_dir.empty() ? server::StandardPluginFolder() : options.plugin_dir};
    plugins.host = &host::Services();
    out->plugins = std::make_unique<plugin_host::Plugins>(std::move(plugins));
    out->configs = std::make_unique<plugin_host::ConfigCache>(&host::ConfigServices(), out->plugins->undertaker());
    out->compiler = std::make_unique<config::Compiler>(*out->plugins, *out->configs, 1);
    FieldErrors found = server::CheckAccessLogs(*out->loaded.gateway);
    out->snapshot = out->compiler->Compile(*out->loaded.gateway, out->loaded.folder, 1, &found);
    // What validation said about a place need not be said again.
    for (auto& located : file::Locate(out->loaded.positions, found)) {
      const bool known = std::any_of(errors.begin(), errors.end(), [&](const file::LocatedError& error) {
        return error.error.path == located.error.path;
      });
      if (!known) errors.push_back(std::move(located));
    }
  }
  if (errors.empty() && out->snapshot != nullptr) return out;
  fmt::print(stderr, "{}", file::RenderErrors(options.file, errors));
  return nullptr;
}

}  // namespace sp::cli
