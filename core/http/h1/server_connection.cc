#include "core/http/h1/server_connection.h"

#include <cassert>

#include "core/http/framing.h"
#include "core/http/h1/event_scope.h"
#include "core/http/h1/limits.h"
#include "core/http/reply.h"

namespace sp::h1 {

using http::AfterOutput;
using http::BodyFraming;
using http::HeaderId;
using http::Phase;
using http::Version;

ServerConnection::ServerConnection(SlabPool& pool, http::ServerEvents& events, const http::RequestRules& rules,
                                   const http::RequestPeer& peer, ServerCounters* counters, const http::HttpDate* date)
    : pool_(&pool),
      events_(&events),
      rules_(&rules),
      counters_(counters),
      date_(date),
      peer_(peer),
      arena_(pool),
      head_(arena_),
      decoder_(rules.limits) {
  decoder_.BeginRequest(head_);
}

ServerConnection::~ServerConnection() { assert(!running_ && "destroyed from within an event"); }

// ----------------------------------------------------------------------------------------------------------- input

void ServerConnection::Receive(Slice bytes) {
  if (after_output_ != AfterOutput::kKeep || input_ended_) return;
  input_.Add(std::move(bytes), *pool_);
  Run();
}

void ServerConnection::ReceiveEnd(bool reset) {
  if (input_ended_ && !reset) return;
  input_ended_ = true;
  if (reset) Abandon(Reason::kDownstreamReset);
  Run();
}

void ServerConnection::OnTimeout(Reason reason) {
  switch (phase()) {
    case Phase::kIdle:
    case Phase::kDrain:
      Close(AfterOutput::kClose);
      break;
    case Phase::kHead:
      Refuse(reason);
      break;
    case Phase::kBody:
      FailBody(reason);
      break;
    case Phase::kResponse:
    case Phase::kClosing:
      Abandon(reason);
      break;
  }
  Run();
}

// Nothing more can come of this connection: the sink hears it, pending output is not worth sending.
void ServerConnection::Abandon(Reason reason) {
  Close(AfterOutput::kAbort);
  if (!Hears()) {
    reset_ = true;
    return;
  }
  reset_ = true;
  const EventScope scope(running_);
  sink_->OnRequestError(reason);
}

void ServerConnection::Drain() { draining_ = true; }

bool ServerConnection::wants_input() const {
  if (after_output_ != AfterOutput::kKeep || input_ended_) return false;
  if (request_ == RequestState::kBody && paused_) return false;
  return input_.size() < kMaxHeldBytes;
}

Phase ServerConnection::phase() const {
  if (after_output_ != AfterOutput::kKeep) return Phase::kClosing;
  switch (request_) {
    case RequestState::kIdle:
      return Phase::kIdle;
    case RequestState::kHead:
      return Phase::kHead;
    case RequestState::kBody:
      return paused_ || AwaitsContinue() ? Phase::kResponse : Phase::kBody;
    case RequestState::kDiscard:
      return Phase::kDrain;
    case RequestState::kComplete:
    case RequestState::kFailed:
      return Phase::kResponse;
  }
  return Phase::kClosing;
}

// Does all that can be done now. Events are given from here alone, so none comes within another.
void ServerConnection::Run() {
  if (running_) return;
  const EventScope scope(running_);
  while (Advance()) {
  }
}

// One step; false where there is none.
bool ServerConnection::Advance() {
  if (sink_ != nullptr && (answer_ == AnswerState::kDone || reset_)) {
    EndExchange();
    return true;
  }
  if (after_output_ != AfterOutput::kKeep) {
    input_.Clear();
    return false;
  }
  if (request_ == RequestState::kComplete || request_ == RequestState::kFailed) return false;
  if (request_ == RequestState::kBody && paused_) return false;
  if (decoder_.at_end()) {
    EndRequest();
    return true;
  }
  if (input_.Next()) {
    Step();
    return true;
  }
  if (input_ended_) OnInputEnd();
  return input_ended_;
}

void ServerConnection::Step() {
  size_t used = 0;
  const Decoder::Event event = decoder_.Read(input_.view(), &used);
  switch (event) {
    case Decoder::Event::kMore:
      if (request_ == RequestState::kIdle && decoder_.started()) request_ = RequestState::kHead;
      input_.Consume(used);
      break;
    case Decoder::Event::kHead:
      input_.Consume(used);
      OnHead();
      break;
    case Decoder::Event::kBody:
      OnBody(used);
      break;
    case Decoder::Event::kTrailers:
      input_.Consume(used);
      OnTrailers();
      break;
    case Decoder::Event::kEnd:
      input_.Consume(used);
      EndRequest();
      break;
    case Decoder::Event::kError:
      OnDecoderError(decoder_.reason());
      break;
  }
}

// --------------------------------------------------------------------------------------------------------- request

void ServerConnection::OnHead() {
  http::ConnectionOptions options;
  const Reason reason = http::ValidateRequest(head_, *rules_, peer_, &options);
  if (counters_ != nullptr && options.aliases_dropped > 0) counters_->header_aliases.Add(options.aliases_dropped);
  if (reason != Reason::kNone) return Refuse(reason);

  method_ = head_.method;
  version_ = head_.version;
  // RFC 9112 section 9.3.
  persistent_ = !options.close && (version_ == Version::kHttp11 || options.keep_alive);
  expects_continue_ = head_.expect_continue;
  decoder_.BeginBody(head_.framing, head_.content_length, rules_->limits.max_body_bytes);
  const bool end = decoder_.at_end();
  request_ = end ? RequestState::kComplete : RequestState::kBody;
  answer_ = AnswerState::kWaiting;
  sink_ = &events_->OnStream(*this);
  if (Hears()) sink_->OnRequestHead(head_, end);
  if (end && Hears()) sink_->OnRequestEnd();
}

// The decoder's piece is the last body().size() of the `used` bytes.
void ServerConnection::OnBody(size_t used) {
  const size_t size = decoder_.body().size();
  Slice piece = input_.Sub(used - size, size);
  input_.Consume(used);
  body_bytes_ += size;
  if (request_ == RequestState::kDiscard) {
    drained_bytes_ += size;
    if (drained_bytes_ > kMaxDrainBytes) Close(AfterOutput::kLinger);
  } else if (Hears()) {
    sink_->OnRequestBody(std::move(piece));
  }
}

void ServerConnection::OnTrailers() {
  http::HeaderMap& trailers = decoder_.trailers();
  size_t dropped = 0;
  const Reason reason = http::ValidateTrailers(trailers, rules_->managed, &dropped);
  if (counters_ != nullptr && dropped > 0) counters_->trailers_dropped.Add(dropped);
  if (reason != Reason::kNone) return OnDecoderError(reason);
  if (request_ == RequestState::kBody && trailers.size() > 0 && Hears()) sink_->OnRequestTrailers(trailers);
}

void ServerConnection::EndRequest() {
  if (request_ == RequestState::kDiscard) return BeginMessage();
  request_ = RequestState::kComplete;
  if (Hears()) sink_->OnRequestEnd();
}

void ServerConnection::OnDecoderError(Reason reason) {
  if (request_ == RequestState::kBody) return FailBody(reason);
  if (request_ == RequestState::kDiscard) return Close(AfterOutput::kLinger);
  Refuse(reason);
}

void ServerConnection::OnInputEnd() {
  if (request_ == RequestState::kIdle) return Close(AfterOutput::kClose);
  OnDecoderError(Reason::kH1Truncated);
}

// A head that is not acceptable: answered here, the last answer of this connection (T20).
void ServerConnection::Refuse(Reason reason) {
  assert(InfoOf(reason).status != 0);
  http::ResponseHead answer(arena_);
  Slice body = http::MakeProblem(reason, *pool_, answer);
  if (date_ != nullptr) answer.headers.Add(HeaderId::kDate, date_->text());
  const AnswerFraming framing{BodyFraming::kLength, true, answer.content_length};
  output_.Append(EncodeResponseHead(answer, framing, ConnectionField::kClose, *pool_));
  if (head_.method_text != "HEAD") output_.Append(std::move(body));
  request_ = RequestState::kFailed;
  Close(AfterOutput::kLinger);
  const EventScope scope(running_);
  events_->OnBadRequest(reason, head_);
  arena_.Reset();
}

// The rest of a body is lost. The sink may still answer; nothing behind is read (T20).
void ServerConnection::FailBody(Reason reason) {
  const bool heard = Hears();
  request_ = RequestState::kFailed;
  close_after_ = true;
  const EventScope scope(running_);
  if (heard) sink_->OnRequestError(reason);
}

// The answer is complete or given up.
void ServerConnection::EndExchange() {
  sink_ = nullptr;
  events_->OnStreamClosed(*this);
  if (after_output_ != AfterOutput::kKeep) {
    arena_.Reset();
    return;
  }
  // T19: what is left of the body is read, if it is little, so that the connection can go on.
  const bool unread = request_ == RequestState::kBody;
  if (request_ == RequestState::kFailed || (unread && (close_after_ || decoder_.remaining_length() > kMaxDrainBytes))) {
    return Close(AfterOutput::kLinger);
  }
  // Whatever it promised, the client may have sent more, and an answer must not be lost by a reset (RFC 9112
  // section 9.6).
  if (close_after_) return Close(input_ended_ ? AfterOutput::kClose : AfterOutput::kLinger);
  if (!unread) return BeginMessage();
  request_ = RequestState::kDiscard;
  answer_ = AnswerState::kNone;
  paused_ = false;
}

void ServerConnection::BeginMessage() {
  arena_.Reset();
  head_ = http::RequestHead(arena_);
  decoder_.BeginRequest(head_);
  request_ = RequestState::kIdle;
  answer_ = AnswerState::kNone;
  body_bytes_ = drained_bytes_ = 0;
  paused_ = reset_ = close_after_ = expects_continue_ = continued_ = false;
}

void ServerConnection::Close(AfterOutput how) {
  if (how > after_output_) after_output_ = how;
}

}  // namespace sp::h1
