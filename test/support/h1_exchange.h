// Runs bytes through the HTTP/1 connections in every way they may be cut, and writes down what came out.
//
//   ServerRun run = RunServer("GET / HTTP/1.1\r\nHost: a\r\n\r\n");    // fails unless every split gives the same
//   run.log      what the sink heard:  `GET / host=a | end`
//   run.output   what the client was sent
//
// A recorder answers each complete request with 200 and the path; a test may give it another way to behave.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/http/codec.h"
#include "core/http/h1/client_connection.h"
#include "core/http/h1/server_connection.h"
#include "core/http/reply.h"
#include "test/support/catch.h"

namespace sp::testing {

// The pieces of one way to cut `bytes`.
using Split = std::vector<std::string_view>;

// Whole, byte by byte, and (for texts that are not huge) in two at every place.
inline std::vector<Split> AllSplits(std::string_view bytes) {
  std::vector<Split> splits = {{bytes}};
  Split singles;
  for (size_t i = 0; i < bytes.size(); ++i) singles.push_back(bytes.substr(i, 1));
  splits.push_back(std::move(singles));
  const size_t step = bytes.size() < 1500 ? 1 : bytes.size() / 300;
  for (size_t i = 1; i < bytes.size(); i += step) splits.push_back({bytes.substr(0, i), bytes.substr(i)});
  return splits;
}

inline std::string Describe(const http::HeaderMap& fields) {
  std::string text;
  for (const http::HeaderField& field : fields) {
    text += ' ';
    text += field.name;
    text += '=';
    text += field.value;
  }
  return text;
}

inline std::string DescribeFraming(http::BodyFraming framing, uint64_t length) {
  switch (framing) {
    case http::BodyFraming::kNone:
      return "";
    case http::BodyFraming::kLength:
      return " length=" + std::to_string(length);
    case http::BodyFraming::kChunked:
      return " chunked";
    case http::BodyFraming::kUntilClose:
      return " until-close";
  }
  return "";
}

// What both directions write down: pieces of a body become one.
class Transcript {
 public:
  void Say(std::string_view event) {
    FlushBody();
    if (!text_.empty()) text_ += " | ";
    text_ += event;
  }
  void Body(std::string_view piece) { body_ += piece; }
  const std::string& text() {
    FlushBody();
    return text_;
  }

 private:
  void FlushBody() {
    if (body_.empty()) return;
    std::string body;
    body.swap(body_);
    Say(body.size() > 200 ? "body of " + std::to_string(body.size()) : "body=" + body);
  }
  std::string text_;
  std::string body_;
};

class ServerRecorder final : public http::ServerEvents, public http::RequestSink {
 public:
  explicit ServerRecorder(SlabPool& slab_pool) : pool(slab_pool) {}

  http::RequestSink& OnStream(http::ServerStream& s) override {
    ++streams;
    stream = &s;
    ended = false;
    return *this;
  }
  void OnStreamClosed(http::ServerStream& s) override {
    CHECK(&s == stream);
    stream = nullptr;
    ++closed;
    log.Say("closed");
  }
  void OnBadRequest(Reason reason, const http::RequestHead&) override {
    bad = reason;
    log.Say("bad " + std::string(TokenOf(reason)));
  }
  void OnRequestHead(http::RequestHead& head, bool end) override {
    std::string text(head.method_text);
    text += ' ';
    text += head.path;
    if (head.has_query) text += "?" + std::string(head.query);
    text += " host=" + std::string(head.host);
    if (head.authority != head.host) text += " authority=" + std::string(head.authority);
    text += DescribeFraming(head.framing, head.content_length);
    if (head.expect_continue) text += " expect";
    if (!head.upgrade.empty()) text += " upgrade=" + std::string(head.upgrade);
    log.Say(text + Describe(head.headers));
    path = head.path;
    if (on_head) on_head(head, end);
  }
  void OnRequestBody(Slice bytes) override {
    log.Body(bytes.view());
    if (on_body) on_body(bytes);
  }
  void OnRequestTrailers(http::HeaderMap& trailers) override { log.Say("trailers" + Describe(trailers)); }
  void OnRequestEnd() override {
    CHECK_FALSE(ended);
    ended = true;
    log.Say("end");
    if (on_end) {
      on_end();
    } else if (stream != nullptr) {
      Answer(200, path);
    }
  }
  void OnRequestError(Reason reason) override {
    error = reason;
    log.Say("error " + std::string(TokenOf(reason)));
    if (on_error) return on_error(reason);
    if (reason == Reason::kDownstreamReset || InfoOf(reason).status == 0) return;
    http::ResponseHead head(stream->arena());
    BufferChain body;
    body.Append(http::MakeProblem(reason, pool, head));
    stream->SendHead(head, false);
    stream->SendBody(std::move(body), true);
  }

  void Answer(uint16_t status, std::string_view text) {
    http::ResponseHead head(stream->arena());
    head.status = status;
    head.framing = http::BodyFraming::kLength;
    head.content_length = text.size();
    http::ServerStream& answered = *stream;
    const bool end = text.empty();
    answered.SendHead(head, end);
    BufferChain body;
    body.Append(pool.Copy(text));
    if (!end) answered.SendBody(std::move(body), true);
  }

