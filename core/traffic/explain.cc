#include "core/traffic/explain.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "core/http/ascii.h"
#include "core/plugin_host/filter_config.h"
#include "core/plugin_host/library.h"
#include "core/traffic/downstream/client_address.h"
#include "core/traffic/explain_parts.h"
#include "core/traffic/route/naive.h"

namespace sp::traffic {

using http::HeaderId;
using route::TraceStep;

namespace {

// --------------------------------------------------------------------------------------------------------- the URL

struct Url {
  std::string scheme = "http";
  std::string authority;  // empty: a path alone
  std::string target;
  uint16_t port = 0;
};

std::optional<Url> ParseUrl(std::string_view text, std::string* error) {
  Url url;
  if (text.starts_with('/') || text == "*") {
    url.target = text;
    return url;
  }
  if (const size_t colon = text.find("://"); colon != std::string_view::npos) {
    url.scheme.assign(text.substr(0, colon));
    std::transform(url.scheme.begin(), url.scheme.end(), url.scheme.begin(), http::ToLower);
    text.remove_prefix(colon + 3);
  }
  if (url.scheme != "http" && url.scheme != "https") {
    *error = fmt::format("{}: the URL must begin with http://, https:// or a path", url.scheme);
    return std::nullopt;
  }
  const size_t end = std::min(text.find_first_of("/?#"), text.size());
  url.authority = text.substr(0, end);
  url.target = text.substr(end);
  if (!url.target.starts_with('/')) url.target.insert(0, "/");
  url.port = route::SplitHost(url.authority, url.scheme == "https" ? 443 : 80).port;
  return url;
}

const snapshot::ListenerSpec* ChooseListener(const snapshot::Snapshot& snapshot, const std::string& name, uint16_t port,
                                             std::string* error) {
  const auto& listeners = snapshot.listeners;
  const auto found = std::find_if(listeners.begin(), listeners.end(), [&](const auto& listener) {
    return name.empty() ? listener->address.port() == port : listener->name == name;
  });
  if (found != listeners.end()) return found->get();
  if (name.empty() && !listeners.empty()) return listeners.front().get();
  *error = name.empty() ? "the configuration has no listener" : fmt::format("there is no listener \"{}\"", name);
  return nullptr;
}

// -------------------------------------------------------------------------------------------------------- the head

// What the decoder of HTTP/1 would say of these bytes, before they are validated.
Reason FillHead(const ExplainRequest& from, const Url& url, const http::HttpLimits& limits, http::RequestHead& head) {
  Arena& arena = head.headers.arena();
  head.method_text = arena.Copy(from.method);
  head.target = arena.Copy(url.target);
  if (!http::IsToken(head.method_text)) return Reason::kH1RequestLine;
  if (head.target.size() > limits.max_target_bytes) return Reason::kH1TargetLimit;
  const auto is_break = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; };
  if (std::any_of(head.target.begin(), head.target.end(), is_break)) return Reason::kH1RequestLine;
  uint64_t bytes = 2;
  const auto add = [&](std::string_view name, std::string_view value) {
    char* lower = arena.NewArray<char>(name.size());
    std::transform(name.begin(), name.end(), lower, http::ToLower);
    head.headers.Add(std::string_view(lower, name.size()), arena.Copy(value));
    bytes += name.size() + value.size() + 4;
  };
  const bool has_host = std::any_of(from.headers.begin(), from.headers.end(),
                                    [](const auto& field) { return http::EqualsIgnoringCase(field.first, "host"); });
  if (!has_host) add("host", url.authority);
  for (const auto& [name, value] : from.headers) {
    if (!http::IsToken(name)) return Reason::kH1Name;
    if (!http::IsFieldValue(value)) return Reason::kH1Value;
    add(name, value);
  }
  if (bytes > limits.max_header_bytes) return Reason::kH1HeaderBytes;
  return head.headers.size() > limits.max_header_count ? Reason::kH1HeaderCount : Reason::kNone;
}

// ------------------------------------------------------------------------------------------------------- the trace

std::string Quoted(std::string_view text) { return fmt::format("\"{}\"", text); }

std::string Wanted(std::string_view name, const route::StringMatcher& value, bool invert, bool list) {
  return fmt::format("{}{}{} {}", invert ? "not " : "", name, list ? " with a member" : "", value.ToString());
}

std::string HasHeader(const http::HeaderMap& headers, const std::string& name) {
  std::vector<std::string> values;
  for (const auto& field : headers) {
    if (field.name == name) values.push_back(Quoted(field.value));
  }
  return values.empty() ? "none" : fmt::format("{}", fmt::join(values, ", "));
}

void DescribeHeader(const TraceStep& step, const route::Request& request, ExplainedStep& out) {
  const auto& matcher = step.route->match.headers[step.condition];
  out.verdict = "header";
  out.wanted = Wanted(matcher.name(), matcher.value(), matcher.invert(), matcher.list());
  out.has = HasHeader(*request.headers, matcher.name());
}

void DescribeQuery(const TraceStep& step, const route::Request& request, ExplainedStep& out) {
  const auto& matcher = step.route->match.query[step.condition];
  const std::string_view* value = request.query->Find(matcher.name());
  out.verdict = "query";
  out.wanted = Wanted(matcher.name(), matcher.value(), matcher.invert(), false);
  out.has = value == nullptr ? "none" : Quoted(*value);
}

void DescribeHost(const TraceStep& step, const route::Request& request, ExplainedStep& out) {
  std::vector<std::string> hosts;
  for (const auto& host : step.route->match.hosts) hosts.push_back(host.ToString());
  out.verdict = "host";
  out.wanted = fmt::format("{}", fmt::join(hosts, ", "));
  out.has = request.host.empty() ? "none" : request.host;
}

void DescribeMatch(const TraceStep& step, ExplainedStep& out) {
  const auto* delegate = step.route->delegate();
  const bool leaves = step.verdict == route::Verdict::kNoneInTable;
  out.verdict = delegate == nullptr ? "match" : leaves ? "leave" : "enter";
  if (delegate != nullptr) out.wanted = delegate->table;
}

void Describe(const TraceStep& step, const route::Request& request, ExplainedStep& out) {
  switch (step.verdict) {
    case route::Verdict::kMatched:
    case route::Verdict::kNoneInTable:
      return DescribeMatch(step, out);
    case route::Verdict::kHost:
      return DescribeHost(step, request, out);
    case route::Verdict::kPath:
      out.verdict = "path";
      out.wanted = step.route->match.path.ToString();
      out.has = Quoted(request.path);
      return;
    case route::Verdict::kMethod:
      out.verdict = "method";
      out.wanted = fmt::format("{}", fmt::join(step.route->match.methods.Texts(), ", "));
      out.has = request.method_text;
      return;
    case route::Verdict::kHeader:
      return DescribeHeader(step, request, out);
    case route::Verdict::kShare:
      out.verdict = "share";
      out.wanted = fmt::format("{} of a million requests", step.route->match.per_million);
      return;
    case route::Verdict::kQueryLimit:
      out.verdict = "query_limit";
      out.wanted = fmt::format("at most {} parameters", route::Query::kMaxParams);
      return;
    case route::Verdict::kQuery:
      return DescribeQuery(step, request, out);
  }
}

// ------------------------------------------------------------------------------------------------------- the route

class Explainer {
 public:
  Explainer(const snapshot::Snapshot& snapshot, const snapshot::ListenerSpec& listener, Explanation* out)
      : snapshot_(snapshot), listener_(listener), out_(*out) {
    out_.listener = listener.name;
    out_.address = listener.address.ToString();
    out_.route_table = listener.route_table;
  }

