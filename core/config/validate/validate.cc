#include "core/config/validate/validate.h"

#include <fmt/format.h>

#include "core/config/validate/parts.h"
#include "sallyport/v1/gateway.pb.h"

namespace sp::config {

namespace v1 = ::sallyport::v1;

namespace {

template <typename List>
void AddNames(Names& names, const List& list, std::string_view kind, Report& report) {
  const Place root;
  const Place place = root.Field(kind);
  for (int i = 0; i < list.size(); ++i) {
    const Place item = place.Index(i);
    names.Add(list.Get(i).name(), i, item.Field("name"), report);
  }
}

void AddAllNames(Scope& scope, Report& report) {
  const v1::Gateway& gateway = scope.gateway;
  AddNames(scope.plugins, gateway.plugins(), "plugins", report);
  AddNames(scope.listeners, gateway.listeners(), "listeners", report);
  AddNames(scope.route_tables, gateway.route_tables(), "route_tables", report);
  AddNames(scope.clusters, gateway.clusters(), "clusters", report);
  AddNames(scope.policies, gateway.policies(), "policies", report);
  AddNames(scope.secrets, gateway.secrets(), "secrets", report);
}

void CheckSecrets(const v1::Gateway& gateway, const Place& place, Report& report) {
  for (int i = 0; i < gateway.secrets_size(); ++i) {
    const Place secret = place.Index(i);
    const v1::Secret& source = gateway.secrets(i);
    if (source.has_file() && source.file().empty()) report.Add(secret.Field("file"), "must not be empty");
    if (source.has_inline_() && source.inline_().empty()) report.Add(secret.Field("inline"), "must not be empty");
  }
}

}  // namespace

FieldErrors Validate(const v1::Gateway& gateway, const ValidateOptions& options) {
  FieldErrors errors;
  Report report(errors, kMaxErrors);
  const Place root;
  CheckRules(gateway, root, report);
  Scope scope{gateway, options.references};
  AddAllNames(scope, report);
  CheckAddresses(gateway, report);
  CheckGatewayAccessLog(gateway, root, report);
  const Place listeners = root.Field("listeners");
  for (int i = 0; i < gateway.listeners_size(); ++i) {
    CheckListener(scope, gateway.listeners(i), listeners.Index(i), report);
  }
  const Place tables = root.Field("route_tables");
  for (int i = 0; i < gateway.route_tables_size(); ++i) {
    CheckRouteTable(scope, gateway.route_tables(i), tables.Index(i), report);
  }
  const Place clusters = root.Field("clusters");
  for (int i = 0; i < gateway.clusters_size(); ++i) CheckCluster(gateway.clusters(i), clusters.Index(i), report);
  CheckSecrets(gateway, root.Field("secrets"), report);
  if (options.references) {
    CheckFilterUse(scope, report);
    CheckDelegation(scope, report);
  }
  return errors;
}

}  // namespace sp::config
