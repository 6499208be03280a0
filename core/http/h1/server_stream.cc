// The answer side of ServerConnection: what the sink sends.
#include <cassert>

#include "core/http/framing.h"
#include "core/http/h1/limits.h"
#include "core/http/h1/server_connection.h"

namespace sp::h1 {

using http::AfterOutput;
using http::BodyFraming;
using http::Version;

// Whether the client may be holding its body back; one that has begun to send it does not (RFC 9110 section 10.1.1).
bool ServerConnection::AwaitsContinue() const {
  return expects_continue_ && !continued_ && request_ == RequestState::kBody && body_bytes_ == 0 && input_.empty();
}

void ServerConnection::Continue() {
  if (!AwaitsContinue() || reset_ || answer_ != AnswerState::kWaiting) return;
  continued_ = true;
  output_.Append(Slice::FromStatic("HTTP/1.1 100 Continue\r\n\r\n"));
}

void ServerConnection::SendInformational(const http::ResponseHead& head) {
  assert(head.status >= 100 && head.status < 200 && head.status != 101);
  if (sink_ == nullptr || reset_ || answer_ != AnswerState::kWaiting) return;
  // RFC 9110 section 15.2: HTTP/1.0 knows no 1xx.
  if (version_ == Version::kHttp10 || (head.status == 100 && continued_)) return;
  if (head.status == 100) continued_ = true;
  output_.Append(EncodeResponseHead(head, {}, ConnectionField::kNone, *pool_));
}

AnswerFraming ServerConnection::FramingOf(const http::ResponseHead& head, bool end) const {
  AnswerFraming framing;
  framing.content_length = head.content_length;
  if (!http::AnswerMayHaveBody(method_, head.status)) {
    // RFC 9110 section 8.6: what a GET would have got, or the stored answer has; never in 204.
    framing.write_content_length =
        head.status != 204 && (head.has_content_length || head.framing == BodyFraming::kLength);
    return framing;
  }
  if (end || head.framing == BodyFraming::kLength) {
    assert(!end || head.content_length == 0 || head.framing != BodyFraming::kLength);
    framing.body = BodyFraming::kLength;
    framing.write_content_length = true;
    if (end) framing.content_length = 0;
  } else {
    framing.body = version_ == Version::kHttp11 ? BodyFraming::kChunked : BodyFraming::kUntilClose;
  }
  return framing;
}

// Whether this answer is the last of the connection, as far as is known when its head is sent.
bool ServerConnection::MustClose(BodyFraming framing) const {
  if (close_after_ || !persistent_ || draining_ || framing == BodyFraming::kUntilClose) return true;
  if (input_ended_ && input_.empty()) return true;
  // T21: the client may send its body or not. T19: too much to be read for nothing.
  return request_ == RequestState::kBody && (AwaitsContinue() || decoder_.remaining_length() > kMaxDrainBytes);
}

void ServerConnection::SendHead(const http::ResponseHead& head, bool end) {
  if (sink_ == nullptr || reset_ || answer_ != AnswerState::kWaiting) return;
  const AnswerFraming framing = FramingOf(head, end);
  close_after_ = MustClose(framing.body);
  ConnectionField connection = close_after_ ? ConnectionField::kClose : ConnectionField::kNone;
  if (!close_after_ && version_ == Version::kHttp10) connection = ConnectionField::kKeepAlive;
  output_.Append(EncodeResponseHead(head, framing, connection, *pool_));
  answer_framing_ = framing.body;
  answer_remaining_ = framing.body == BodyFraming::kLength ? framing.content_length : 0;
  answer_ = end ? AnswerState::kDone : AnswerState::kBody;
  Run();
}

void ServerConnection::SendBody(BufferChain&& bytes, bool end) {
  if (sink_ == nullptr || reset_ || answer_ != AnswerState::kBody) return;
  switch (answer_framing_) {
    case BodyFraming::kNone:
      bytes.Clear();
      break;
    case BodyFraming::kLength:
      if (bytes.size() > answer_remaining_) return Reset(Reason::kUpstreamFraming);
      answer_remaining_ -= bytes.size();
      output_.Append(std::move(bytes));
      break;
    case BodyFraming::kChunked:
      AppendChunk(std::move(bytes), *pool_, output_);
      break;
    case BodyFraming::kUntilClose:
      output_.Append(std::move(bytes));
      break;
  }
  if (end) EndAnswer(nullptr);
  Run();
}

void ServerConnection::SendTrailers(const http::HeaderMap& trailers) {
  if (sink_ == nullptr || reset_ || answer_ != AnswerState::kBody) return;
  EndAnswer(&trailers);
  Run();
}

// Trailers have a place in chunked bodies only (RFC 9112 section 7.1.2).
void ServerConnection::EndAnswer(const http::HeaderMap* trailers) {
  if (answer_framing_ == BodyFraming::kLength && answer_remaining_ > 0) {
    // The client is owed bytes: it sees the connection end instead.
    return Reset(Reason::kUpstreamTruncated);
  }
  if (answer_framing_ == BodyFraming::kChunked) AppendLastChunk(trailers, *pool_, output_);
  answer_ = AnswerState::kDone;
}

// The answer stays incomplete and must be seen to be: by its framing, or where that can't show it by a reset (T98).
void ServerConnection::Reset(Reason reason) {
  if (sink_ == nullptr || reset_) return;
  reset_ = true;
  const bool hopeless = reason == Reason::kDownstreamReset || reason == Reason::kDownstreamStalled;
  const bool unseen = answer_ == AnswerState::kBody && answer_framing_ == BodyFraming::kUntilClose;
  Close(hopeless || unseen ? AfterOutput::kAbort : AfterOutput::kClose);
  Run();
}

void ServerConnection::ResumeBody() {
  paused_ = false;
  Run();
}

}  // namespace sp::h1
