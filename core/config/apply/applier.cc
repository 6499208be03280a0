#include "core/config/apply/applier.h"

#include <utility>

#include "core/config/apply/last_good.h"
#include "core/config/validate/validate.h"
#include "sallyport/v1/gateway.pb.h"

namespace sp::config {

namespace v1 = ::sallyport::v1;

Applier::~Applier() = default;

std::shared_ptr<const v1::Gateway> Applier::running() const {
  const std::lock_guard lock(mutex_);
  return running_;
}

ApplyResult Applier::Apply(const v1::Gateway& gateway, const std::string& folder) {
  ApplyResult result;
  result.version = version();
  result.errors = Validate(gateway);
  const auto before = running();
  if (result.ok() && before != nullptr) result.errors = CheckStartOnly(*before, gateway);
  if (!result.ok()) return result;
  const uint64_t next = result.version + 1;
  const auto snapshot = compiler_.Compile(gateway, folder, next, &result.errors);
  if (snapshot == nullptr) return result;
  result.errors = publisher_.Prepare(snapshot);
  if (!result.ok()) return result;
  result.late = publisher_.Publish();
  result.version = next;
  version_.store(next, std::memory_order_release);
  {
    const std::lock_guard lock(mutex_);
    running_ = std::make_shared<const v1::Gateway>(gateway);
  }
  plugins_.Sweep();
  configs_.Sweep();
  if (!gateway.state_dir().empty()) KeepLastGood(gateway, folder);
  return result;
}

}  // namespace sp::config
