// sallyport check FILE: every error of a configuration, plugins and all, without serving it. Nothing is started: of
// plugins only config_create runs.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "core/cli/commands.h"
#include "core/cli/offline.h"

namespace sp::cli {

void AddCheck(CLI::App& app, Run& run) {
  auto* command = app.add_subcommand("check", "Find every error of a configuration");
  auto options = std::make_shared<OfflineOptions>();
  command->add_option("FILE", options->file, "The configuration, YAML or JSON")->required();
  command->add_option("--plugin-dir", options->plugin_dir, "Where the standard plugins are");
  command->callback([options, &run] {
    run = [options] {
      const auto compiled = CompileOffline(*options);
      if (compiled == nullptr) return 1;
      const auto& snapshot = *compiled->snapshot;
      fmt::print("{}: good: {} listeners, {} route tables, {} clusters, {} filters\n", options->file,
                 snapshot.listeners.size(), snapshot.tables.size(), snapshot.clusters.size(), snapshot.configs.size());
      return 0;
    };
  });
}

}  // namespace sp::cli
