#include "core/config/compile/tables.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include "core/config/defaults.h"
#include "core/traffic/route/rewrite.h"
#include "sallyport/v1/gateway.pb.h"

namespace sp::config {

namespace v1 = ::sallyport::v1;
using google::protobuf::RepeatedPtrField;

namespace {

// ------------------------------------------------------------------------------------------------------ overrides

Override MakeOverride(const std::string& filter, const google::protobuf::Struct& config, FieldPath at) {
  Override out;
  out.filter = filter;
  out.at = std::move(at);
  google::protobuf::Struct rest = config;
  const auto found = rest.fields().find("disabled");
  if (found != rest.fields().end() && found->second.kind_case() == google::protobuf::Value::kBoolValue) {
    out.disabled = found->second.bool_value() ? 1 : 0;
    rest.mutable_fields()->erase("disabled");
  }
  if (!rest.fields().empty()) (void)google::protobuf::util::MessageToJsonString(rest, &out.json);
  return out;
}

Overrides OfRoute(const v1::Gateway& gateway, const v1::Route& route, const FieldPath& at) {
  Overrides out;
  AddPolicies(gateway, route.policies(), &out);
  const std::map<std::string, google::protobuf::Struct> sorted(route.filter_configs().begin(),
                                                               route.filter_configs().end());
  for (const auto& [filter, config] : sorted) {
    out.push_back(MakeOverride(filter, config, at.Field("filter_configs").Field(filter)));
  }
  return out;
}

// --------------------------------------------------------------------------------------------------------- matches

class MatchCompiler {
 public:
  explicit MatchCompiler(FieldErrors* errors) : errors_(errors) {}

  route::MatchSpec Compile(const v1::RouteMatch& match, const FieldPath& at) {
    route::MatchSpec spec;
    for (int i = 0; i < match.hosts_size(); ++i) {
      std::string error;
      auto host = route::HostPattern::Parse(match.hosts(i), &error);
      host ? spec.hosts.push_back(std::move(*host)) : Fail(at.Field("hosts").Index(i), error);
    }
    if (match.has_path()) spec.path = Path(match.path(), at.Field("path"));
    for (const std::string& method : match.methods()) spec.methods.Add(method);
    for (int i = 0; i < match.headers_size(); ++i) {
      const v1::ValueMatch& value = match.headers(i);
      if (auto matcher = Value(value, at.Field("headers").Index(i))) {
        spec.headers.emplace_back(value.name(), std::move(*matcher), Inverted(value), value.list());
      }
    }
    for (int i = 0; i < match.query_size(); ++i) {
      const v1::ValueMatch& value = match.query(i);
      if (auto matcher = Value(value, at.Field("query").Index(i))) {
        spec.query.emplace_back(value.name(), std::move(*matcher), Inverted(value));
      }
    }
    return spec;
  }

 private:
  void Fail(const FieldPath& at, std::string message) { errors_->push_back({at.str(), std::move(message), {}}); }

  // `present: false` is `present` turned round.
  static bool Inverted(const v1::ValueMatch& value) {
    const bool absent = value.condition_case() == v1::ValueMatch::kPresent && !value.present();
    return value.invert() != absent;
  }

  route::PathPattern Path(const v1::PathMatch& path, const FieldPath& at) {
    using Kind = route::PathPattern::Kind;
    Kind kind = Kind::kExact;
    std::string_view field = "exact", text = path.exact();
    switch (path.kind_case()) {
      case v1::PathMatch::kPrefix:
        kind = Kind::kPrefix, field = "prefix", text = path.prefix();
        break;
      case v1::PathMatch::kStringPrefix:
        kind = Kind::kStringPrefix, field = "string_prefix", text = path.string_prefix();
        break;
      case v1::PathMatch::kTemplate:
        kind = Kind::kTemplate, field = "template", text = path.template_();
        break;
      case v1::PathMatch::kRegex:
        kind = Kind::kRegex, field = "regex", text = path.regex();
        break;
      default:
        break;
    }
    std::string error;
    auto pattern = route::PathPattern::Parse(kind, text, path.ignore_case(), &error);
    if (pattern) return std::move(*pattern);
    Fail(at.Field(field), error);
    return {};
  }

