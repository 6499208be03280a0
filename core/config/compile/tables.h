// A v1::RouteTable compiled: its routes with their index, and what it and its entries say about filters.
#pragma once

#include <google/protobuf/repeated_field.h>

#include <memory>
#include <string>
#include <vector>

#include "core/base/field_error.h"
#include "core/traffic/route/table.h"

namespace sallyport::v1 {
class Gateway;
class RouteTable;
}  // namespace sallyport::v1

namespace sp::config {

// One thing said about one filter, by a policy or by filter_configs.
struct Override {
  std::string filter;  // instance name
  std::string json;    // without `disabled`; empty: nothing but that was said
  int disabled = -1;   // 0, 1; -1: not said
  FieldPath at;
};
using Overrides = std::vector<Override>;  // least to most specific

struct CompiledTable {
  std::string content;  // what it was compiled from, to see whether it changed
  std::shared_ptr<const route::Table> table;
  Overrides overrides;                // of the table
  std::vector<Overrides> of_entries;  // by RouteSpec::overrides; [0] is empty
};

// Adds the overrides of the policies named. Unknown names were reported by Validate.
void AddPolicies(const sallyport::v1::Gateway& gateway, const google::protobuf::RepeatedPtrField<std::string>& names,
                 Overrides* to);

// Takes `before` where it was compiled from the same content. Errors that validation could not see are appended.
std::shared_ptr<const CompiledTable> CompileTable(const sallyport::v1::Gateway& gateway,
                                                  const sallyport::v1::RouteTable& table, const FieldPath& at,
                                                  std::shared_ptr<const CompiledTable> before, FieldErrors* errors);

}  // namespace sp::config
