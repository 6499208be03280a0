#include "core/operate/admin/connection.h"

#include <string>
#include <utility>

#include "core/http/reply.h"

namespace sp::admin {
namespace {

using namespace std::chrono_literals;
using http::AfterOutput;
using http::HeaderId;

constexpr Duration kHeadLimit = 10s;
constexpr Duration kProgressLimit = 10s;
constexpr Duration kLingerLimit = 2s;

// A slice that owns the text: a metrics page may have megabytes.
Slice Owning(std::string text) {
  auto* const owned = new std::string(std::move(text));
  const auto release = [](void* context, const char*, size_t) { delete static_cast<std::string*>(context); };
  return Slice::MakeExternal(*owned, release, owned);
}

}  // namespace

Connection::Connection(Shared& shared, std::unique_ptr<net::Transport> transport)
    : shared_(shared),
      transport_(std::move(transport)),
      codec_(shared.reactor.slabs(), *this, shared.rules, http::RequestPeer{}, nullptr, &shared.date),
      timer_([](void* self) { static_cast<Connection*>(self)->OnDeadline(); }, this),
      flush_([](void* self) { static_cast<Connection*>(self)->Flush(); }, this) {
  transport_->SetEvents(this);
  transport_->StartReading();
  StartTimer(kHeadLimit);
}

void Connection::OnBytes(Slice bytes) {
  if (closed_) return;
  shared_.date.Update(shared_.reactor.wall());
  if (state_ != State::kLingering) codec_.Receive(std::move(bytes));
  Touch();
}

void Connection::OnEnd() {
  if (state_ == State::kLingering) return Close();
  codec_.ReceiveEnd(false);
  Touch();
}

void Connection::OnBroken() {
  if (state_ != State::kLingering) codec_.ReceiveEnd(true);
  Close();
}

http::RequestSink& Connection::OnStream(http::ServerStream& stream) {
  stream_ = &stream;
  return *this;
}

void Connection::OnRequestHead(http::RequestHead& request, bool) {
  state_ = State::kAnswering;
  StartTimer(kProgressLimit);
  http::ResponseHead head(stream_->arena());
  Send(shared_.pages.Answer(request), head);
}

void Connection::Send(Page page, http::ResponseHead& head) {
  BufferChain body;
  if (page.content_type.empty()) {
    const http::ReplyText text = {.status = page.status, .token = {}, .proxy_error = {}, .detail = page.body};
    body.Append(http::MakeProblem(text, shared_.reactor.slabs(), head));
    if (page.status == 405) head.headers.Set(HeaderId::kAllow, "GET, HEAD");
  } else {
    head.status = page.status;
    head.framing = http::BodyFraming::kLength;
    head.content_length = page.body.size();
    head.has_content_length = true;
    head.headers.Add(HeaderId::kContentType, page.content_type);
    body.Append(Owning(std::move(page.body)));
  }
  head.headers.Add(HeaderId::kDate, head.headers.arena().Copy(shared_.date.text()));
  head.headers.Add("x-content-type-options", "nosniff");
  head.headers.Add("cache-control", "no-store");
  codec_.Drain();  // `connection: close` on this answer
  const bool empty = body.empty();
  stream_->SendHead(head, empty);
  if (!empty && stream_ != nullptr) stream_->SendBody(std::move(body), true);
}

void Connection::Flush() {
  if (closed_) return;
  if (!codec_.output().empty()) transport_->Write(std::move(codec_.output()));
  if (state_ == State::kLingering) return;
  if (codec_.after_output() == AfterOutput::kAbort) return Abort();
  if (codec_.after_output() == AfterOutput::kKeep || transport_->pending_write_bytes() > 0) return;
  if (codec_.after_output() == AfterOutput::kClose) return Close();
  // Closing now could reset the connection over bytes not read, and the client lose the page (RFC 9112 section 9.6).
  state_ = State::kLingering;
  transport_->CloseWrite();
  StartTimer(kLingerLimit);
}

void Connection::OnDeadline() {
  if (state_ == State::kLingering) return Close();
  if (state_ == State::kWaiting) {
    // Told 408 if it had begun a head. Then it is an answer like any other.
    state_ = State::kAnswering;
    codec_.OnTimeout(Reason::kH1HeaderTimeout);
    StartTimer(kProgressLimit);
    return Touch();
  }
  const size_t unsent = transport_->pending_write_bytes();
  if (unsent == 0 || unsent == std::exchange(unsent_bytes_, unsent)) return Abort();
  StartTimer(kProgressLimit);
}

void Connection::Abort() {
  if (closed_) return;
  transport_->ResetOnClose();
  if (state_ != State::kLingering) codec_.ReceiveEnd(true);
  Close();
}

void Connection::Close() {
  if (std::exchange(closed_, true)) return;
  timer_.Cancel();
  std::unique_ptr<Connection> self = std::move(*place_);
  shared_.connections.erase(place_);
  shared_.reactor.Destroy(std::move(self));
}

}  // namespace sp::admin