  std::optional<route::StringMatcher> Value(const v1::ValueMatch& value, const FieldPath& at) {
    const bool any_case = value.ignore_case();
    switch (value.condition_case()) {
      case v1::ValueMatch::kExact:
        return route::StringMatcher::Exact(value.exact(), any_case);
      case v1::ValueMatch::kPrefix:
        return route::StringMatcher::Prefix(value.prefix(), any_case);
      case v1::ValueMatch::kSuffix:
        return route::StringMatcher::Suffix(value.suffix(), any_case);
      case v1::ValueMatch::kContains:
        return route::StringMatcher::Contains(value.contains(), any_case);
      case v1::ValueMatch::kRegex: {
        std::string error;
        route::Regex::Options options;
        options.ignore_case = any_case;
        auto regex = route::Regex::Compile(value.regex(), options, &error);
        if (regex != nullptr) return route::StringMatcher::FullRegex(std::move(regex));
        Fail(at.Field("regex"), error);
        return std::nullopt;
      }
      default:
        return route::StringMatcher::Present();
    }
  }

  FieldErrors* errors_;
};

// --------------------------------------------------------------------------------------------------------- actions

std::vector<route::HeaderOp> HeaderOps(const v1::HeaderEdits& edits) {
  using Kind = route::HeaderOp::Kind;
  std::vector<route::HeaderOp> ops;
  const auto lower = [](std::string name) {
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    return name;
  };
  for (const std::string& name : edits.remove()) ops.push_back({Kind::kRemove, lower(name), {}});
  const std::map<std::string, std::string> set(edits.set().begin(), edits.set().end());
  for (const auto& [name, value] : set) ops.push_back({Kind::kSet, lower(name), value});
  const std::map<std::string, std::string> add(edits.add().begin(), edits.add().end());
  for (const auto& [name, value] : add) ops.push_back({Kind::kAdd, lower(name), value});
  return ops;
}

class RouteCompiler {
 public:
  RouteCompiler(const v1::Gateway& gateway, const v1::RouteTable& table, FieldErrors* errors)
      : gateway_(gateway), table_(table), errors_(errors), match_(errors) {}

  route::RouteSpec Compile(const v1::Route& route, const FieldPath& at) {
    route::RouteSpec spec;
    spec.name = route.name();
    spec.match = match_.Compile(route.match(), at.Field("match"));
    spec.action = Action(route);
    spec.missing_cluster = MissingCluster(route);
    spec.modifications = Modifications(route, spec, at);
    return spec;
  }

 private:
  route::Action Action(const v1::Route& route) {
    switch (route.action_case()) {
      case v1::Route::kCluster:
        return route::ClusterAction::To(route.cluster());
      case v1::Route::kRedirect:
        return Redirect(route.redirect());
      case v1::Route::kRespond:
        return Respond(route.respond());
      case v1::Route::kTable: {
        route::Delegate delegate;
        delegate.table = route.table();
        delegate.exclusive = route.exclusive();
        return delegate;
      }
      case v1::Route::ACTION_NOT_SET:
        break;
    }
    route::ClusterAction action;
    action.total_weight = 0;
    for (const v1::WeightedCluster& weighted : route.weighted_clusters()) {
      route::WeightedCluster to;
      to.cluster.name = weighted.cluster();
      to.weight = weighted.weight();
      action.total_weight += to.weight;
      action.clusters.push_back(std::move(to));
    }
    return action;
  }

  static route::Action Redirect(const v1::Redirect& from) {
    auto redirect = std::make_shared<route::Redirect>();
    redirect->scheme = from.scheme();
    redirect->host = from.host();
    if (from.has_port()) redirect->port = static_cast<uint16_t>(from.port());
    if (from.path_edit_case() == v1::Redirect::kPath) redirect->path = route::FullRewrite{from.path()};
    if (from.path_edit_case() == v1::Redirect::kPrefix) redirect->path = route::PrefixRewrite{from.prefix()};
    redirect->status = static_cast<uint16_t>(NumberOf(from, v1::Redirect::kStatusFieldNumber));
    redirect->strip_query = from.strip_query();
    return std::shared_ptr<const route::Redirect>(std::move(redirect));
  }

  static route::Action Respond(const v1::Respond& from) {
    auto respond = std::make_shared<route::Respond>();
    respond->status = static_cast<uint16_t>(from.status());
    respond->body = from.body();
    v1::HeaderEdits edits;
    for (const auto& [name, value] : from.headers()) (*edits.mutable_set())[name] = value;
    for (route::HeaderOp& op : HeaderOps(edits)) {
      if (op.name == "content-type") {
        respond->content_type = op.value;
      } else {
        respond->headers.push_back(std::move(op));
      }
    }
    return std::shared_ptr<const route::Respond>(std::move(respond));
  }

