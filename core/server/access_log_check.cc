#include "core/server/access_log_check.h"

#include "core/operate/telemetry/format.h"
#include "sallyport/v1/gateway.pb.h"

namespace sp::server {

namespace v1 = ::sallyport::v1;

namespace {

void Check(const v1::AccessLog& log, const FieldPath& at, FieldErrors* errors) {
  if (log.template_().empty()) return;
  auto error = telemetry::CheckTemplate(log.template_());
  if (!error) return;
  error->path = at.Field("template").str();
  errors->push_back(std::move(*error));
}

}  // namespace

FieldErrors CheckAccessLogs(const v1::Gateway& gateway) {
  FieldErrors errors;
  Check(gateway.access_log(), FieldPath("access_log"), &errors);
  for (int i = 0; i < gateway.listeners_size(); ++i) {
    const FieldPath at = FieldPath("listeners").Index(static_cast<size_t>(i)).Field("access_log");
    Check(gateway.listeners(i).access_log(), at, &errors);
  }
  return errors;
}

}  // namespace sp::server
