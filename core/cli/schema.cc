// sallyport schema: the JSON Schema of the configuration, standard plugins' configs included.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <map>
#include <memory>
#include <string>

#include "core/cli/commands.h"
#include "core/config/json_schema.h"
#include "core/plugin_host/generations.h"
#include "core/plugin_host/manifest.h"
#include "core/server/gateway.h"

namespace sp::cli {
namespace {

int PrintSchema(const std::string& plugin_dir) {
  const std::string folder = plugin_dir.empty() ? server::StandardPluginFolder() : plugin_dir;
  plugin_host::PluginsOptions options;
  options.directories = {folder};
  const plugin_host::Plugins plugins(std::move(options));
  std::map<std::string, config::FilterSchemas> schemas;
  for (const std::string& name : plugins.StandardNames()) {
    const auto read = plugin_host::ReadManifestFile(folder + "/lib" + name + ".so");
    if (!read.manifest) continue;
    const auto key = [&](const std::string& filter) { return filter == name ? name : name + "/" + filter; };
    for (const auto& schema : read.manifest->schemas) schemas[key(schema.filter)].config = schema.json;
    for (const auto& schema : read.manifest->route_schemas) schemas[key(schema.filter)].route_config = schema.json;
  }
  fmt::print("{}\n", config::JsonSchema(schemas));
  return 0;
}

}  // namespace

void AddSchema(CLI::App& app, Run& run) {
  auto* command = app.add_subcommand("schema", "Print the JSON Schema of the configuration, for editors");
  auto plugin_dir = std::make_shared<std::string>();
  command->add_option("--plugin-dir", *plugin_dir, "Where the standard plugins are");
  command->callback([plugin_dir, &run] { run = [plugin_dir] { return PrintSchema(*plugin_dir); }; });
}

}  // namespace sp::cli
