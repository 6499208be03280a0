// ServerConnection: HTTP/1 towards a client. Bytes in, requests out; answers in, bytes out.
//
// One exchange at a time. Bytes behind the current request are held, not parsed, until its answer is complete, so
// pipelined requests are answered in order and cost no more than their bytes; beyond kMaxHeldBytes wants_input() turns
// false (T24).
//
//   request    idle ─► head ─► body ─► complete ─► idle       answer   none ─► waiting ─► body ─► done
//                │       │      │  └─► discard ─┘                 (waiting from OnStream on)
//                └───────┴──────┴────► failed
//
// `discard`: the answer is complete, the rest of its request is read and thrown away so that the connection can go on
// (T19), up to kMaxDrainBytes; the owner limits the time (Phase::kDrain).
// `failed`: the bytes are no HTTP, or end too early. Nothing behind them is read as a message (T20); the answer, if one
// can still be given, is the last.
//
// A refused head is answered here (problem+json, OnBadRequest); a body that goes wrong is told to the sink, which
// answers if it has not yet. 100 (Continue) is sent when Continue() is called (PLUGIN_ABI B17: when someone first needs
// the body). A final answer without it closes the connection, since nobody can tell whether the body still comes (T21).
#pragma once

#include <cstdint>

#include "core/base/counter.h"
#include "core/http/codec.h"
#include "core/http/date.h"
#include "core/http/h1/decoder.h"
#include "core/http/h1/encoder.h"
#include "core/http/h1/input.h"
#include "core/http/validate.h"

namespace sp::h1 {

// What is counted, per worker.
struct ServerCounters {
  Counter header_aliases;    // `header.alias`: fields dropped because they look like another name
  Counter trailers_dropped;  // `h1.trailer_dropped`
};

class ServerConnection final : public http::ServerConnection, private http::ServerStream {
 public:
  // `rules`, `counters` and `date` must outlive the connection; `counters` and `date` may be null (no counting, no Date
  // in the codec's own answers).
  ServerConnection(SlabPool& pool, http::ServerEvents& events, const http::RequestRules& rules,
                   const http::RequestPeer& peer, ServerCounters* counters = nullptr,
                   const http::HttpDate* date = nullptr);
  ~ServerConnection() override;

  void Receive(Slice bytes) override;
  void ReceiveEnd(bool reset) override;
  void OnTimeout(Reason reason) override;
  void Drain() override;
  BufferChain& output() override { return output_; }
  bool wants_input() const override;
  http::Phase phase() const override;
  http::AfterOutput after_output() const override { return after_output_; }
  uint64_t received_body_bytes() const override { return body_bytes_; }

 private:
  enum class RequestState : uint8_t { kIdle, kHead, kBody, kComplete, kDiscard, kFailed };
  enum class AnswerState : uint8_t { kNone, kWaiting, kBody, kDone };

  // http::ServerStream
  void SendInformational(const http::ResponseHead& head) override;
  void SendHead(const http::ResponseHead& head, bool end) override;
  void SendBody(BufferChain&& bytes, bool end) override;
  void SendTrailers(const http::HeaderMap& trailers) override;
  void Reset(Reason reason) override;
  void PauseBody() override { paused_ = true; }
  void ResumeBody() override;
  void Continue() override;
  Arena& arena() override { return arena_; }

  void Run();
  bool Advance();
  void Step();
  void OnHead();
  void OnBody(size_t used);
  void OnTrailers();
  void EndRequest();
  void OnDecoderError(Reason reason);
  void OnInputEnd();
  void Abandon(Reason reason);
  void Refuse(Reason reason);
  void FailBody(Reason reason);
  void EndAnswer(const http::HeaderMap* trailers);
  void EndExchange();
  void BeginMessage();
  void Close(http::AfterOutput how);
  bool Hears() const { return sink_ != nullptr && request_ != RequestState::kFailed && !reset_; }
  bool AwaitsContinue() const;
  bool MustClose(http::BodyFraming framing) const;
  AnswerFraming FramingOf(const http::ResponseHead& head, bool end) const;

  SlabPool* pool_;
  http::ServerEvents* events_;
  const http::RequestRules* rules_;
  ServerCounters* counters_;
  const http::HttpDate* date_;
  http::RequestPeer peer_;
  Arena arena_;                        // of the current exchange
  http::RequestHead head_;             // in arena_
  http::RequestSink* sink_ = nullptr;  // null: no exchange
  Decoder decoder_;
  BufferChain output_;
  Input input_;
  uint64_t body_bytes_ = 0;                   // of the current request
  uint64_t drained_bytes_ = 0;                // read for nothing, behind the answer
  uint64_t answer_remaining_ = 0;             // of an answer with a length
  http::Method method_ = http::Method::kGet;  // as received: filters may change head_
  http::Version version_ = http::Version::kHttp11;
  RequestState request_ = RequestState::kIdle;
  AnswerState answer_ = AnswerState::kNone;
  http::BodyFraming answer_framing_ = http::BodyFraming::kNone;
  http::AfterOutput after_output_ = http::AfterOutput::kKeep;
  bool running_ = false;
  bool paused_ = false;
  bool reset_ = false;  // the exchange was given up, by the sink or because the client is gone
  bool draining_ = false;
  bool input_ended_ = false;
  bool persistent_ = false;   // the client wants to keep the connection
  bool close_after_ = false;  // this answer is the last
  bool expects_continue_ = false;
  bool continued_ = false;  // 100 was sent
};

}  // namespace sp::h1
