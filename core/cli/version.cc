// sallyport version
#include "core/server/version.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "core/cli/commands.h"

namespace sp::cli {

void AddVersion(CLI::App& app, Run& run) {
  app.add_subcommand("version", "Print the version")->callback([&run] {
    run = [] {
      fmt::print("sallyport {}\n", server::kVersion);
      return 0;
    };
  });
}

}  // namespace sp::cli
