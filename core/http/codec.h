// The seam between bytes and messages, the same for every HTTP version. Sans-IO: a codec is given bytes and gives back
// events and output bytes; it knows neither sockets nor time, and never calls the same object twice deep.
//
// Downstream                                          Upstream
//   ServerConnection::Receive(bytes)                    ClientConnection::NewStream(sink, arena)
//     -> ServerEvents::OnStream(stream) = sink            -> ClientStream::SendHead/Body/Trailers -> output()
//     -> RequestSink::OnRequestHead/Body/Trailers/End   ClientConnection::Receive(bytes)
//   ServerStream::SendHead/Body/Trailers -> output()      -> ResponseSink::OnResponseHead/Body/Trailers/End
//
// Output collects in output(); after any call into the codec (or when the events say OnOutput) the owner moves it to
// the transport. Calls out of a codec come last in its own work: a sink may call any method of its stream or
// connection from within an event, except destroying the connection.
//
// The end of a message is its own event (OnRequestEnd, OnResponseEnd), once, also when there is no body: OnRequestHead
// says `end` ahead of it where it is already known, and OnRequestEnd then follows at once.
// After OnRequestError / OnResponseError, or Reset, the sink hears nothing more of that stream.
//
// Back-pressure. Receiving: a paused stream gets no body events; the codec keeps at most what it was given in the last
// Receive (HTTP/1) or the stream's window (HTTP/2), and wants_input() turns false: the owner stops reading. Sending:
// pending output is the owner's to limit, by output() and what the transport has not taken.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/arena.h"
#include "core/base/buffer_chain.h"
#include "core/base/reason.h"
#include "core/http/head.h"

namespace sp::http {

// ------------------------------------------------------------------------------------------------ downstream side

class RequestSink {
 public:
  // The head, validated (validate.h). It lives in the stream's arena and may be changed by the sink.
  virtual void OnRequestHead(RequestHead& head, bool end) = 0;
  virtual void OnRequestBody(Slice bytes) = 0;
  virtual void OnRequestTrailers(HeaderMap& trailers) = 0;
  virtual void OnRequestEnd() = 0;
  // The rest of the request is lost: malformed, over a limit, or the client is gone (kDownstreamReset). Where no
  // response head was sent yet the sink may still answer, unless the client is gone.
  virtual void OnRequestError(Reason reason) = 0;

 protected:
  ~RequestSink() = default;
};

// The codec's half of one request/response exchange. Valid from OnStream until OnStreamClosed. When the answer is
// complete the exchange is over: of a request that is not, the codec discards the rest and the sink hears no more.
// Outside an event, a call that ends the answer, Reset and ResumeBody may give further events before they return, up to
// OnStreamClosed and the next exchange: make them the last thing you do. Within an event those come after it.
class ServerStream {
 public:
  // 1xx other than 101.
  virtual void SendInformational(const ResponseHead& head) = 0;
  // The final head; framing members say what body follows. The codec decides what the version and method allow
  // (no body for HEAD, chunked only for HTTP/1.1, close where the client can't know the end otherwise).
  virtual void SendHead(const ResponseHead& head, bool end) = 0;
  virtual void SendBody(BufferChain&& bytes, bool end) = 0;
  // Ends the response.
  virtual void SendTrailers(const HeaderMap& trailers) = 0;
  // Gives the exchange up. HTTP/1: the connection is closed without completing the message.
  virtual void Reset(Reason reason) = 0;
  virtual void PauseBody() = 0;
  virtual void ResumeBody() = 0;
  // Sends 100 (Continue) if the client waits for it and it was not sent; does nothing otherwise.
  virtual void Continue() = 0;
  virtual Arena& arena() = 0;

 protected:
  ~ServerStream() = default;
};

class ServerEvents {
 public:
  // A request begins. The sink must outlive the exchange.
  virtual RequestSink& OnStream(ServerStream& stream) = 0;
  // Both directions of the exchange are finished or reset; the arena may be freed when this returns. The last event of
  // a stream.
  virtual void OnStreamClosed(ServerStream& stream) = 0;
  // A request whose head is malformed: no stream exists for it. The codec has put its answer (problem+json) and its
  // close into output(). `head` is what was read, for the log.
  virtual void OnBadRequest(Reason reason, const RequestHead& head) = 0;

