// A configuration compiled without a gateway around it: for `check` and `explain`.
#pragma once

#include <memory>
#include <string>

#include "core/config/compile/compiler.h"
#include "core/config/source/file/load.h"

namespace sp::cli {

struct OfflineOptions {
  std::string file;
  std::string plugin_dir;  // empty: beside the program
};

// Members are destroyed from the last to the first: the snapshot's configs before the plugins that they belong to.
struct OfflineSnapshot {
  file::LoadResult loaded;
  std::unique_ptr<plugin_host::Plugins> plugins;
  std::unique_ptr<plugin_host::ConfigCache> configs;
  std::unique_ptr<config::Compiler> compiler;
  std::shared_ptr<const snapshot::Snapshot> snapshot;
};

// Null, and every error printed on stderr, where the configuration is refused.
std::unique_ptr<OfflineSnapshot> CompileOffline(const OfflineOptions& options);

}  // namespace sp::cli
