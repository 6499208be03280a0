// ToJson: an explanation for machines. Members that say nothing are left out; durations are in seconds.
#include <nlohmann/json.hpp>

#include "core/traffic/explanation.h"

namespace sp::traffic {

namespace {

using Json = nlohmann::ordered_json;

double Seconds(Duration d) { return std::chrono::duration<double>(d).count(); }

template <typename T>
void AddUnlessEmpty(Json& to, const char* name, const T& value) {
  if (!value.empty()) to[name] = value;
}

Json PlaceJson(const ExplainedPlace& place) {
  Json to = {{"table", place.table}, {"index", place.index}};
  AddUnlessEmpty(to, "name", place.name);
  return to;
}

Json RequestJson(const ExplainedRequest& request) {
  Json to = {{"method", request.method},
             {"scheme", request.scheme},
             {"authority", request.authority},
             {"host", request.host},
             {"path", request.path}};
  if (request.has_query) to["query"] = request.query;
  to["client"] = request.client;
  to["peer"] = request.peer;
  to["peer_trusted"] = request.peer_trusted;
  return to;
}

Json StepsJson(const std::vector<ExplainedStep>& steps) {
  Json to = Json::array();
  for (const ExplainedStep& step : steps) {
    Json one = PlaceJson(step.place);
    one["depth"] = step.depth;
    one["verdict"] = step.verdict;
    AddUnlessEmpty(one, "wanted", step.wanted);
    AddUnlessEmpty(one, "has", step.has);
    to.push_back(std::move(one));
  }
  return to;
}

Json RouteJson(const ExplainedRoute& route) {
  Json to = PlaceJson(route.place);
  to["delegations"] = Json::array();
  for (const auto& delegation : route.delegations) to["delegations"].push_back(PlaceJson(delegation));
  to["params"] = Json::object();
  for (const auto& [name, value] : route.params) to["params"][name] = value;
  return to;
}

Json FiltersJson(const std::vector<ExplainedFilter>& filters) {
  Json to = Json::array();
  for (const ExplainedFilter& filter : filters) {
    Json one = {{"name", filter.name},
                {"plugin", filter.plugin},
                {"filter", filter.filter},
                {"version", filter.version},
                {"runs", filter.disabled_by.empty()}};
    AddUnlessEmpty(one, "disabled_by", filter.disabled_by);
    one["on_error"] = filter.fail_open ? "open" : "closed";
    one["hooks"] = filter.hooks;
    one["config"] = Json::parse(filter.config, nullptr, false);
    one["route_configs"] = Json::array();
    for (const auto& config : filter.route_configs) one["route_configs"].push_back(Json::parse(config, nullptr, false));
    to.push_back(std::move(one));
  }
  return to;
}

Json ClusterJson(const ExplainedCluster& cluster) {
  Json to = {{"name", cluster.name}, {"share", cluster.share}, {"exists", cluster.exists}};
  AddUnlessEmpty(to, "request_headers", cluster.request_headers);
  AddUnlessEmpty(to, "response_headers", cluster.response_headers);
  if (!cluster.exists) {
    to["status"] = cluster.missing_status;
    return to;
  }
  to["policy"] = cluster.policy;
  to["connect_timeout"] = Seconds(cluster.connect_timeout);
  to["endpoints"] = Json::array();
  for (const auto& endpoint : cluster.endpoints) {
    to["endpoints"].push_back({{"name", endpoint.name}, {"weight", endpoint.weight}, {"share", endpoint.share}});
  }
  return to;
}

Json ForwardJson(const ExplainedAction& action) {
  Json to = {{"kind", "forward"}, {"path", action.path}, {"authority", action.authority}};
  if (action.timeout) to["timeout"] = Seconds(*action.timeout);
  to["idle_timeout"] = Seconds(action.idle_timeout);
  to["clusters"] = Json::array();
  for (const auto& cluster : action.clusters) to["clusters"].push_back(ClusterJson(cluster));
  return to;
}

Json ActionJson(const ExplainedAction& action) {
  Json to;
  switch (action.kind) {
    case ExplainedAction::Kind::kForward:
      to = ForwardJson(action);
      break;
    case ExplainedAction::Kind::kRedirect:
      to = {{"kind", "redirect"}, {"status", action.status}, {"location", action.location}};
      break;
    case ExplainedAction::Kind::kRespond:
      to = {{"kind", "respond"}, {"status", action.status}, {"body", action.body}};
      AddUnlessEmpty(to, "content_type", action.content_type);
      break;
  }
  AddUnlessEmpty(to, "request_headers", action.request_headers);
  AddUnlessEmpty(to, "response_headers", action.response_headers);
  return to;
}

}  // namespace

std::string ToJson(const Explanation& explanation) {
  Json to = {{"listener", {{"name", explanation.listener}, {"address", explanation.address}}},
             {"request", RequestJson(explanation.request)}};
  AddUnlessEmpty(to["listener"], "route_table", explanation.route_table);
  AddUnlessEmpty(to, "notes", explanation.notes);
  if (explanation.refusal != Reason::kNone) {
    const ReasonInfo& info = InfoOf(explanation.refusal);
    to["refused"] = {{"status", info.status}, {"reason", info.token}, {"title", info.title}};
    AddUnlessEmpty(to["refused"], "detail", explanation.refusal_detail);
  }
  to["routes"] = StepsJson(explanation.steps);
  if (explanation.route) to["route"] = RouteJson(*explanation.route);
  to["filters"] = FiltersJson(explanation.filters);
  if (explanation.action) to["action"] = ActionJson(*explanation.action);
  // What clients send need not be UTF-8.
  return to.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace sp::traffic
