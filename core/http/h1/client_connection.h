// ClientConnection: HTTP/1 towards an upstream. One exchange at a time; between exchanges it waits in a pool.
//
//   idle ─NewStream─► open ─answer complete─► idle (reusable)   if the request was complete too, the upstream keeps the
//                      │                                        connection, and nothing came behind the answer
//                      └────────────────────► closed            otherwise: after_output() says how
//
// Never reused (close_reason() says why, for the counters): an answer before the request was sent whole (T95,
// kUpstreamEarly), bytes that belong to no answer (T96, kUpstreamStray), a broken or cut answer, a reset.
// After OnResponseEnd or OnResponseError the ClientStream is over; what is still sent into it is ignored.
//
// 1xx answers are passed on, at most kMaxInformational of them; a 101 that nobody asked for is an error (T100).
#pragma once

#include <cstdint>

#include "core/http/codec.h"
#include "core/http/h1/decoder.h"
#include "core/http/h1/input.h"
#include "core/http/limits.h"

namespace sp::h1 {

class ClientConnection final : public http::ClientConnection, private http::ClientStream {
 public:
  // `limits` must outlive the connection. They are those of the upstream's heads.
  ClientConnection(SlabPool& pool, const http::HttpLimits& limits);
  ~ClientConnection() override;

  http::ClientStream* NewStream(http::ResponseSink& sink, Arena& arena) override;
  void Receive(Slice bytes) override;
  void ReceiveEnd(bool reset) override;
  BufferChain& output() override { return output_; }
  bool wants_input() const override;
  http::AfterOutput after_output() const override { return after_output_; }
  bool reusable() const override;
  size_t open_streams() const override { return sink_ != nullptr ? 1 : 0; }
  size_t free_streams() const override { return reusable() ? 1 : 0; }
  Reason close_reason() const override { return close_reason_; }

 private:
  enum class RequestState : uint8_t { kNone, kBody, kComplete };

  // http::ClientStream
  void SendHead(const http::RequestHead& head, bool end) override;
  void SendBody(BufferChain&& bytes, bool end) override;
  void SendTrailers(const http::HeaderMap& trailers) override;
  void Reset() override;
  void PauseBody() override { paused_ = true; }
  void ResumeBody() override;

  void Run();
  bool Advance();
  void Step();
  void BeginAnswer();
  void OnHead();
  void OnInformational();
  void OnTrailers();
  void OnInputEnd();
  void EndAnswer();
  void BreakOff();
  void Fail(Reason reason);
  void Close(http::AfterOutput how, Reason reason);
  bool Untouched() const;

  SlabPool* pool_;
  const http::HttpLimits* limits_;
  Arena* arena_ = nullptr;              // of the exchange
  http::ResponseSink* sink_ = nullptr;  // null: no exchange
  http::ResponseHead* head_ = nullptr;  // in arena_
  Decoder decoder_;
  BufferChain output_;
  Input input_;
  uint64_t sent_bytes_ = 0;         // appended to output_ since NewStream
  uint64_t request_remaining_ = 0;  // of a request body with a length
  http::Method method_ = http::Method::kGet;
  http::BodyFraming request_framing_ = http::BodyFraming::kNone;
  RequestState request_ = RequestState::kNone;
  http::AfterOutput after_output_ = http::AfterOutput::kKeep;
  Reason close_reason_ = Reason::kNone;
  uint32_t informational_ = 0;
  bool running_ = false;
  bool paused_ = false;
  bool used_ = false;       // has carried an exchange before this one
  bool answered_ = false;   // some byte of this exchange's answer has come
  bool head_done_ = false;  // the final head was given to the sink
  bool keep_alive_ = false;
  bool input_ended_ = false;
  bool input_reset_ = false;
};

}  // namespace sp::h1
