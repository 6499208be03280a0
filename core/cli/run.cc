// sallyport run FILE: serves that configuration.
#include <CLI/CLI.hpp>
#include <memory>

#include "core/cli/commands.h"
#include "core/server/gateway.h"

namespace sp::cli {

void AddRun(CLI::App& app, Run& run) {
  auto* command = app.add_subcommand("run", "Serve a configuration until told to stop");
  auto options = std::make_shared<server::RunOptions>();
  command->add_option("FILE", options->file, "The configuration, YAML or JSON")->required();
  command->add_flag("--last-good", options->last_good,
                    "If FILE is refused, serve what was applied last (see state_dir)");
  command->add_option("--plugin-dir", options->plugin_dir, "Where the standard plugins are");
  command->callback([options, &run] { run = [options] { return server::Run(*options); }; });
}

}  // namespace sp::cli
