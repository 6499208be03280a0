// Applier: the one transaction through which every change of the configuration goes, whatever source it comes from.
//
//   validate -> start-only fields -> compile -> prepare -> publish -> keep as last good
//
// A step that fails leaves everything as it was and says all that is wrong. Config thread, but for the read-only state.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "core/base/field_error.h"
#include "core/config/compile/compiler.h"
#include "core/config/publisher.h"

namespace sallyport::v1 {
class Gateway;
}

namespace sp::config {

struct ApplyResult {
  uint64_t version = 0;  // that runs now: the new one, or where it was refused the one before
  FieldErrors errors;    // why it was refused
  std::string late;      // workers that have not acknowledged yet
  bool ok() const { return errors.empty(); }
};

class Applier {
 public:
  Applier(Compiler& compiler, plugin_host::Plugins& plugins, plugin_host::ConfigCache& configs, Publisher& publisher)
      : compiler_(compiler), plugins_(plugins), configs_(configs), publisher_(publisher) {}
  ~Applier();

  // `folder`: where relative file names start.
  ApplyResult Apply(const sallyport::v1::Gateway& gateway, const std::string& folder);

  // Any thread.
  uint64_t version() const { return version_.load(std::memory_order_acquire); }
  std::shared_ptr<const sallyport::v1::Gateway> running() const;

 private:
  Compiler& compiler_;
  plugin_host::Plugins& plugins_;
  plugin_host::ConfigCache& configs_;
  Publisher& publisher_;
  std::atomic<uint64_t> version_{0};
  mutable std::mutex mutex_;
  std::shared_ptr<const sallyport::v1::Gateway> running_;
};

}  // namespace sp::config
