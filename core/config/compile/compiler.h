// Compiler: a validated v1::Gateway into an immutable Snapshot; the one place where the resource model meets what
// workers run. What did not change since the last compilation is taken over: tables and clusters by their content,
// filter configs by their key.
//
// Config thread. Compiling starts nothing: filters' config_create runs, and that is all that `sallyport check` does.
//
//   Compiler compiler(plugins, configs);
//   FieldErrors errors;
//   auto snapshot = compiler.Compile(gateway, folder, version, &errors);   // null: errors has all that is wrong
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/field_error.h"
#include "core/plugin_host/filter_config.h"
#include "core/plugin_host/generations.h"
#include "core/traffic/snapshot/snapshot.h"

namespace sallyport::v1 {
class Gateway;
}

namespace sp::config {

struct CompiledTable;  // tables.h

class Compiler {
 public:
  // `workers`: what limits that hold for the whole process are divided by.
  Compiler(plugin_host::Plugins& plugins, plugin_host::ConfigCache& configs, uint32_t workers);
  ~Compiler();

  std::shared_ptr<const snapshot::Snapshot> Compile(const sallyport::v1::Gateway& gateway, const std::string& folder,
                                                    uint64_t version, FieldErrors* errors);

 private:
  plugin_host::Plugins& plugins_;
  plugin_host::ConfigCache& configs_;
  const uint32_t workers_;
  std::unordered_map<std::string, std::shared_ptr<const CompiledTable>> tables_;  // of the last compilation, by name
  std::unordered_map<std::string, std::shared_ptr<const cluster::ClusterSpec>> clusters_;
};

}  // namespace sp::config
