// The commands of `sallyport`, a file each. Add* declares a command; what it does is stored in `run`, which main calls
// when that command was given. Exit status: 0 done, 1 refused or failed, 2 wrong usage.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace sp::cli {

using Run = std::function<int()>;

void AddRun(CLI::App& app, Run& run);
void AddCheck(CLI::App& app, Run& run);
void AddExplain(CLI::App& app, Run& run);
void AddProxy(CLI::App& app, Run& run);
void AddSchema(CLI::App& app, Run& run);
void AddPlugin(CLI::App& app, Run& run);
void AddVersion(CLI::App& app, Run& run);

}  // namespace sp::cli
