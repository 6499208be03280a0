// Publisher: who brings a compiled snapshot to the workers; the seam between config and server. Config thread only.
#pragma once

#include <memory>
#include <string>

#include "core/base/field_error.h"
#include "core/traffic/snapshot/snapshot.h"

namespace sp::config {

class Publisher {
 public:
  // Opens the sockets of new addresses, starts new filter configs on their home workers against the pending snapshot,
  // and waits for those that must be ready. With errors everything is as it was before.
  virtual FieldErrors Prepare(std::shared_ptr<const snapshot::Snapshot> snapshot) = 0;
  // The prepared snapshot serves on every worker when this returns with an empty text; else it names the workers that
  // have not acknowledged within 10 s (they will as soon as they can; nothing is rolled back).
  virtual std::string Publish() = 0;

 protected:
  ~Publisher() = default;
};

}  // namespace sp::config
