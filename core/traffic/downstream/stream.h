// Stream: one request and its answer, from the codec through the filter chain to the upstream and back.
//
//   codec --OnRequest*--> chain --DeliverRequest--> forwarder
//   codec <--Settle------ chain <--OnUpstream*----- forwarder
//
// A local answer (LocalReply) closes the request direction, cancels the forwarder and enters the chain in the response
// direction where it arose. What is to be sent gathers in `out_` and goes to the codec once, at the end of the loop
// turn (Settle): so a small answer is one write, and the codec ends the stream while none of its frames is on the
// stack.
//
// Lives in the codec's arena; made by its Connection in OnStream, destroyed by it in OnStreamClosed.
#pragma once

#include <optional>
#include <string_view>

#include "core/http/codec.h"
#include "core/traffic/downstream/stream_record.h"
#include "core/traffic/downstream/worker_context.h"
#include "core/traffic/filter/chain.h"
#include "core/traffic/route/match.h"
#include "core/traffic/upstream/forwarder.h"

namespace sp::downstream {

class Connection;

class Stream final : public http::RequestSink, public filter::StreamView, private upstream::ForwarderEvents {
 public:
  Stream(Connection& connection, WorkerContext& context, http::ServerStream& codec, size_t listener);
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  // Ends the chain (on_complete), writes the record.
  ~Stream();

  // The connection's side.
  void OnDownstreamDrained();
  bool response_paused() const { return response_paused_; }
  void OnRequestHead(http::RequestHead& head, bool end) override;
  void OnRequestBody(Slice bytes) override;
  void OnRequestTrailers(http::HeaderMap& trailers) override;
  void OnRequestEnd() override;
  void OnRequestError(Reason reason) override;
  // Ends it without an orderly answer, at the end of the turn.
  void Abort(Reason reason);

  // What the ABI's functions ask (core/traffic/host).
  http::RequestHead& request() override { return *request_; }
  http::ResponseHead* response() override { return response_; }
  http::HeaderMap* trailers(filter::Direction direction, bool create) override;
  Arena& arena() override { return codec_.arena(); }
  filter::Chain& chain() { return *chain_; }
  WorkerContext& context() { return context_; }
  const Connection& connection() const { return connection_; }
  const snapshot::ListenerSpec& listener() const { return listener_; }
  snapshot::WorkerSnapshot& snapshot() { return *snapshot_; }
  // Matches again after an edit; false where a guard forbids it.
  bool Reroute(uint16_t place);
  StreamRecord Record() const;
  const net::IpAddress& client_ip() const { return client_ip_; }
  std::string_view client_address() const { return client_address_; }
  std::string_view request_id() const { return request_id_; }
  std::string_view reason() const { return reason_; }
  std::string_view protocol() const;
  std::string_view route_table() const;  // where the route stands; the listener's where there is none
  std::string_view route() const;
  std::string_view cluster() const;
  std::string_view endpoint() const;
  WallTime start_time() const { return wall_start_; }
  Duration duration() const { return context_.reactor.now() - start_; }
  uint64_t request_bytes() const { return request_bytes_; }
  uint64_t response_bytes() const { return response_bytes_; }
  uint32_t attempts() const { return forwarder_.attempts(); }
  int response_origin() const { return origin_; }
  sp_value* metadata(uint32_t slot) { return &metadata_[slot]; }

 private:
  // filter::StreamView
  void DeliverRequest(filter::Parcel&& parcel) override;
  void DeliverResponse(filter::Parcel&& parcel) override;
  void OnReply(uint16_t place, filter::Reply&& reply) override;
  void OnFilterError(uint16_t place, std::string_view hook) override;
  void OnFilterSkipped(uint16_t place) override;
  void OnHoldOverflow(uint16_t place, filter::Direction direction) override;
  void OnAbort() override { Abort(Reason::kPluginError); }
  void OnFlow(filter::Direction direction) override;

  // upstream::ForwarderEvents
  void OnUpstreamInformational(http::ResponseHead& head) override;
  void OnUpstreamHead(http::ResponseHead& head, bool end) override;
  void OnUpstreamBody(Slice bytes) override;
  void OnUpstreamTrailers(http::HeaderMap& trailers) override;
  void OnUpstreamEnd() override;
  void OnUpstreamError(Reason reason) override;
  void OnUpstreamDrained() override {
    if (request_paused_) Touch();
  }
  void OnEndpoint(const cluster::EndpointSpec& endpoint) override;

  // stream_route.cc
  void MatchRoute();
  uint32_t ConfigNode() const;
  const route::Modifications* modifications() const;
  bool Forward(bool end);
  void Answer(const route::Respond& respond);
  void Redirect(const route::Redirect& redirect);
  bool Rewrite();
  void SetForwardingFields();
  bool SetVia();
  void StartDeadlines();
  void OnTimeout();
  void OnIdle();

  void LocalReply(uint16_t place, Reason reason, uint16_t status = 0, std::string_view detail = {});
  void StartLocalResponse(uint16_t place, http::ResponseHead& head, Slice body, int origin);
  void PushResponse(filter::Parcel&& parcel) { chain_->Push(filter::Direction::kResponse, std::move(parcel)); }
  uint16_t chain_end() const { return static_cast<uint16_t>(listener_.chain.filters.size()); }
  void SetReason(Reason reason);
  void Touch() { context_.reactor.AtEndOfTurn(settle_); }
  void Settle();
  void SettleFlow();
  void FinishStatistics();

  Connection& connection_;
  WorkerContext& context_;
  http::ServerStream& codec_;
  snapshot::SnapshotRef snapshot_;
  const snapshot::ListenerSpec& listener_;
  const size_t listener_index_;
  http::RequestHead* request_ = nullptr;
  http::ResponseHead* response_ = nullptr;
  http::HeaderMap* trailers_[2] = {nullptr, nullptr};
  sp_value* metadata_ = nullptr;
  std::optional<filter::Chain> chain_;
  upstream::Forwarder forwarder_;
  route::MatchResult match_;
  const route::WeightedCluster* cluster_ = nullptr;
  filter::Parcel out_;  // answer that waits for the end of the turn
  net::EndOfTurnTask settle_;
  Timer timeout_;
  Timer idle_;
  TimePoint start_;
  TimePoint last_activity_;
  WallTime wall_start_;
  uint64_t request_bytes_ = 0;
  uint64_t response_bytes_ = 0;
  std::string_view reason_;
  std::string_view plugin_;
  std::string_view client_address_;
  std::string_view request_id_;
  net::IpAddress client_ip_;
  Reason abort_ = Reason::kNone;
  int origin_ = 0;
  uint8_t reroutes_ = 0;
  bool head_sent_ = false;      // given to the codec
  bool response_done_ = false;  // its end has passed the chain
  bool request_ended_ = false;
  bool upstream_ended_ = false;  // its trailers have come
  bool request_paused_ = false;
  bool response_paused_ = false;
  bool gone_ = false;  // the client is
  bool close_after_ = false;
};

}  // namespace sp::downstream