  uint16_t MissingCluster(const v1::Route& route) const {
    const std::string& text = route.missing_cluster().empty() ? table_.missing_cluster() : route.missing_cluster();
    uint16_t status = 0;
    std::from_chars(text.data(), text.data() + text.size(), status);
    return status;
  }

  std::shared_ptr<const route::Modifications> Modifications(const v1::Route& route, const route::RouteSpec& spec,
                                                            const FieldPath& at) {
    const bool any = route.has_rewrite() || route.has_request_headers() || route.has_response_headers() ||
                     route.has_timeout() || route.has_idle_timeout();
    if (!any) return nullptr;
    auto change = std::make_shared<route::Modifications>();
    change->path = PathRewrite(route.rewrite(), at.Field("rewrite"));
    if (const auto fault = route::CheckRewrite(change->path, spec.match.path)) {
      errors_->push_back({at.Field("rewrite").str(), *fault, {}});
    }
    if (!route.rewrite().host().empty()) {
      change->host = {route::HostRewrite::Kind::kLiteral, route.rewrite().host()};
    }
    change->request_headers = HeaderOps(route.request_headers());
    change->response_headers = HeaderOps(route.response_headers());
    change->timeout = FindDuration(route, v1::Route::kTimeoutFieldNumber);
    if (route.has_idle_timeout()) change->idle_timeout = DurationOf(route, v1::Route::kIdleTimeoutFieldNumber);
    return change;
  }

  route::PathRewrite PathRewrite(const v1::Rewrite& rewrite, const FieldPath& at) {
    switch (rewrite.path_edit_case()) {
      case v1::Rewrite::kPrefix:
        return route::PrefixRewrite{rewrite.prefix()};
      case v1::Rewrite::kPath:
        return route::FullRewrite{rewrite.path()};
      case v1::Rewrite::kRegex: {
        std::string error;
        auto regex = route::Regex::Compile(rewrite.regex().pattern(), {}, &error);
        if (regex == nullptr) {
          errors_->push_back({at.Field("regex").Field("pattern").str(), error, {}});
          return std::monostate();
        }
        if (!regex->CheckSubstitution(rewrite.regex().substitution(), &error)) {
          errors_->push_back({at.Field("regex").Field("substitution").str(), error, {}});
        }
        return route::RegexRewrite{std::move(regex), rewrite.regex().substitution()};
      }
      default:
        return std::monostate();
    }
  }

  const v1::Gateway& gateway_;
  const v1::RouteTable& table_;
  FieldErrors* errors_;
  MatchCompiler match_;
};

}  // namespace

void AddPolicies(const v1::Gateway& gateway, const RepeatedPtrField<std::string>& names, Overrides* to) {
  for (const std::string& name : names) {
    for (int i = 0; i < gateway.policies_size(); ++i) {
      const v1::Policy& policy = gateway.policies(i);
      if (policy.name() != name) continue;
      to->push_back(MakeOverride(policy.filter(), policy.config(), FieldPath("policies").Index(i).Field("config")));
      break;
    }
  }
}

std::shared_ptr<const CompiledTable> CompileTable(const v1::Gateway& gateway, const v1::RouteTable& table,
                                                  const FieldPath& at, std::shared_ptr<const CompiledTable> before,
                                                  FieldErrors* errors) {
  std::string content = table.SerializeAsString();
  const bool same = before != nullptr && before->content == content;
  auto compiled = std::make_shared<CompiledTable>();
  compiled->content = std::move(content);
  AddPolicies(gateway, table.policies(), &compiled->overrides);
  compiled->of_entries.emplace_back();
  const FieldPath routes_at = at.Field("routes");
  RouteCompiler compiler(gateway, table, errors);
  std::vector<route::RouteSpec> routes;
  if (!same) routes.reserve(static_cast<size_t>(table.routes_size()));
  for (int i = 0; i < table.routes_size(); ++i) {
    const v1::Route& route = table.routes(i);
    uint32_t number = route::RouteSpec::kNoOverrides;
    if (route.policies_size() > 0 || !route.filter_configs().empty()) {
      number = static_cast<uint32_t>(compiled->of_entries.size());
      compiled->of_entries.push_back(OfRoute(gateway, route, routes_at.Index(static_cast<size_t>(i))));
    }
    if (same) continue;
    routes.push_back(compiler.Compile(route, routes_at.Index(static_cast<size_t>(i))));
    routes.back().overrides = number;
  }
  compiled->table = same ? before->table : route::Table::Compile(table.name(), std::move(routes));
  return compiled;
}

}  // namespace sp::config
