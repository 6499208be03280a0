#include "core/traffic/upstream/forwarder.h"

#include <utility>

namespace sp::upstream {

Forwarder::Forwarder(net::Reactor& reactor, ForwarderEvents& events)
    : reactor_(reactor),
      events_(events),
      refuse_task_(
          [](void* self) {
            auto* forwarder = static_cast<Forwarder*>(self);
            forwarder->FinishWith(forwarder->refuse_reason_);
          },
          this) {}

Forwarder::~Forwarder() { Cancel(); }

// ------------------------------------------------------------------------------------------------------- request

void Forwarder::Start(cluster::ClusterState& cluster, const http::RequestHead& head, Arena& arena, bool end) {
  cluster_ = &cluster;
  head_ = &head;
  arena_ = &arena;
  end_ = end;
  Attempt(false);
}

void Forwarder::Attempt(bool fresh) {
  state_ = State::kWaiting;
  ++attempts_;
  attempt_start_ = reactor_.now();
  endpoint_ = cluster_->Pick(reactor_.random());
  if (endpoint_ == nullptr) {
    cluster_->stats().no_endpoint.Add();
    Refuse(Reason::kUpstreamNoEndpoint);
    return;
  }
  cluster_->stats().requests.Add();
  cluster_->stats().active_requests.Add(1);
  endpoint_->stats->requests.Add();
  endpoint_->stats->active_requests.Add(1);
  counted_ = true;
  events_.OnEndpoint(*endpoint_->spec);
  Pool::Of(reactor_, *cluster_, *endpoint_).Acquire(*this, fresh);
}

// An answer that is known at once is given at the end of the turn, never from within Start.
void Forwarder::Refuse(Reason reason) {
  refuse_reason_ = reason;
  reactor_.AtEndOfTurn(refuse_task_);
}

// An endpoint that can't be reached: nothing was sent, so another may be asked, once.
void Forwarder::OnNoConnection(Reason reason) {
  const bool unreachable = reason == Reason::kUpstreamConnect || reason == Reason::kUpstreamConnectTimeout;
  if (!unreachable || attempts_ > 1 || cluster_->endpoints().size() < 2) return Refuse(reason);
  cluster_->stats().retries.Add();
  EndAttempt();
  Attempt(false);
}

void Forwarder::OnConnection(Connection& connection, bool reused) {
  connection_ = &connection;
  reused_ = reused;
  connected_ = reactor_.now();
  state_ = State::kSending;
  stream_ = connection.codec().NewStream(*this, *arena_);
  if (stream_ == nullptr) {  // the connection died in this very turn
    connection_ = nullptr;
    connection.Touch();
    Refuse(Reason::kUpstreamReset);
    return;
  }
  if (response_paused_) stream_->PauseBody();
  connection.SetDrainListener([](void* self) { static_cast<Forwarder*>(self)->events_.OnUpstreamDrained(); }, this);
  const bool head_only = end_ && unsent_.empty() && trailers_ == nullptr;
  stream_->SendHead(*head_, head_only);
  end_sent_ = head_only;
  Flush();
}

// Sends what has waited. Keeps a reference to it while a retry may need it.
void Forwarder::Flush() {
  connection_->Touch();
  if (end_sent_) return;
  const bool may_need = kept_whole_ && !responded_ && attempts_ == 1 && reused_;
  if (may_need && kept_.size() + unsent_.size() <= cluster_->spec().retry_buffer) {
    kept_.Append(unsent_.Share());
  } else if (!unsent_.empty()) {
    kept_whole_ = false;
    kept_.Clear();
  }
  const bool body_ends = end_ && trailers_ == nullptr;
  if (!unsent_.empty() || body_ends) stream_->SendBody(std::move(unsent_), body_ends);
  if (end_ && trailers_ != nullptr) stream_->SendTrailers(*trailers_);
  end_sent_ = end_;
}

void Forwarder::SendBody(BufferChain&& bytes, bool end) {
  if (state_ == State::kDone) return;
  unsent_.Append(std::move(bytes));
  end_ |= end;
  if (state_ == State::kSending) Flush();
}

void Forwarder::SendTrailers(const http::HeaderMap& trailers) {
  if (state_ == State::kDone) return;
  trailers_ = &trailers;
  end_ = true;
  if (state_ == State::kSending) Flush();
}

size_t Forwarder::pending_bytes() const {
  return unsent_.size() + (connection_ != nullptr ? connection_->pending_bytes() : 0);
}

void Forwarder::PauseResponse() {
  response_paused_ = true;
  if (stream_ != nullptr) stream_->PauseBody();
}

void Forwarder::ResumeResponse() {
  if (!response_paused_) return;
  response_paused_ = false;
  if (stream_ == nullptr) return;
  stream_->ResumeBody();
  if (connection_ != nullptr) connection_->Touch();
}

// -------------------------------------------------------------------------------------------------------- answer

void Forwarder::OnInformational(http::ResponseHead& head) {
  responded_ = true;
  events_.OnUpstreamInformational(head);
}

void Forwarder::OnResponseHead(http::ResponseHead& head, bool end) {
  responded_ = true;
  first_byte_ = reactor_.now();
  kept_.Clear();
  if (head.status >= 100 && head.status < 600) cluster_->stats().status[head.status / 100 - 1].Add();
  events_.OnUpstreamHead(head, end);
}

void Forwarder::OnResponseBody(Slice bytes) { events_.OnUpstreamBody(std::move(bytes)); }

void Forwarder::OnResponseTrailers(http::HeaderMap& trailers) { events_.OnUpstreamTrailers(trailers); }

void Forwarder::OnResponseEnd() {
  const bool early = !end_sent_;
  if (early) cluster_->stats().early_responses.Add();
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(reactor_.now() - attempt_start_).count();
  cluster_->stats().duration.Observe(static_cast<uint64_t>(micros));
  // The rest of the request will not be sent: the codec closes that connection (T95).
  if (early && stream_ != nullptr) stream_->Reset();
  EndAttempt();
  state_ = State::kDone;
  events_.OnUpstreamEnd();
}

bool Forwarder::MayRetry(bool untouched) const {
  if (responded_ || attempts_ > 1 || !reused_ || !untouched || !kept_whole_) return false;
  return http::IsIdempotent(head_->method);
}

void Forwarder::OnResponseError(Reason reason, bool untouched) {
  const bool retry = MayRetry(untouched);
  cluster_->stats().failed.Add();
  if (endpoint_ != nullptr) endpoint_->stats->failures.Add();
  EndAttempt();
  if (!retry) {
    state_ = State::kDone;
    events_.OnUpstreamError(reason);
    return;
  }
  cluster_->stats().retries.Add();
  BufferChain body = std::move(kept_);
  body.Append(std::move(unsent_));
  unsent_ = std::move(body);
  end_sent_ = false;
  Attempt(true);
}

void Forwarder::EndAttempt() {
  if (counted_) {
    cluster_->stats().active_requests.Add(-1);
    endpoint_->stats->active_requests.Add(-1);
    counted_ = false;
  }
  if (connection_ != nullptr) {
    connection_->SetDrainListener(nullptr, nullptr);
    connection_->Touch();
  }
  connection_ = nullptr;
  stream_ = nullptr;
}

void Forwarder::FinishWith(Reason reason) {
  if (state_ == State::kDone) return;
  EndAttempt();
  state_ = State::kDone;
  events_.OnUpstreamError(reason);
}

void Forwarder::Cancel() {
  if (state_ == State::kDone || state_ == State::kIdle) return;
  if (stream_ != nullptr) {
    stream_->Reset();
  } else if (endpoint_ != nullptr && endpoint_->pool != nullptr) {
    Pool::Of(reactor_, *cluster_, *endpoint_).Cancel(*this);
  }
  EndAttempt();
  state_ = State::kDone;
  unsent_.Clear();
  kept_.Clear();
}

}  // namespace sp::upstream
