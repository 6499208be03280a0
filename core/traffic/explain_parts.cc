#include "core/traffic/explain_parts.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/plugin_host/filter_config.h"
#include "core/plugin_host/library.h"
#include "core/traffic/route/rewrite.h"

namespace sp::traffic {

namespace {

// ---------------------------------------------------------------------------------------------------------- filters

std::vector<std::string> HooksOf(const sp_http_filter& table) {
  std::vector<std::string> hooks;
  const auto add = [&hooks](bool has, const char* name) {
    if (has) hooks.emplace_back(name);
  };
  add(table.on_request_head != nullptr, "request_head");
  add(table.on_request_body != nullptr, "request_body");
  add(table.on_request_trailers != nullptr, "request_trailers");
  add(table.on_response_head != nullptr, "response_head");
  add(table.on_response_body != nullptr, "response_body");
  add(table.on_response_trailers != nullptr, "response_trailers");
  add(table.on_complete != nullptr, "complete");
  return hooks;
}

// ----------------------------------------------------------------------------------------------------------- action

std::vector<std::string> Texts(const std::vector<route::HeaderOp>& ops) {
  static constexpr std::string_view kVerbs[] = {"set", "add", "set if absent", "remove"};
  std::vector<std::string> texts;
  for (const auto& op : ops) {
    const std::string_view verb = kVerbs[static_cast<size_t>(op.kind)];
    const bool removes = op.kind == route::HeaderOp::Kind::kRemove;
    texts.push_back(removes ? fmt::format("{} {}", verb, op.name) : fmt::format("{} {}: {}", verb, op.name, op.value));
  }
  return texts;
}

ExplainedCluster DescribeCluster(const Scope& scope, const route::WeightedCluster& from, uint32_t total_weight) {
  ExplainedCluster to;
  to.name = from.cluster.name;
  to.share = total_weight == 0 ? 0 : static_cast<double>(from.weight) / total_weight;
  to.request_headers = Texts(from.request_headers);
  to.response_headers = Texts(from.response_headers);
  const uint32_t index = scope.snapshot.links[scope.match.table].clusters[from.cluster.local];
  if (index == snapshot::kNoCluster) {
    to.missing_status = scope.match.route->missing_cluster;
    return to;
  }
  const cluster::ClusterSpec& spec = *scope.snapshot.clusters[index];
  to.exists = true;
  to.policy = spec.policy == cluster::Policy::kLeastRequest ? "least_request" : "round_robin";
  to.connect_timeout = spec.connect_timeout;
  double sum = 0;
  for (const auto& endpoint : spec.endpoints) sum += endpoint.weight;
  for (const auto& endpoint : spec.endpoints)
    to.endpoints.push_back({endpoint.name, endpoint.weight, endpoint.weight / sum});
  return to;
}

std::string HostText(const Scope& scope, const route::HostRewrite& rewrite, Arena& arena) {
  if (rewrite.kind == route::HostRewrite::Kind::kEndpoint) return "that of the endpoint";
  return std::string(route::RewriteHost(rewrite, scope.head, {}, arena));
}

void DescribeForward(const Scope& scope, const route::ClusterAction& action, ExplainedAction& to, Explanation& out) {
  Arena& arena = scope.head.headers.arena();
  for (const auto& cluster : action.clusters)
    to.clusters.push_back(DescribeCluster(scope, cluster, action.total_weight));
  to.idle_timeout = route::IdleTimeoutOf(scope.match.route->modifications.get());
  to.authority = scope.head.authority;
  std::optional<std::string_view> path = scope.head.path;
  if (const auto* change = scope.match.route->modifications.get()) {
    if (change->timeout && change->timeout->count() > 0) to.timeout = change->timeout;
    to.authority = HostText(scope, change->host, arena);
    path = route::RewritePath(change->path, scope.match, scope.head.path, scope.listener.rules.path, arena);
  }
  if (!path) {
    out.refusal = Reason::kPathRewrite;
    return;
  }
  to.path = *path;
  if (scope.head.has_query) to.path += fmt::format("?{}", scope.head.query);
}

void DescribeRedirect(const Scope& scope, const route::Redirect& redirect, ExplainedAction& to, Explanation& out) {
  to.kind = ExplainedAction::Kind::kRedirect;
  to.status = redirect.status;
  const auto location =
      route::Location(redirect, scope.match, scope.head, scope.listener.rules.path, scope.head.headers.arena());
  if (location) {
    to.location = *location;
  } else {
    out.refusal = Reason::kPathRewrite;
  }
}

void DescribeRespond(const route::Respond& respond, ExplainedAction& to) {
  to.kind = ExplainedAction::Kind::kRespond;
  to.status = respond.status;
  to.content_type = respond.content_type;
  if (to.content_type.empty() && !respond.body.empty()) to.content_type = "text/plain; charset=utf-8";
  to.body = respond.body;
  to.response_headers = Texts(respond.headers);
}

}  // namespace

ExplainedFilter DescribeFilter(const filter::FilterSpec& spec, const filter::EffectiveConfig& effective) {
  ExplainedFilter to;
  to.name = spec.name;
  to.fail_open = spec.fail_open;
  if (effective.disabled) to.disabled_by = spec.base.disabled ? "listener" : "route";
  if (spec.table != nullptr) to.hooks = HooksOf(*spec.table);
  if (spec.config == nullptr) return to;
  const sp_config& base = *spec.config->object();
  to.plugin = base.plugin;
  to.filter = spec.config->filter().name;
  if (base.library != nullptr) to.version = base.library->manifest().version;
  to.config = base.document.Text();
  if (effective.object == nullptr || effective.object == &base) return to;
  for (const auto& layer : effective.object->document.json()) to.route_configs.push_back(layer.dump());
  return to;
}

ExplainedAction DescribeAction(const Scope& scope, Explanation* out) {
  const route::RouteSpec& matched = *scope.match.route;
  ExplainedAction to;
  if (const auto* respond = matched.respond()) {
    DescribeRespond(*respond, to);
  } else if (const auto* redirect = matched.redirect()) {
    DescribeRedirect(scope, *redirect, to, *out);
  } else if (const auto* action = matched.cluster()) {
    DescribeForward(scope, *action, to, *out);
  }
  if (const auto* change = matched.modifications.get()) {
    if (to.kind == ExplainedAction::Kind::kForward) to.request_headers = Texts(change->request_headers);
    for (std::string& text : Texts(change->response_headers)) to.response_headers.push_back(std::move(text));
  }
  return to;
}

}  // namespace sp::traffic