  void Follow(const ExplainRequest& request, const Url& url) {
    SlabPool pool;
    Arena arena(pool);
    http::RequestHead head(arena);
    const Reason reason = ReadHead(request, url, head);
    if (reason != Reason::kNone) {
      DescribeRaw(request, url);
      return Refuse(reason);
    }
    DescribeHead(head);
    Match(head);
    if (out_.refusal == Reason::kQueryLimit) return;
    Filters();
    if (result_.route == nullptr) return;
    const Scope scope{snapshot_, listener_, result_, head};
    out_.action = DescribeAction(scope, &out_);
  }

 private:
  void Refuse(Reason reason, std::string detail = {}) {
    out_.refusal = reason;
    out_.refusal_detail = std::move(detail);
  }

  Reason ReadHead(const ExplainRequest& request, const Url& url, http::RequestHead& head) {
    const auto& trusted = listener_.trusted_proxies;
    const http::RequestPeer peer{false, !trusted.empty() && trusted.Contains(request.peer)};
    if (url.scheme == "https") {
      out_.notes.push_back("the listener has no TLS: this is the request as a proxy in front would pass it on");
    }
    out_.request.peer = out_.request.client = request.peer.ToString();
    http::ConnectionOptions options;
    Reason reason = FillHead(request, url, listener_.rules.limits, head);
    if (reason == Reason::kNone) reason = http::ValidateRequest(head, listener_.rules, peer, &options);
    if (reason != Reason::kNone) return reason;
    if (options.aliases_dropped > 0) {
      out_.notes.push_back(fmt::format("{} header fields with misleading names are removed", options.aliases_dropped));
    }
    const auto client = downstream::FindClientAddress(head.headers, request.peer, trusted);
    out_.request.client = client.ip.ToString();
    out_.request.peer_trusted = client.peer_trusted;
    downstream::AddForwardingFields(head, head.headers.arena().Copy(out_.request.peer));
    return Reason::kNone;
  }

