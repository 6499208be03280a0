// Route tables: each route's parts, and the clusters, tables and policies that they name.

#include "core/config/validate/parts.h"
#include "sallyport/v1/gateway.pb.h"

namespace sp::config {

namespace v1 = ::sallyport::v1;

namespace {

constexpr std::string_view kRefuse = "refuse";

// Whether a cluster that isn't there makes the configuration wrong.
bool MustExist(const v1::RouteTable& table, const v1::Route& route) {
  const std::string& own = route.missing_cluster();
  const std::string& text = own.empty() ? table.missing_cluster() : own;
  return text.empty() || text == kRefuse;
}

void CheckReferences(const Scope& scope, const v1::RouteTable& table, const v1::Route& route, const Place& place,
                     Report& report) {
  if (MustExist(table, route)) {
    if (!route.cluster().empty()) scope.clusters.Check(route.cluster(), place.Field("cluster"), report);
    const Place weighted = place.Field("weighted_clusters");
    for (int i = 0; i < route.weighted_clusters_size(); ++i) {
      const std::string& name = route.weighted_clusters(i).cluster();
      const Place at = weighted.Index(i);
      if (!name.empty()) scope.clusters.Check(name, at.Field("cluster"), report);
    }
  }
  if (!route.table().empty()) scope.route_tables.Check(route.table(), place.Field("table"), report);
  const Place policies = place.Field("policies");
  for (int i = 0; i < route.policies_size(); ++i) scope.policies.Check(route.policies(i), policies.Index(i), report);
}

void CheckFilterConfigs(const v1::Route& route, const Place& place, Report& report) {
  for (const auto& [name, config] : Sorted(route.filter_configs())) {
    const auto disabled = config->fields().find("disabled");
    if (disabled == config->fields().end() || disabled->second.has_bool_value()) continue;
    const Place at = place.Field(name);
    report.Add(at.Field("disabled"), "must be true or false");
  }
}

}  // namespace

void CheckRouteTable(const Scope& scope, const v1::RouteTable& table, const Place& place, Report& report) {
  if (scope.references) {
    const Place policies = place.Field("policies");
    for (int i = 0; i < table.policies_size(); ++i) scope.policies.Check(table.policies(i), policies.Index(i), report);
  }
  Names names("route");
  const Place routes = place.Field("routes");
  for (int i = 0; i < table.routes_size() && !report.full(); ++i) {
    const v1::Route& route = table.routes(i);
    const Place at = routes.Index(i);
    names.Add(route.name(), i, at.Field("name"), report);
    CheckMatch(route.match(), at.Field("match"), report);
    CheckAction(route, at, report);
    CheckFilterConfigs(route, at.Field("filter_configs"), report);
    if (scope.references) CheckReferences(scope, table, route, at, report);
  }
}

}  // namespace sp::config
