// The parts of Validate, a file each. Inside config only.
#pragma once

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "core/config/validate/names.h"
#include "core/config/validate/report.h"

namespace google::protobuf {
class Message;
}
namespace sallyport::v1 {
class Cluster;
class Gateway;
class HeaderEdits;
class Listener;
class Route;
class RouteMatch;
class RouteTable;
}  // namespace sallyport::v1

namespace sp::config {

// The entries of a map field by key: protobuf's own order changes from run to run.
template <typename Map>
auto Sorted(const Map& map) {
  std::vector<std::pair<std::string_view, const typename Map::mapped_type*>> entries;
  entries.reserve(map.size());
  for (const auto& entry : map) entries.emplace_back(entry.first, &entry.second);
  std::sort(entries.begin(), entries.end());
  return entries;
}

// What a part needs to know of the others.
struct Scope {
  const sallyport::v1::Gateway& gateway;
  bool references;
  Names listeners{"listener"};
  Names route_tables{"route table"};
  Names clusters{"cluster"};
  Names policies{"policy"};
  Names plugins{"plugin"};
  Names secrets{"secret"};
};

// rules.cc
void CheckRules(const google::protobuf::Message& message, const Place& place, Report& report);
// addresses.cc: every address by itself, and against the others.
void CheckAddresses(const sallyport::v1::Gateway& gateway, Report& report);
// listener.cc
void CheckListener(const Scope& scope, const sallyport::v1::Listener& listener, const Place& place, Report& report);
void CheckGatewayAccessLog(const sallyport::v1::Gateway& gateway, const Place& root, Report& report);
// The name by which routes, log and metrics know a filter.
std::string_view FilterName(const sallyport::v1::Listener& listener, int index);
// cluster.cc
void CheckCluster(const sallyport::v1::Cluster& cluster, const Place& place, Report& report);
// route.cc
void CheckRouteTable(const Scope& scope, const sallyport::v1::RouteTable& table, const Place& place, Report& report);
// match.cc
void CheckMatch(const sallyport::v1::RouteMatch& match, const Place& place, Report& report);
// action.cc: what is done with a request that matched.
void CheckAction(const sallyport::v1::Route& route, const Place& place, Report& report);
void CheckHeaderEdits(const sallyport::v1::HeaderEdits& edits, const Place& place, Report& report);
// filters.cc: the filters that policies and configs name must be there wherever they can take effect.
void CheckFilterUse(const Scope& scope, Report& report);
// delegation.cc: cycles and depth of `table:`.
void CheckDelegation(const Scope& scope, Report& report);

}  // namespace sp::config