  void DescribeHead(const http::RequestHead& head) {
    ExplainedRequest& to = out_.request;
    to.method = head.method_text;
    to.scheme = head.scheme;
    to.authority = head.authority;
    to.host = head.host;
    to.path = head.path;
    to.query = head.query;
    to.has_query = head.has_query;
  }
  // Of a request that is refused: as it was asked.
  void DescribeRaw(const ExplainRequest& request, const Url& url) {
    ExplainedRequest& to = out_.request;
    to.method = request.method;
    to.scheme = url.scheme;
    to.authority = url.authority;
    to.path = url.target;
  }

  ExplainedPlace Place(route::TableSlot table, uint32_t index) const {
    const route::Table& in = snapshot_.tables.at(table);
    return {in.name(), index, in.routes()[index].name};
  }

  void Match(const http::RequestHead& head) {
    const auto slot = snapshot_.tables.Find(listener_.route_table);
    if (!slot) return Refuse(Reason::kRouteNone, "the listener has no route table");
    route::Query query(head.query, head.headers.arena());
    // 0 is the request for which every share holds.
    const auto request = route::Request::Of(head, query, 0);
    route::MatchLinear(snapshot_.tables, *slot, request, result_, [&](const TraceStep& step) {
      ExplainedStep out;
      out.place = Place(step.table, step.index);
      out.depth = step.depth;
      Describe(step, request, out);
      out_.steps.push_back(std::move(out));
    });
    Conclude();
  }

  void Conclude() {
    using Outcome = route::MatchResult::Outcome;
    switch (result_.outcome) {
      case Outcome::kRoute:
        break;
      case Outcome::kNone:
        return Refuse(Reason::kRouteNone);
      case Outcome::kExclusive:
        return Refuse(Reason::kRouteNone, "the delegation that was entered last is exclusive");
      case Outcome::kQueryLimit:
        return Refuse(Reason::kQueryLimit);
      case Outcome::kDelegationLimit:
        return Refuse(Reason::kRouteNone, "too many delegations were tried");
    }
    ExplainedRoute route;
    route.place = Place(result_.table, result_.index);
    for (uint8_t i = 0; i < result_.depth; ++i) {
      route.delegations.push_back(Place(result_.chain[i].table, result_.chain[i].index));
    }
    for (uint8_t i = 0; i < result_.param_count; ++i) {
      route.params.emplace_back(result_.params[i].name, result_.params[i].value);
    }
    out_.route = std::move(route);
  }

  void Filters() {
    const auto& tree = listener_.route_configs;
    const uint32_t node = snapshot::ConfigNode(snapshot_, listener_, result_);
    for (size_t i = 0; i < listener_.chain.filters.size(); ++i) {
      const filter::FilterSpec& spec = listener_.chain.filters[i];
      const auto& effective = node < tree.size() ? tree.at(node)[i] : spec.base;
      out_.filters.push_back(DescribeFilter(spec, effective));
    }
  }

  const snapshot::Snapshot& snapshot_;
  const snapshot::ListenerSpec& listener_;
  Explanation& out_;
  route::MatchResult result_;
};

}  // namespace

std::optional<Explanation> Explain(const snapshot::Snapshot& snapshot, const ExplainRequest& request,
                                   std::string* error) {
  auto url = ParseUrl(request.url, error);
  if (!url) return std::nullopt;
  const auto* listener = ChooseListener(snapshot, request.listener, url->port, error);
  if (listener == nullptr) return std::nullopt;
  if (url->authority.empty()) url->authority = listener->address.ToString();
  Explanation explanation;
  Explainer(snapshot, *listener, &explanation).Follow(request, *url);
  return explanation;
}

}  // namespace sp::traffic