 protected:
  ~ServerEvents() = default;
};

// What the peer is expected to do next, for the owner's deadlines.
enum class Phase : uint8_t {
  kIdle,      // nothing received of a next request
  kHead,      // inside a head
  kBody,      // inside a body (and not paused)
  kResponse,  // its answer is owed: the request is complete, paused, or its body waits for 100 (Continue)
  kDrain,     // the answer is complete, the rest of its request is read and discarded (at most a second)
  kClosing    // nothing more will be read as a message
};

// What to do with the connection once output() has been written.
enum class AfterOutput : uint8_t {
  kKeep,
  kClose,   // orderly
  kLinger,  // close our side, then read and discard for a while so that the peer sees the answer (RFC 9112 9.6)
  kAbort    // at once, without sending what is left
};

class ServerConnection {
 public:
  virtual ~ServerConnection() = default;
  virtual void Receive(Slice bytes) = 0;
  // The client has closed its side (or the connection broke: `reset`).
  virtual void ReceiveEnd(bool reset) = 0;
  // A deadline of the owner's has passed. An overdue head is answered here (408); an overdue body is told to the sink
  // (OnRequestError), which answers; an idle or draining connection is closed; anything else is aborted.
  virtual void OnTimeout(Reason reason) = 0;
  // No new request after the current ones: HTTP/1 `Connection: close` on the next answer, HTTP/2 GOAWAY. An idle
  // HTTP/1 connection is left open for a request that may be on its way; the owner closes it when it has waited enough.
  virtual void Drain() = 0;
  virtual BufferChain& output() = 0;
  virtual bool wants_input() const = 0;
  virtual Phase phase() const = 0;
  virtual AfterOutput after_output() const = 0;
  // Of the request being received: bytes of body so far (for the minimum rate).
  virtual uint64_t received_body_bytes() const = 0;
};

// -------------------------------------------------------------------------------------------------- upstream side

class ResponseSink {
 public:
  virtual void OnInformational(ResponseHead& head) = 0;
  // The final head; it lives in the arena given to NewStream.
  virtual void OnResponseHead(ResponseHead& head, bool end) = 0;
  virtual void OnResponseBody(Slice bytes) = 0;
  virtual void OnResponseTrailers(HeaderMap& trailers) = 0;
  virtual void OnResponseEnd() = 0;
  // `untouched`: the peer has certainly not processed the request (never sent, refused, or a reused HTTP/1 connection
  // that closed before any byte of an answer), RFC 9110 section 9.2.2 and RFC 9113 section 8.7.
  virtual void OnResponseError(Reason reason, bool untouched) = 0;

 protected:
  ~ResponseSink() = default;
};

class ClientStream {
 public:
  // `head.framing` says what body follows; Host is written from `head.authority`.
  virtual void SendHead(const RequestHead& head, bool end) = 0;
  virtual void SendBody(BufferChain&& bytes, bool end) = 0;
  virtual void SendTrailers(const HeaderMap& trailers) = 0;
  // The answer is no longer wanted. HTTP/1: the connection is closed and never reused.
  virtual void Reset() = 0;
  virtual void PauseBody() = 0;
  virtual void ResumeBody() = 0;

 protected:
  ~ClientStream() = default;
};

class ClientConnection {
 public:
  virtual ~ClientConnection() = default;
  // Null where no further stream fits. `arena` holds the response's heads and must outlive the exchange.
  virtual ClientStream* NewStream(ResponseSink& sink, Arena& arena) = 0;
  virtual void Receive(Slice bytes) = 0;
  virtual void ReceiveEnd(bool reset) = 0;
  virtual BufferChain& output() = 0;
  virtual bool wants_input() const = 0;
  virtual AfterOutput after_output() const = 0;
  // True when no stream is open and the connection may carry another: it goes to the pool. Bytes received while idle
  // make it false (RFC 9112 section 6.3: they are never the next answer).
  virtual bool reusable() const = 0;
  // Why it will not be reused, where that is worth counting: kUpstreamEarly, kUpstreamStray; else kNone.
  virtual Reason close_reason() const { return Reason::kNone; }
  // Streams open now, and how many more would fit.
  virtual size_t open_streams() const = 0;
  virtual size_t free_streams() const = 0;
};

}  // namespace sp::http
