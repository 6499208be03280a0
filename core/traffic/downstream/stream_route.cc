// What a stream does about its route: match, deadlines, and the route's action at the end of the chain.
#include <algorithm>

#include "core/http/reply.h"
#include "core/traffic/downstream/client_address.h"
#include "core/traffic/downstream/connection.h"
#include "core/traffic/downstream/stream.h"
#include "core/traffic/route/rewrite.h"

namespace sp::downstream {

using http::HeaderId;

void Stream::MatchRoute() {
  const auto& tables = snapshot_->spec().tables;
  match_.route = nullptr;
  match_.outcome = route::MatchResult::Outcome::kNone;
  const auto slot = tables.Find(listener_.route_table);
  if (!slot) return;
  route::Query query(request_->query, arena());
  tables.Match(*slot, route::Request::Of(*request_, query, context_.reactor.random().Next()), match_);
}

uint32_t Stream::ConfigNode() const { return snapshot::ConfigNode(snapshot_->spec(), listener_, match_); }

bool Stream::Reroute(uint16_t place) {
  if (++reroutes_ > 3) return false;
  const route::MatchResult before = match_;
  MatchRoute();
  const auto& configs = listener_.route_configs.at(ConfigNode());
  if (chain_->RerouteIsGuarded(configs, place)) {
    match_ = before;
    return false;
  }
  chain_->UseRoute(configs, place + 1);
  return true;
}

const route::Modifications* Stream::modifications() const {
  return match_.route != nullptr ? match_.route->modifications.get() : nullptr;
}

// What the next hop is told of where the request came from.
void Stream::SetForwardingFields() {
  auto& headers = request_->headers;
  AddForwardingFields(*request_, connection_.peer_ip_text());
  const auto* id = headers.Find(HeaderId::kXRequestId);
  if (id != nullptr && !id->empty() && id->size() <= 128) {
    request_id_ = *id;
  } else {
    auto* text = arena().NewArray<char>(32);
    static constexpr char kHex[] = "0123456789abcdef";
    for (int half = 0; half < 2; ++half) {
      uint64_t bits = context_.reactor.random().Next();
      for (int i = 0; i < 16; ++i, bits >>= 4) text[half * 16 + i] = kHex[bits & 15];
    }
    request_id_ = {text, 32};
    headers.Set(HeaderId::kXRequestId, request_id_);
  }
}

// False where the request has been here before (THREATS T91).
bool Stream::SetVia() {
  if (context_.via.empty()) return true;
  auto& headers = request_->headers;
  std::string_view joined;
  for (const auto& field : headers) {
    if (field.id != HeaderId::kVia) continue;
    if (field.value.find(std::string_view(context_.via)) != std::string_view::npos) return false;
    joined = arena().Extend(joined, field.value);
    joined = arena().Extend(joined, ", ");
  }
  if (joined.empty()) {
    headers.Add(HeaderId::kVia, context_.via);
  } else {
    headers.Set(HeaderId::kVia, arena().Extend(joined, context_.via));
  }
  return true;
}

// ------------------------------------------------------------------------------------------------------ deadlines

void Stream::StartDeadlines() {
  const auto* change = modifications();
  auto& timers = context_.reactor.timers();
  if (change != nullptr && change->timeout && change->timeout->count() > 0) {
    timers.Start(timeout_, start_ + *change->timeout);
  }
  timers.Start(idle_, start_ + route::IdleTimeoutOf(change));
}

void Stream::OnTimeout() {
  const uint16_t paused = chain_->PausedPlace();
  if (paused < chain_end() && !forwarder_.started()) {
    plugin_ = listener_.chain.filters[paused].name;
    return LocalReply(paused, Reason::kPluginStalled);
  }
  LocalReply(chain_end(), Reason::kRequestTimeout);
}

// Nothing moved for the idle time, unless it is the client that makes us wait: that has deadlines of its own.
void Stream::OnIdle() {
  const Duration limit = route::IdleTimeoutOf(modifications());
  const TimePoint now = context_.reactor.now();
  const uint16_t paused = chain_->PausedPlace();
  const bool filter_waits = paused < chain_end();
  const bool client_waits = response_done_ || response_paused_ || (!request_ended_ && !filter_waits);
  if (client_waits || now - last_activity_ < limit) {
    const TimePoint next = client_waits ? now + limit : last_activity_ + limit;
    return context_.reactor.timers().Start(idle_, next);
  }
  if (!filter_waits) return LocalReply(chain_end(), Reason::kUpstreamTimeout);
  plugin_ = listener_.chain.filters[paused].name;
  LocalReply(paused, Reason::kPluginStalled);
}

// --------------------------------------------------------------------------------------------------------- action

// The request has passed the chain: does what its route says. False where it was answered here.
bool Stream::Forward(bool end) {
  const route::RouteSpec* matched = match_.route;
  if (matched == nullptr) return LocalReply(chain_end(), Reason::kRouteNone), false;
  if (const auto* respond = matched->respond()) return Answer(*respond), false;
  if (const auto* redirect = matched->redirect()) return Redirect(*redirect), false;
  const route::ClusterAction* action = matched->cluster();
  cluster_ = &action->Pick(context_.reactor.random().Next());
  const uint32_t index = snapshot_->spec().links[match_.table].clusters[cluster_->cluster.local];
  if (index == snapshot::kNoCluster) {
    return LocalReply(chain_end(), Reason::kRouteNoCluster, matched->missing_cluster), false;
  }
  if (!Rewrite()) return false;
  forwarder_.Start(snapshot_->cluster(index), *request_, arena(), end);
  return true;
}

bool Stream::Rewrite() {
  const auto* change = modifications();
  if (change == nullptr) {
    route::Apply(cluster_->request_headers, request_->headers);
    return true;
  }
  const auto path = route::RewritePath(change->path, match_, request_->path, listener_.rules.path, arena());
  if (!path) return LocalReply(chain_end(), Reason::kPathRewrite), false;
  request_->path = *path;
  if (change->host.kind == route::HostRewrite::Kind::kLiteral ||
      change->host.kind == route::HostRewrite::Kind::kHeader) {
    request_->authority = route::RewriteHost(change->host, *request_, {}, arena());
  }
  route::Apply(cluster_->request_headers, request_->headers);
  route::Apply(change->request_headers, request_->headers);
  return true;
}

void Stream::Answer(const route::Respond& respond) {
  SetReason(Reason::kRouteRespond);
  auto* head = arena().New<http::ResponseHead>(arena());
  head->status = respond.status;
  head->framing = http::BodyFraming::kLength;
  head->has_content_length = true;
  head->content_length = respond.body.size();
  Slice body = Slice::FromStatic(respond.body);
  if (!respond.content_type.empty()) {
    head->headers.Set(HeaderId::kContentType, respond.content_type);
  } else if (!respond.body.empty()) {
    head->headers.Add(HeaderId::kContentType, "text/plain; charset=utf-8");
  } else if (respond.status >= 400) {
    // An error that says nothing itself is told as a problem.
    body = http::MakeProblem(Reason::kRouteRespond, context_.reactor.slabs(), *head, respond.status);
  }
  route::Apply(respond.headers, head->headers);
  if (const auto* change = modifications()) route::Apply(change->response_headers, head->headers);
  StartLocalResponse(chain_end(), *head, std::move(body), SP_ORIGIN_LOCAL);
}

void Stream::Redirect(const route::Redirect& redirect) {
  const auto location = route::Location(redirect, match_, *request_, listener_.rules.path, arena());
  if (!location) return LocalReply(chain_end(), Reason::kPathRewrite);
  SetReason(Reason::kRouteRedirect);
  auto* head = arena().New<http::ResponseHead>(arena());
  head->status = redirect.status;
  head->framing = http::BodyFraming::kLength;
  head->has_content_length = true;
  head->headers.Add(HeaderId::kLocation, *location);
  if (const auto* change = modifications()) route::Apply(change->response_headers, head->headers);
  StartLocalResponse(chain_end(), *head, Slice(), SP_ORIGIN_LOCAL);
}

// --------------------------------------------------------------------------------------------------------- record

void Stream::FinishStatistics() {
  auto& stats = connection_.stats();
  stats.active_requests.Add(-1);
  stats.request_bytes.Add(request_bytes_);
  stats.response_bytes.Add(response_bytes_);
  const auto micros = static_cast<uint64_t>((context_.reactor.now() - start_).count() / 1000);
  stats.duration.Observe(micros);
  const int status_class = head_sent_ ? response_->status / 100 - 1 : -1;
  if (status_class >= 0 && status_class < 5) stats.status[status_class].Add();
  if (!reason_.empty()) context_.CountReason(reason_);
  if (match_.route == nullptr) return;
  auto& route = snapshot_->StatsOf(match_.table, match_.index);
  route.requests.Add();
  if (status_class >= 0 && status_class < 5) route.status[status_class].Add();
  route.duration.Observe(micros);
}

namespace {

std::string_view ValueOf(const http::HeaderMap& headers, HeaderId id) {
  const auto* value = headers.Find(id);
  return value != nullptr ? *value : std::string_view();
}

}  // namespace

std::string_view Stream::protocol() const {
  switch (request_->version) {
    case http::Version::kHttp10:
      return "HTTP/1.0";
    case http::Version::kHttp11:
      return "HTTP/1.1";
    case http::Version::kHttp2:
      break;
  }
  return "HTTP/2";
}

std::string_view Stream::route_table() const {
  return match_.route != nullptr ? snapshot_->spec().tables.at(match_.table).name() : listener_.route_table;
}

std::string_view Stream::route() const { return match_.route != nullptr ? std::string_view(match_.route->name) : ""; }

std::string_view Stream::cluster() const { return cluster_ != nullptr ? std::string_view(cluster_->cluster.name) : ""; }

std::string_view Stream::endpoint() const {
  const auto* endpoint = forwarder_.endpoint();
  return endpoint != nullptr ? std::string_view(endpoint->spec->name) : "";
}

StreamRecord Stream::Record() const {
  StreamRecord r;
  const http::RequestHead& head = *request_;
  r.request = &head;
  r.response = head_sent_ || origin_ != 0 ? response_ : nullptr;
  r.start = wall_start_;
  r.duration = duration();
  if (forwarder_.first_byte_time() > start_) r.upstream_first_byte = forwarder_.first_byte_time() - start_;
  r.connection_id = connection_.id();
  r.request_bytes = request_bytes_;
  r.response_bytes = response_bytes_;
  r.attempts = attempts();
  r.status = head_sent_ ? response_->status : 0;
  r.reason = reason_;
  r.plugin = plugin_;
  r.method = head.method_text;
  r.target = head.target;
  r.path = head.path;
  r.query = head.query;
  r.host = head.host;
  r.authority = head.authority;
  r.scheme = head.scheme;
  r.protocol = protocol();
  r.client_address = client_address_;
  r.peer_address = connection_.peer_text();
  r.local_address = connection_.local_text();
  r.listener = listener_.name;
  r.route_table = route_table();
  r.route = route();
  r.cluster = cluster();
  r.endpoint = endpoint();
  r.request_id = request_id_;
  r.user_agent = ValueOf(head.headers, HeaderId::kUserAgent);
  r.referer = ValueOf(head.headers, HeaderId::kReferer);
  r.forwarded_for = ValueOf(head.headers, HeaderId::kXForwardedFor);
  return r;
}

}  // namespace sp::downstream
