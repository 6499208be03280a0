// Templates of access logs, checked where log and configuration meet.
#pragma once

#include "core/base/field_error.h"

namespace sallyport::v1 {
class Gateway;
}

namespace sp::server {

FieldErrors CheckAccessLogs(const sallyport::v1::Gateway& gateway);

}  // namespace sp::server
