#include "core/traffic/downstream/connection.h"

#include <new>
#include <utility>

#include "core/traffic/downstream/connection_manager.h"

namespace sp::downstream {

using http::AfterOutput;
using http::HeaderId;

Connection::Connection(ConnectionManager& manager, WorkerContext& context,
                       std::shared_ptr<const snapshot::ListenerSpec> listener,
                       std::unique_ptr<net::Transport> transport)
    : manager_(manager),
      context_(context),
      listener_(std::move(listener)),
      transport_(std::move(transport)),
      peer_{false, !listener_->trusted_proxies.empty() && listener_->trusted_proxies.Contains(transport_->peer().ip())},
      codec_(context.reactor.slabs(), *this, listener_->rules, peer_, &context.h1_counters, &context.date),
      deadlines_(listener_->timeouts, listener_->min_body_rate, context.reactor.now()),
      timer_([](void* self) { static_cast<Connection*>(self)->OnDeadline(); }, this),
      flush_([](void* self) { static_cast<Connection*>(self)->Flush(); }, this),
      peer_text_(transport_->peer().ToString()),
      id_(context.next_connection_id++ << 16 | context.worker) {
  const size_t colon = peer_text_.rfind(':');
  peer_ip_text_ = std::string_view(peer_text_).substr(0, colon);
  if (peer_ip_text_.starts_with('[')) peer_ip_text_ = peer_ip_text_.substr(1, peer_ip_text_.size() - 2);
  transport_->SetEvents(this);
  transport_->StartReading();
  context_.reactor.timers().Start(timer_, deadlines_.NextLook());
}

Connection::~Connection() {
  if (stream_ != nullptr) stream_->~Stream();
}

ListenerStats& Connection::stats() { return manager_.stats(); }
StreamRecordSink* Connection::record_sink() { return manager_.record_sink(); }

std::string_view Connection::local_text() const {
  if (local_text_.empty()) local_text_ = transport_->local().ToString();
  return local_text_;
}

// -------------------------------------------------------------------------------------------------------- events

void Connection::OnBytes(Slice bytes) {
  if (!lingering_) {
    context_.Date();
    codec_.Receive(std::move(bytes));
  }
  Touch();
}

void Connection::OnEnd() {
  if (lingering_) return manager_.Close(*this);
  codec_.ReceiveEnd(false);
  Touch();
}

void Connection::OnBroken() {
  if (!lingering_) codec_.ReceiveEnd(true);
  manager_.Close(*this);
}

void Connection::OnDrained() {
  if (stream_ != nullptr) stream_->OnDownstreamDrained();
  Touch();
}

http::RequestSink& Connection::OnStream(http::ServerStream& stream) {
  stream_ = new (stream.arena().Allocate(sizeof(Stream), alignof(Stream)))
      Stream(*this, context_, stream, manager_.listener_index());
  return *stream_;
}

void Connection::OnStreamClosed(http::ServerStream&) {
  std::exchange(stream_, nullptr)->~Stream();
  Touch();
}

void Connection::OnBadRequest(Reason reason, const http::RequestHead& head) {
  auto& stats = manager_.stats();
  stats.requests.Add();
  stats.status[InfoOf(reason).status / 100 - 1].Add();
  context_.CountReason(TokenOf(reason));
  StreamRecordSink* sink = manager_.record_sink();
  if (sink == nullptr) return;
  StreamRecord record;
  record.request = &head;
  record.start = context_.reactor.wall();
  record.connection_id = id_;
  record.status = InfoOf(reason).status;
  record.reason = TokenOf(reason);
  record.method = head.method_text;
  record.target = head.target;
  record.client_address = peer_ip_text_;
  record.peer_address = peer_text_;
  record.local_address = local_text();
  record.listener = listener_->name;
  sink->OnStreamEnd(record);
}

void Connection::FinishHead(http::ResponseHead& head, bool close) {
  if (!head.headers.Has(HeaderId::kDate)) {
    head.headers.Add(HeaderId::kDate, head.headers.arena().Copy(context_.Date().text()));
  }
  if (close || draining_) codec_.Drain();
}

// ------------------------------------------------------------------------------------------------- end of the turn

void Connection::Flush() {
  if (closed_) return;
  if (!codec_.output().empty()) {
    written_bytes_ += codec_.output().size();
    transport_->Write(std::move(codec_.output()));
    // OnDrained comes only for what the kernel did not take at once.
    if (stream_ != nullptr && stream_->response_paused() && transport_->pending_write_bytes() == 0) {
      stream_->OnDownstreamDrained();
    }
  }
  if (CloseIfDone()) return;
  const bool wants = lingering_ || codec_.wants_input();
  if (wants != reading_) {
    reading_ = wants;
    wants ? transport_->StartReading() : transport_->StopReading();
  }
  UpdateDeadlines();
}

bool Connection::CloseIfDone() {
  if (lingering_) return false;
  switch (codec_.after_output()) {
    case AfterOutput::kKeep:
      return false;
    case AfterOutput::kAbort:
      transport_->ResetOnClose();
      manager_.Close(*this);
      return true;
    case AfterOutput::kClose:
      if (transport_->pending_write_bytes() > 0) return false;  // OnDrained comes
      manager_.Close(*this);
      return true;
    case AfterOutput::kLinger:
      if (transport_->pending_write_bytes() == 0) StartLingering();
      return false;
  }
  return false;
}

// Closing at once would let the kernel reset the connection over bytes we have not read, and the client lose the answer
// (RFC 9112 section 9.6).
void Connection::StartLingering() {
  lingering_ = true;
  transport_->CloseWrite();
}

void Connection::UpdateDeadlines() {
  const TimePoint now = context_.reactor.now();
  if (deadlines_.Update(DeadlineState(), now) || !timer_.pending() || timer_.deadline() > deadlines_.NextLook()) {
    if (deadlines_.NextLook() == TimePoint::max()) return timer_.Cancel();
    context_.reactor.timers().Start(timer_, deadlines_.NextLook());
  }
}

Deadlines::State Connection::DeadlineState() const {
  const uint64_t unsent = transport_->pending_write_bytes();
  return {codec_.phase(), reading_, lingering_, codec_.received_body_bytes(), unsent, written_bytes_ - unsent};
}

void Connection::OnDeadline() {
  const TimePoint now = context_.reactor.now();
  if (now < deadlines_.NextLook()) {
    if (deadlines_.NextLook() != TimePoint::max()) context_.reactor.timers().Start(timer_, deadlines_.NextLook());
    return;
  }
  const auto reason = deadlines_.Check(DeadlineState(), now);
  if (!reason) return Touch();
  if (lingering_) return manager_.Close(*this);
  if (*reason == Reason::kDownstreamStalled) return Abort();
  codec_.OnTimeout(*reason);
  Touch();
}

void Connection::Drain() {
  draining_ = true;
  codec_.Drain();
  Touch();
}

void Connection::Abort() {
  if (closed_) return;
  transport_->ResetOnClose();
  if (!lingering_) codec_.ReceiveEnd(true);
  manager_.Close(*this);
}

}  // namespace sp::downstream
