// Why llhttp refused a byte of a field section or chunk, as one of our reasons: by its error, and where that is not
// fine enough by its text (the same in all of llhttp 9) and the bytes at which it stopped.
#pragma once

#include <string_view>

#include "core/base/reason.h"

struct llhttp__internal_s;

namespace sp::h1 {

// `bytes` is what llhttp_execute was given when it failed, `last_byte` the byte before them.
Reason FieldReason(const llhttp__internal_s& parser, std::string_view bytes, char last_byte);

}  // namespace sp::h1
