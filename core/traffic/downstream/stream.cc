#include "core/traffic/downstream/stream.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "core/http/reply.h"
#include "core/traffic/downstream/client_address.h"
#include "core/traffic/downstream/connection.h"
#include "core/traffic/downstream/flow_control.h"
#include "core/traffic/route/rewrite.h"

namespace sp::downstream {

using filter::Direction;
using filter::Parcel;

Stream::Stream(Connection& connection, WorkerContext& context, http::ServerStream& codec, size_t listener)
    : connection_(connection),
      context_(context),
      codec_(codec),
      snapshot_(*context.current),
      listener_(*snapshot_->spec().listeners[listener]),
      listener_index_(listener),
      forwarder_(context.reactor, *this),
      settle_([](void* self) { static_cast<Stream*>(self)->Settle(); }, this),
      timeout_([](void* self) { static_cast<Stream*>(self)->OnTimeout(); }, this),
      idle_([](void* self) { static_cast<Stream*>(self)->OnIdle(); }, this),
      start_(context.reactor.now()),
      last_activity_(start_),
      wall_start_(context.reactor.wall()) {}

Stream::~Stream() {
  forwarder_.Cancel();
  if (!chain_) return;
  FinishStatistics();
  chain_->Finish();
  if (StreamRecordSink* sink = connection_.record_sink()) sink->OnStreamEnd(Record());
}

// ------------------------------------------------------------------------------------------------------- request

void Stream::OnRequestHead(http::RequestHead& head, bool end) {
  request_ = &head;
  request_ended_ = end;
  connection_.stats().requests.Add();
  connection_.stats().active_requests.Add(1);
  const ClientAddress client = FindClientAddress(head.headers, connection_.peer().ip(), listener_.trusted_proxies);
  client_ip_ = client.ip;
  client_address_ =
      client.ip == connection_.peer().ip() ? connection_.peer_ip_text() : arena().Copy(client.ip.ToString());
  SetForwardingFields();
  const auto& chain = listener_.chain;
  if (chain.metadata_slots > 0) {
    metadata_ = static_cast<sp_value*>(arena().Allocate(chain.metadata_slots * sizeof(sp_value), alignof(sp_value)));
    std::uninitialized_fill_n(metadata_, chain.metadata_slots, sp_value{});
  }
  chain_.emplace(*this, chain, snapshot_->chain(listener_index_), *context_.http, *context_.marker);
  if (!SetVia()) return LocalReply(0, Reason::kLoop);
  MatchRoute();
  if (match_.outcome == route::MatchResult::Outcome::kQueryLimit) {
    return LocalReply(0, Reason::kQueryLimit);
  }
  if (const uint32_t node = ConfigNode(); node != snapshot::RouteConfigTree::kRoot) {
    chain_->UseRoute(listener_.route_configs.at(node));
  }
  StartDeadlines();
  Parcel parcel;
  parcel.head = true;
  parcel.end = end;
  chain_->Push(Direction::kRequest, std::move(parcel));
}

void Stream::OnRequestBody(Slice bytes) {
  request_bytes_ += bytes.size();
  last_activity_ = context_.reactor.now();
  if (chain_->closed(Direction::kRequest)) return;
  Parcel parcel;
  parcel.body.Append(std::move(bytes));
  chain_->Push(Direction::kRequest, std::move(parcel));
  Touch();
}

void Stream::OnRequestTrailers(http::HeaderMap& trailers) {
  trailers_[SP_REQUEST] = &trailers;
  request_ended_ = true;  // nothing follows trailers
  if (chain_->closed(Direction::kRequest)) return;
  Parcel parcel;
  parcel.trailers = true;
  parcel.end = true;
  chain_->Push(Direction::kRequest, std::move(parcel));
  Touch();
}

void Stream::OnRequestEnd() {
  if (request_ended_) return;  // the head or the trailers said so
  request_ended_ = true;
  if (chain_->closed(Direction::kRequest)) return;
  Parcel parcel;
  parcel.end = true;
  chain_->Push(Direction::kRequest, std::move(parcel));
  Touch();
}

void Stream::OnRequestError(Reason reason) {
  if (reason == Reason::kDownstreamReset) {
    gone_ = true;
    SetReason(reason);
    chain_->Close(Direction::kRequest);
    chain_->Close(Direction::kResponse);
    forwarder_.Cancel();
    return;
  }
  LocalReply(chain_->RequestPlace(), reason);
}

http::HeaderMap* Stream::trailers(Direction direction, bool create) {
  http::HeaderMap*& map = trailers_[static_cast<size_t>(direction)];
  if (map == nullptr && create) map = arena().New<http::HeaderMap>(arena());
  return map;
}

// The request has passed every filter.
void Stream::DeliverRequest(Parcel&& parcel) {
  last_activity_ = context_.reactor.now();
  const bool has_trailers = parcel.trailers || (parcel.end && trailers_[SP_REQUEST] != nullptr);
  if (parcel.head && !Forward(parcel.end && parcel.body.empty() && !has_trailers)) return;
  if (!forwarder_.started() || forwarder_.finished()) return;
  if (!parcel.body.empty() || (parcel.end && !parcel.head)) {
    forwarder_.SendBody(std::move(parcel.body), parcel.end && !has_trailers);
  }
  if (parcel.end && has_trailers) forwarder_.SendTrailers(*trailers_[SP_REQUEST]);
  if (parcel.head && !parcel.end) codec_.Continue();
  Touch();
}

// ------------------------------------------------------------------------------------------------------ response

void Stream::OnUpstreamInformational(http::ResponseHead& head) {
  if (!head_sent_ && head.status != 100) codec_.SendInformational(head);
  connection_.Touch();
}

void Stream::OnUpstreamHead(http::ResponseHead& head, bool end) {
  last_activity_ = context_.reactor.now();
  response_ = &head;
  origin_ = SP_ORIGIN_UPSTREAM;
  if (cluster_ != nullptr) route::Apply(cluster_->response_headers, head.headers);
  if (const auto* change = modifications()) route::Apply(change->response_headers, head.headers);
  Parcel parcel;
  parcel.head = true;
  parcel.end = end;
  PushResponse(std::move(parcel));
}

void Stream::OnUpstreamBody(Slice bytes) {
  last_activity_ = context_.reactor.now();
  Parcel parcel;
  parcel.body.Append(std::move(bytes));
  PushResponse(std::move(parcel));
}

void Stream::OnUpstreamTrailers(http::HeaderMap& trailers) {
  trailers_[SP_RESPONSE] = &trailers;
  upstream_ended_ = true;  // nothing follows trailers
  Parcel parcel;
  parcel.trailers = true;
  parcel.end = true;
  PushResponse(std::move(parcel));
}

void Stream::OnUpstreamEnd() {
  if (response_done_ || upstream_ended_) return;
  Parcel parcel;
  parcel.end = true;
  PushResponse(std::move(parcel));
}

void Stream::OnUpstreamError(Reason reason) {
  if (response_ == nullptr || !(head_sent_ || out_.head)) return LocalReply(chain_end(), reason);
  SetReason(reason);
  Abort(reason);
}

void Stream::OnEndpoint(const cluster::EndpointSpec& endpoint) {
  const auto* change = modifications();
  if (change == nullptr || change->host.kind != route::HostRewrite::Kind::kEndpoint) return;
  request_->authority = route::RewriteHost(change->host, *request_, endpoint.name, arena());
}

// The answer has passed every filter. It goes to the codec at the end of the turn.
void Stream::DeliverResponse(Parcel&& parcel) {
  out_.head |= parcel.head;
  response_bytes_ += parcel.body.size();
  out_.body.Append(std::move(parcel.body));
  out_.trailers |= parcel.trailers;
  out_.end |= parcel.end;
  response_done_ |= parcel.end;
  Touch();
}

// ------------------------------------------------------------------------------------------------- local answers

void Stream::SetReason(Reason reason) {
  if (reason_.empty()) reason_ = TokenOf(reason);
}

void Stream::LocalReply(uint16_t place, Reason reason, uint16_t status, std::string_view detail) {
  SetReason(reason);
  if (head_sent_ || out_.head) return Abort(reason);
  auto* head = arena().New<http::ResponseHead>(arena());
  const ReasonInfo& info = InfoOf(reason);
  const http::ReplyText text{status != 0 ? status : info.status, info.token, info.proxy_error, detail};
  Slice body = http::MakeProblem(text, context_.reactor.slabs(), *head);
  StartLocalResponse(place, *head, std::move(body), SP_ORIGIN_LOCAL);
}

void Stream::StartLocalResponse(uint16_t place, http::ResponseHead& head, Slice body, int origin) {
  forwarder_.Cancel();
  chain_->Close(Direction::kRequest);
  // A filter sees one final head only: the answer enters before those that have seen another.
  chain_->RestartResponse(std::min(place, chain_->ResponsePlace()));
  response_ = &head;
  trailers_[SP_RESPONSE] = nullptr;
  origin_ = origin;
  Parcel parcel;
  parcel.head = true;
  parcel.body.Append(std::move(body));
  parcel.end = true;
  PushResponse(std::move(parcel));
}

void Stream::OnReply(uint16_t place, filter::Reply&& reply) {
  if (head_sent_ || out_.head) return Abort(Reason::kPluginError);
  reason_ = reply.reason;
  plugin_ = listener_.chain.filters[place].name;
  close_after_ |= reply.close;
  StartLocalResponse(place, *reply.head, std::move(reply.body), SP_ORIGIN_FILTER);
}

void Stream::OnFilterError(uint16_t place, std::string_view) {
  plugin_ = listener_.chain.filters[place].name;
  LocalReply(place, Reason::kPluginError);
}

void Stream::OnFilterSkipped(uint16_t place) {
  plugin_ = listener_.chain.filters[place].name;
  connection_.stats().plugin_failed_open.Add();
}

void Stream::OnHoldOverflow(uint16_t place, Direction direction) {
  plugin_ = listener_.chain.filters[place].name;
  LocalReply(place, direction == Direction::kRequest ? Reason::kBodyLimit : Reason::kResponseBodyLimit);
}

void Stream::Abort(Reason reason) {
  SetReason(reason);
  if (abort_ == Reason::kNone) abort_ = reason;
  chain_->Close(Direction::kRequest);
  chain_->Close(Direction::kResponse);
  forwarder_.Cancel();
  Touch();
}

// ---------------------------------------------------------------------------------------------- end of the turn

void Stream::OnFlow(Direction direction) {
  if (direction == Direction::kRequest && !request_ended_ && chain_->HoldsRequest()) codec_.Continue();
  Touch();
}

void Stream::OnDownstreamDrained() {
  last_activity_ = context_.reactor.now();
  Touch();
}

// Sends what has gathered. The codec may end this stream in any of the calls marked `last`.
void Stream::Settle() {
  if (gone_) return;
  connection_.Touch();
  if (abort_ != Reason::kNone) return codec_.Reset(abort_);  // last
  if (out_.head) {
    out_.head = false;
    head_sent_ = true;
    connection_.FinishHead(*response_, close_after_);
    const bool head_only = out_.end && out_.body.empty() && !(out_.trailers || trailers_[SP_RESPONSE] != nullptr);
    if (head_only) return codec_.SendHead(*response_, true);  // last
    codec_.SendHead(*response_, false);
  }
  if (head_sent_ && out_.end) {
    out_.end = false;
    if (trailers_[SP_RESPONSE] == nullptr) return codec_.SendBody(std::move(out_.body), true);  // last
    if (!out_.body.empty()) codec_.SendBody(std::move(out_.body), false);
    return codec_.SendTrailers(*trailers_[SP_RESPONSE]);  // last
  }
  if (head_sent_ && !out_.body.empty()) codec_.SendBody(std::move(out_.body), false);
  SettleFlow();
}

// Slows either side down to what the other takes (flow_control.h).
void Stream::SettleFlow() {
  const size_t answer_waits = connection_.pending_bytes() + chain_->blocked_bytes(Direction::kResponse);
  if (!response_paused_ && FlowControl::ShouldPause(answer_waits)) {
    response_paused_ = true;
    forwarder_.PauseResponse();
  } else if (response_paused_ && FlowControl::ShouldResume(answer_waits)) {
    response_paused_ = false;
    forwarder_.ResumeResponse();
  }
  const size_t request_waits = forwarder_.pending_bytes() + chain_->blocked_bytes(Direction::kRequest);
  if (!request_paused_ && FlowControl::ShouldPause(request_waits)) {
    request_paused_ = true;
    codec_.PauseBody();
  } else if (request_paused_ && FlowControl::ShouldResume(request_waits)) {
    request_paused_ = false;
    codec_.ResumeBody();  // last
  }
}

}  // namespace sp::downstream
