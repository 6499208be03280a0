#include "core/http/h1/client_connection.h"

#include <cassert>

#include "core/http/h1/encoder.h"
#include "core/http/h1/event_scope.h"
#include "core/http/h1/limits.h"
#include "core/http/validate.h"

namespace sp::h1 {
namespace {

using http::AfterOutput;
using http::BodyFraming;

// What is wrong with an answer, told as the upstream's fault.
Reason UpstreamReason(Reason reason) {
  switch (reason) {
    case Reason::kH1ObsFold:
    case Reason::kH1Name:
    case Reason::kH1Value:
    case Reason::kH1HeaderBytes:
    case Reason::kH1HeaderCount:
      return Reason::kUpstreamHeader;
    case Reason::kH1Truncated:
      return Reason::kUpstreamTruncated;
    case Reason::kUpstreamStatus:
    case Reason::kUpstreamHeader:
      return reason;
    default:
      return Reason::kUpstreamFraming;
  }
}

}  // namespace

ClientConnection::ClientConnection(SlabPool& pool, const http::HttpLimits& limits)
    : pool_(&pool), limits_(&limits), decoder_(limits) {}

ClientConnection::~ClientConnection() { assert(!running_ && "destroyed from within an event"); }

http::ClientStream* ClientConnection::NewStream(http::ResponseSink& sink, Arena& arena) {
  if (!reusable()) return nullptr;
  sink_ = &sink;
  arena_ = &arena;
  sent_bytes_ = 0;
  informational_ = 0;
  request_ = RequestState::kNone;
  answered_ = head_done_ = paused_ = false;
  BeginAnswer();
  return this;
}

bool ClientConnection::reusable() const {
  return sink_ == nullptr && after_output_ == AfterOutput::kKeep && !input_ended_;
}

bool ClientConnection::wants_input() const { return after_output_ == AfterOutput::kKeep && !input_ended_ && !paused_; }

void ClientConnection::Close(AfterOutput how, Reason reason) {
  if (how > after_output_) after_output_ = how;
  if (close_reason_ == Reason::kNone) close_reason_ = reason;
}

// --------------------------------------------------------------------------------------------------------- request

void ClientConnection::SendHead(const http::RequestHead& head, bool end) {
  if (sink_ == nullptr || request_ != RequestState::kNone) return;
  method_ = head.method;
  request_framing_ = head.framing == BodyFraming::kUntilClose ? BodyFraming::kChunked : head.framing;
  request_remaining_ = head.framing == BodyFraming::kLength ? head.content_length : 0;
  assert(!end || (request_framing_ != BodyFraming::kChunked && request_remaining_ == 0));
  Slice encoded = EncodeRequestHead(head, *pool_);
  sent_bytes_ = output_.size() + encoded.size();
  output_.Append(std::move(encoded));
  request_ = end ? RequestState::kComplete : RequestState::kBody;
}

void ClientConnection::SendBody(BufferChain&& bytes, bool end) {
  if (sink_ == nullptr || request_ != RequestState::kBody) return;
  const size_t before = output_.size();
  if (request_framing_ == BodyFraming::kChunked) {
    AppendChunk(std::move(bytes), *pool_, output_);
    if (end) AppendLastChunk(nullptr, *pool_, output_);
  } else {
    // What the upstream is owed is exactly its Content-Length; anything else would be taken for the next request, or
    // leave it waiting.
    const bool fits = bytes.size() <= request_remaining_ && (!end || bytes.size() == request_remaining_);
    if (!fits) return BreakOff();
    request_remaining_ -= bytes.size();
    output_.Append(std::move(bytes));
  }
  sent_bytes_ += output_.size() - before;
  if (end) request_ = RequestState::kComplete;
}

void ClientConnection::SendTrailers(const http::HeaderMap& trailers) {
  if (sink_ == nullptr || request_ != RequestState::kBody) return;
  if (request_framing_ != BodyFraming::kChunked) return SendBody({}, true);
  const size_t before = output_.size();
  AppendLastChunk(&trailers, *pool_, output_);
  sent_bytes_ += output_.size() - before;
  request_ = RequestState::kComplete;
}

// The request can't be completed as announced: for the upstream and the sink alike as if the connection had broken.
void ClientConnection::BreakOff() {
  input_ended_ = input_reset_ = true;
  input_.Clear();
  Run();
}

void ClientConnection::Reset() {
  if (sink_ == nullptr) return;
  sink_ = nullptr;
  Close(AfterOutput::kAbort, Reason::kNone);
  Run();
}

void ClientConnection::ResumeBody() {
  paused_ = false;
  Run();
}

// ---------------------------------------------------------------------------------------------------------- answer

void ClientConnection::Receive(Slice bytes) {
  if (bytes.empty() || after_output_ != AfterOutput::kKeep || input_ended_) return;
  if (sink_ == nullptr) return Close(AfterOutput::kClose, Reason::kUpstreamStray);
  input_.Add(std::move(bytes), *pool_);
  Run();
}

void ClientConnection::ReceiveEnd(bool reset) {
  input_ended_ = true;
  input_reset_ = input_reset_ || reset;
  if (sink_ == nullptr) return Close(AfterOutput::kClose, Reason::kNone);
  Run();
}

// Does all that can be done now. Events are given from here alone, so none comes within another.
void ClientConnection::Run() {
  if (running_) return;
  const EventScope scope(running_);
  while (Advance()) {
  }
}

bool ClientConnection::Advance() {
  if (sink_ == nullptr) {
    input_.Clear();
    if (input_ended_) Close(AfterOutput::kClose, Reason::kNone);
    return false;
  }
  if (paused_) return false;
  if (decoder_.at_end()) {
    EndAnswer();
    return true;
  }
  if (input_.Next()) {
    Step();
    return true;
  }
  if (input_ended_) OnInputEnd();
  return input_ended_;
}

void ClientConnection::Step() {
  answered_ = true;
  // Sent before any request was: no answer to this one (T96).
  if (request_ == RequestState::kNone) return Fail(Reason::kUpstreamStray);
  size_t used = 0;
  switch (decoder_.Read(input_.view(), &used)) {
    case Decoder::Event::kMore:
      input_.Consume(used);
      break;
    case Decoder::Event::kHead:
      input_.Consume(used);
      OnHead();
      break;
    case Decoder::Event::kBody: {
      const size_t size = decoder_.body().size();
      Slice piece = input_.Sub(used - size, size);
      input_.Consume(used);
      sink_->OnResponseBody(std::move(piece));
      break;
    }
    case Decoder::Event::kTrailers:
      input_.Consume(used);
      OnTrailers();
      break;
    case Decoder::Event::kEnd:
      input_.Consume(used);
      EndAnswer();
      break;
    case Decoder::Event::kError:
      Fail(UpstreamReason(decoder_.reason()));
      break;
  }
}

void ClientConnection::BeginAnswer() {
  head_ = arena_->New<http::ResponseHead>(*arena_);
  decoder_.BeginResponse(*head_);
}

void ClientConnection::OnHead() {
  http::ConnectionOptions options;
  const Reason reason = http::ValidateResponse(*head_, method_, &options);
  if (reason != Reason::kNone) return Fail(UpstreamReason(reason));
  if (head_->status == 101) return Fail(Reason::kUpstreamUpgrade);  // nobody asked for another protocol
  if (head_->status < 200) return OnInformational();
  // RFC 9112 section 9.3.
  keep_alive_ = !options.close && (head_->version == http::Version::kHttp11 || options.keep_alive) &&
                head_->framing != BodyFraming::kUntilClose;
  head_done_ = true;
  decoder_.BeginBody(head_->framing, head_->content_length, INT64_MAX);
  sink_->OnResponseHead(*head_, decoder_.at_end());
}

void ClientConnection::OnInformational() {
  if (++informational_ > kMaxInformational) return Fail(Reason::kUpstreamTooMany1xx);
  http::ResponseHead& head = *head_;
  BeginAnswer();
  sink_->OnInformational(head);
}

void ClientConnection::OnTrailers() {
  http::HeaderMap& trailers = decoder_.trailers();
  size_t dropped = 0;
  if (http::ValidateTrailers(trailers, nullptr, &dropped) != Reason::kNone) return Fail(Reason::kUpstreamFraming);
  if (trailers.size() > 0) sink_->OnResponseTrailers(trailers);
}

void ClientConnection::OnInputEnd() {
  // A close-delimited body is complete only if the connection was closed in order (RFC 9112 section 8).
  if (!input_reset_ && decoder_.ReadEnd() == Decoder::Event::kEnd) return;  // at_end() now
  Fail(head_done_ || decoder_.started() ? Reason::kUpstreamTruncated : Reason::kUpstreamReset);
}

void ClientConnection::EndAnswer() {
  http::ResponseSink& sink = *sink_;
  sink_ = nullptr;
  used_ = true;
  if (request_ != RequestState::kComplete) {
    Close(AfterOutput::kAbort, Reason::kUpstreamEarly);
  } else if (!keep_alive_) {
    Close(AfterOutput::kClose, Reason::kNone);
  } else if (!input_.empty()) {
    Close(AfterOutput::kClose, Reason::kUpstreamStray);  // T96: never the next answer
  }
  sink.OnResponseEnd();
}

// RFC 9110 section 9.2.2: whether the request may be sent again without asking what it does.
bool ClientConnection::Untouched() const {
  if (request_ == RequestState::kNone) return true;
  if (answered_) return false;
  const bool nothing_taken = output_.size() >= sent_bytes_;
  return used_ || nothing_taken;
}

void ClientConnection::Fail(Reason reason) {
  http::ResponseSink& sink = *sink_;
  sink_ = nullptr;
  const bool untouched = Untouched();
  const bool stray = reason == Reason::kUpstreamStray;
  Close(AfterOutput::kAbort, stray ? reason : Reason::kNone);
  output_.Clear();
  sink.OnResponseError(stray ? Reason::kUpstreamReset : reason, untouched);
}

}  // namespace sp::h1
