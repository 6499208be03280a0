// Policies and filter configs name filters of a chain. A table may be reached from several listeners, directly or by
// delegation: what it says of a filter must hold in each, or a policy that someone relies on would silently be nowhere.

#include <fmt/format.h>

#include <map>
#include <set>
#include <vector>

#include "core/config/validate/parts.h"
#include "sallyport/v1/gateway.pb.h"

namespace sp::config {

namespace v1 = ::sallyport::v1;

namespace {

// A listener's filters by name, with their plugins.
struct Chain {
  const v1::Listener* listener;
  std::map<std::string_view, std::string_view> plugins;
  std::vector<std::string_view> names;
};

class FilterUse {
 public:
  FilterUse(const Scope& scope, Report& report) : scope_(scope), report_(report) {
    for (const v1::Listener& listener : scope.gateway.listeners()) {
      Chain& chain = chains_.emplace_back(Chain{&listener, {}, {}});
      for (int i = 0; i < listener.filters_size(); ++i) {
        chain.plugins.emplace(FilterName(listener, i), listener.filters(i).plugin());
      }
      for (const auto& [name, plugin] : chain.plugins) chain.names.push_back(name);
    }
  }

  void Check() {
    const v1::Gateway& gateway = scope_.gateway;
    const Place root;
    const Place listeners = root.Field("listeners");
    for (int i = 0; i < gateway.listeners_size(); ++i) {
      const Place listener = listeners.Index(i);
      CheckPolicies(gateway.listeners(i).policies(), {&chains_[i]}, listener.Field("policies"));
    }
    FindReached();
    const Place tables = root.Field("route_tables");
    for (int i = 0; i < gateway.route_tables_size() && !report_.full(); ++i) {
      CheckTable(gateway.route_tables(i), reached_from_[i], tables.Index(i));
    }
  }

 private:
  using Chains = std::vector<const Chain*>;

  // Which listeners' requests come to each table.
  void FindReached() {
    const v1::Gateway& gateway = scope_.gateway;
    std::vector<std::set<int>> leads_to(gateway.route_tables_size());
    for (int i = 0; i < gateway.route_tables_size(); ++i) {
      for (const v1::Route& route : gateway.route_tables(i).routes()) {
        if (!route.has_table()) continue;
        if (const int to = scope_.route_tables.Find(route.table()); to >= 0) leads_to[i].insert(to);
      }
    }
    reached_from_.resize(gateway.route_tables_size());
    for (const Chain& chain : chains_) {
      std::vector<int> open = {scope_.route_tables.Find(chain.listener->route_table())};
      std::set<int> seen = {-1};
      while (!open.empty()) {
        const int table = open.back();
        open.pop_back();
        if (!seen.insert(table).second) continue;
        reached_from_[table].push_back(&chain);
        open.insert(open.end(), leads_to[table].begin(), leads_to[table].end());
      }
    }
  }

  void CheckTable(const v1::RouteTable& table, const Chains& chains, const Place& place) {
    CheckPolicies(table.policies(), chains, place.Field("policies"));
    const Place routes = place.Field("routes");
    for (int i = 0; i < table.routes_size(); ++i) {
      const v1::Route& route = table.routes(i);
      const Place at = routes.Index(i);
      CheckPolicies(route.policies(), chains, at.Field("policies"));
      const Place configs = at.Field("filter_configs");
      for (const auto& [name, config] : Sorted(route.filter_configs())) {
        CheckFilter(name, "", "", chains, configs.Field(name));
      }
    }
  }

  template <typename List>
  void CheckPolicies(const List& names, const Chains& chains, const Place& place) {
    for (int i = 0; i < names.size(); ++i) {
      const int index = scope_.policies.Find(names.Get(i));
      if (index < 0) continue;
      const v1::Policy& policy = scope_.gateway.policies(index);
      if (!policy.filter().empty()) {
        CheckFilter(policy.filter(), policy.plugin(), policy.name(), chains, place.Index(i));
      }
    }
  }

  // `policy` is empty for a filter config.
  void CheckFilter(std::string_view filter, std::string_view plugin, std::string_view policy, const Chains& chains,
                   const Place& place) {
    const std::string subject = policy.empty() ? std::string() : fmt::format("policy \"{}\": ", policy);
    for (const Chain* chain : chains) {
      const auto found = chain->plugins.find(filter);
      if (found == chain->plugins.end()) {
        report_.Add(
            place,
            fmt::format("{}there is no filter \"{}\" in listener \"{}\"", subject, filter, chain->listener->name()),
            Nearest(filter, chain->names));
      } else if (!plugin.empty() && plugin != found->second) {
        report_.Add(place, fmt::format("{}is for plugin \"{}\", but filter \"{}\" of listener \"{}\" is \"{}\"",
                                       subject, plugin, filter, chain->listener->name(), found->second));
      }
    }
  }

  const Scope& scope_;
  Report& report_;
  std::vector<Chain> chains_;
  std::vector<Chains> reached_from_;  // by table
};

}  // namespace

void CheckFilterUse(const Scope& scope, Report& report) { FilterUse(scope, report).Check(); }

}  // namespace sp::config
