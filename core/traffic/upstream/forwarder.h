// Forwarder: the end of the chain. Sends one request to a cluster and brings its answer back, with the one safe retry.
//
// The retry (THREATS T104): once, when a pooled connection turns out to have been closed by the peer before any byte of
// an answer came, for a request that is idempotent (RFC 9110 section 9.2.2) or of which nothing was sent, and whose
// body so far is still kept (retry_buffer). It takes a new connection to an endpoint chosen anew.
//
// A member of its stream, one worker's thread; events come from the loop or, for an immediate refusal, at the end of
// the turn; never from within a call into the forwarder.
#pragma once

#include <cstdint>

#include "core/base/buffer_chain.h"
#include "core/http/codec.h"
#include "core/net/reactor.h"
#include "core/traffic/cluster/cluster_state.h"
#include "core/traffic/upstream/pool.h"

namespace sp::upstream {

class ForwarderEvents {
 public:
  virtual void OnUpstreamInformational(http::ResponseHead& head) = 0;
  virtual void OnUpstreamHead(http::ResponseHead& head, bool end) = 0;
  virtual void OnUpstreamBody(Slice bytes) = 0;
  virtual void OnUpstreamTrailers(http::HeaderMap& trailers) = 0;
  virtual void OnUpstreamEnd() = 0;
  // The last event. Where a head was delivered before, the answer is incomplete.
  virtual void OnUpstreamError(Reason reason) = 0;
  // Request bytes that waited have gone: more may be sent.
  virtual void OnUpstreamDrained() = 0;
  // An endpoint was chosen, the head is about to be sent: last chance to write what depends on it (Host).
  virtual void OnEndpoint(const cluster::EndpointSpec& endpoint) = 0;

 protected:
  ~ForwarderEvents() = default;
};

class Forwarder final : private Waiter, private http::ResponseSink {
 public:
  Forwarder(net::Reactor& reactor, ForwarderEvents& events);
  ~Forwarder();

  // Begins; `head` and `arena` must outlive the exchange. `end`: no body follows.
  void Start(cluster::ClusterState& cluster, const http::RequestHead& head, Arena& arena, bool end);
  void SendBody(BufferChain&& bytes, bool end);
  void SendTrailers(const http::HeaderMap& trailers);
  // The answer is no longer wanted; no event follows.
  void Cancel();
  void PauseResponse();
  void ResumeResponse();

  bool started() const { return cluster_ != nullptr; }
  bool finished() const { return state_ == State::kDone; }
  // Request bytes that the kernel has not taken, for flow control.
  size_t pending_bytes() const;
  const cluster::EndpointState* endpoint() const { return endpoint_; }
  uint32_t attempts() const { return attempts_; }
  TimePoint first_byte_time() const { return first_byte_; }
  TimePoint connected_time() const { return connected_; }

 private:
  enum class State : uint8_t { kIdle, kWaiting, kSending, kDone };

  void OnConnection(Connection& connection, bool reused) override;
  void OnNoConnection(Reason reason) override;
  void OnInformational(http::ResponseHead& head) override;
  void OnResponseHead(http::ResponseHead& head, bool end) override;
  void OnResponseBody(Slice bytes) override;
  void OnResponseTrailers(http::HeaderMap& trailers) override;
  void OnResponseEnd() override;
  void OnResponseError(Reason reason, bool untouched) override;

  void Attempt(bool fresh);
  void Refuse(Reason reason);
  void Flush();
  bool MayRetry(bool untouched) const;
  void EndAttempt();
  void FinishWith(Reason reason);

  net::Reactor& reactor_;
  ForwarderEvents& events_;
  cluster::ClusterState* cluster_ = nullptr;
  cluster::EndpointState* endpoint_ = nullptr;
  const http::RequestHead* head_ = nullptr;
  Arena* arena_ = nullptr;
  Connection* connection_ = nullptr;
  http::ClientStream* stream_ = nullptr;
  const http::HeaderMap* trailers_ = nullptr;
  BufferChain unsent_;  // body that waits for a connection
  BufferChain kept_;    // body that was sent, for the retry
  net::EndOfTurnTask refuse_task_;
  Reason refuse_reason_ = Reason::kNone;
  TimePoint attempt_start_{};
  TimePoint connected_{};
  TimePoint first_byte_{};
  uint32_t attempts_ = 0;
  State state_ = State::kIdle;
  bool reused_ = false;
  bool end_ = false;  // the whole request is known
  bool end_sent_ = false;
  bool responded_ = false;  // a byte of the answer came
  bool kept_whole_ = true;
  bool response_paused_ = false;
  bool counted_ = false;
};

}  // namespace sp::upstream
