#include <CLI/CLI.hpp>

#include "core/cli/commands.h"

int main(int argc, char** argv) {
  CLI::App app("Sallyport, an API gateway and sidecar proxy", "sallyport");
  app.require_subcommand(1);
  sp::cli::Run run;
  for (const auto add : {sp::cli::AddRun, sp::cli::AddProxy, sp::cli::AddCheck, sp::cli::AddExplain, sp::cli::AddSchema,
                         sp::cli::AddPlugin, sp::cli::AddVersion}) {
    add(app, run);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return run ? run() : 2;
}