  SlabPool& pool;
  Transcript log;
  http::ServerStream* stream = nullptr;
  std::string path;
  size_t streams = 0;
  size_t closed = 0;
  bool ended = false;
  Reason bad = Reason::kNone;
  Reason error = Reason::kNone;
  std::function<void(http::RequestHead&, bool)> on_head;
  std::function<void(const Slice&)> on_body;
  std::function<void()> on_end;
  std::function<void(Reason)> on_error;
};

struct ServerRun {
  std::string log;
  std::string output;
  size_t streams = 0;
  Reason bad = Reason::kNone;
  Reason error = Reason::kNone;
  http::AfterOutput after = http::AfterOutput::kKeep;
  bool operator==(const ServerRun&) const = default;
};

struct ServerSetup {
  http::RequestRules rules;
  http::RequestPeer peer;
  std::function<void(ServerRecorder&, h1::ServerConnection&)> prepare;  // before the first byte
  bool then_end = false;                                                // the client closes its side
};

inline ServerRun RunServerOnce(const Split& split, const ServerSetup& setup) {
  SlabPool pool;
  ServerRun run;
  {
    ServerRecorder recorder(pool);
    h1::ServerConnection connection(pool, recorder, setup.rules, setup.peer);
    if (setup.prepare) setup.prepare(recorder, connection);
    for (const std::string_view piece : split) {
      connection.Receive(pool.Copy(piece));
      run.output += connection.output().ToString();
      connection.output().Clear();
    }
    if (setup.then_end) connection.ReceiveEnd(false);
    run.output += connection.output().ToString();
    connection.output().Clear();
    run.log = recorder.log.text();
    run.streams = recorder.streams;
    run.bad = recorder.bad;
    run.error = recorder.error;
    run.after = connection.after_output();
    if (recorder.stream != nullptr) connection.ReceiveEnd(true);  // so that nothing is left open
  }
  CHECK(pool.bytes_in_use() <= 2 * SlabPool::kMedium);  // the pool's own read and write slab
  return run;
}

// The run, the same for every split.
inline ServerRun RunServer(std::string_view bytes, const ServerSetup& setup = {}) {
  const std::vector<Split> splits = AllSplits(bytes);
  ServerRun first = RunServerOnce(splits.front(), setup);
  for (const Split& split : splits) {
    const ServerRun other = RunServerOnce(split, setup);
    if (other == first) continue;
    INFO("cut at " << split.front().size() << " into " << split.size());
    CHECK(other.log == first.log);
    CHECK(other.output == first.output);
    CHECK(other.after == first.after);
    REQUIRE(other == first);
  }
  return first;
}

class ClientRecorder final : public http::ResponseSink {
 public:
  void OnInformational(http::ResponseHead& head) override {
    log.Say(std::to_string(head.status) + Describe(head.headers));
  }
  void OnResponseHead(http::ResponseHead& head, bool end) override {
    std::string text = std::to_string(head.status) + DescribeFraming(head.framing, head.content_length);
    if (head.has_content_length && head.framing != http::BodyFraming::kLength) {
      text += " shown-length=" + std::to_string(head.content_length);
    }
    log.Say(text + Describe(head.headers));
    if (on_head) on_head(end);
  }
  void OnResponseBody(Slice bytes) override { log.Body(bytes.view()); }
  void OnResponseTrailers(http::HeaderMap& trailers) override { log.Say("trailers" + Describe(trailers)); }
  void OnResponseEnd() override {
    ended = true;
    log.Say("end");
    if (on_end) on_end();
  }
  void OnResponseError(Reason reason, bool was_untouched) override {
    error = reason;
    untouched = was_untouched;
    log.Say("error " + std::string(TokenOf(reason)) + (was_untouched ? " untouched" : ""));
  }

  Transcript log;
  bool ended = false;
  bool untouched = false;
  Reason error = Reason::kNone;
  std::function<void(bool)> on_head;
  std::function<void()> on_end;
};

struct ClientRun {
  std::string log;
  std::string sent;
  bool reusable = false;
  Reason error = Reason::kNone;
  Reason close_reason = Reason::kNone;
  bool operator==(const ClientRun&) const = default;
};

enum class PeerEnd { kStaysOpen, kCloses, kResets };

struct ClientSetup {
  http::HttpLimits limits;
  http::Method method = http::Method::kGet;
  PeerEnd end = PeerEnd::kStaysOpen;
};

inline ClientRun RunClientOnce(const Split& answer, const ClientSetup& setup) {
  SlabPool pool;
  ClientRun run;
  {
    Arena arena(pool);
    ClientRecorder recorder;
    h1::ClientConnection connection(pool, setup.limits);
    http::ClientStream* stream = connection.NewStream(recorder, arena);
    http::RequestHead head(arena);
    head.method = setup.method;
    head.method_text = TextOf(setup.method);
    head.path = "/";
    head.authority = "a";
    stream->SendHead(head, true);
    run.sent = connection.output().ToString();
    connection.output().Clear();
    for (const std::string_view piece : answer) connection.Receive(pool.Copy(piece));
    if (setup.end != PeerEnd::kStaysOpen) connection.ReceiveEnd(setup.end == PeerEnd::kResets);
    run.log = recorder.log.text();
    run.reusable = connection.reusable();
    run.error = recorder.error;
    run.close_reason = connection.close_reason();
    if (connection.open_streams() > 0) stream->Reset();
  }
  CHECK(pool.bytes_in_use() <= 2 * SlabPool::kMedium);
  return run;
}

inline ClientRun RunClient(std::string_view answer, const ClientSetup& setup = {}) {
  const std::vector<Split> splits = AllSplits(answer);
  ClientRun first = RunClientOnce(splits.front(), setup);
  for (const Split& split : splits) {
    const ClientRun other = RunClientOnce(split, setup);
    if (other == first) continue;
    INFO("cut at " << split.front().size() << " into " << split.size());
    CHECK(other.log == first.log);
    REQUIRE(other == first);
  }
  return first;
}

}  // namespace sp::testing
