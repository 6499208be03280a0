// Whether a configuration makes sense as a whole, before any plugin is asked: every error at once, by path, with a
// suggestion where a name was nearly right.
//
//   FieldErrors errors = Validate(gateway);
//   clusters[3].endpoints[0].address: must be an IP address and port such as 127.0.0.1:9001
//   route_tables[0].routes[7].cluster: there is no cluster "usres" (did you mean "users"?)
//
// What is checked: the rules that stand beside each field in the .proto (rules.cc), names and references,
// addresses against each other, what may stand together in a route, delegation between tables, and which filters are
// there for the policies and configs that name them. Not: whether files exist and what plugins say of their configs;
// compiling finds those. Pure; any thread. At most kMaxErrors are given.
#pragma once

#include <cstddef>
#include <string_view>

#include "core/base/field_error.h"

namespace sallyport::v1 {
class Gateway;
}

namespace sp::config {

struct ValidateOptions {
  // Off where a part of the configuration could not be read: then a name that isn't there proves nothing.
  bool references = true;
};

inline constexpr size_t kMaxErrors = 1000;
// What is said of a field that isn't there.
inline constexpr std::string_view kIsRequired = "is required";

FieldErrors Validate(const sallyport::v1::Gateway& gateway, const ValidateOptions& options = {});

// The fields that are read at start alone and differ: each an error that says so. For an apply at run time.
FieldErrors CheckStartOnly(const sallyport::v1::Gateway& running, const sallyport::v1::Gateway& next);

}  // namespace sp::config
