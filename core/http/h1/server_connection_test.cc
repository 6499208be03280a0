#include "core/http/h1/server_connection.h"

#include <string>

#include "core/http/h1/limits.h"
#include "test/support/catch.h"
#include "test/support/h1_verdicts.h"

namespace sp::h1 {
namespace {

using http::Phase;
using namespace sp::testing;  // NOLINT: the vocabulary of these tests

TEST_CASE("T18: dropped trailers are counted") {
  SlabPool pool;
  ServerRecorder recorder(pool);
  const http::RequestRules rules;
  ServerCounters counters;
  ServerConnection connection(pool, recorder, rules, {}, &counters);
  connection.Receive(pool.Copy(Chunked("0\r\nHost: b\r\nCookie: c\r\nA: b\r\n\r\n")));
  CHECK(counters.trailers_dropped.value() == 2);
}

ServerSetup AnswersAtOnce() {
  ServerSetup setup;
  setup.prepare = [](ServerRecorder& recorder, ServerConnection&) {
    recorder.on_head = [&recorder](http::RequestHead&, bool) { recorder.Answer(404, "no"); };
    recorder.on_end = [] {};
  };
  return setup;
}

TEST_CASE("T19: an answer while the body is unread") {
  // CL.0: the body looks like a request and must never be one.
  const std::string hidden = "GET /admin HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string post = Post("Content-Length: " + std::to_string(hidden.size()) + "\r\n", hidden);
  const ServerRun run = RunServer(post + kGood, AnswersAtOnce());
  CHECK(run.streams == 2);
  CHECK_THAT(run.log, !ContainsSubstring("/admin"));
  CHECK_THAT(run.log, ContainsSubstring("GET /good"));
  CHECK(run.after == AfterOutput::kKeep);
  CHECK_THAT(run.output, !ContainsSubstring("connection: close"));

  const ServerRun chunked = RunServer(Chunked("5\r\nhello\r\n0\r\nA: b\r\n\r\n") + kGood, AnswersAtOnce());
  CHECK(chunked.streams == 2);
  CHECK(chunked.after == AfterOutput::kKeep);

  // Known to be too much: the answer says that it is the last.
  const ServerRun large = RunServer(Post("Content-Length: 65537\r\n", "hello"), AnswersAtOnce());
  CHECK_THAT(large.output, ContainsSubstring("connection: close"));
  CHECK(large.after == AfterOutput::kLinger);

  // Found out to be too much.
  std::string endless;
  for (int i = 0; i < 40; ++i) endless += "1000\r\n" + std::string(0x1000, 'x') + "\r\n";
  const ServerRun drained = RunServerOnce({Chunked(endless), kGood}, AnswersAtOnce());
  CHECK(drained.streams == 1);
  CHECK(drained.after == AfterOutput::kLinger);

  // Malformed while it is drained: no second answer.
  const ServerRun broken = RunServer(Chunked("zz\r\n") + kGood, AnswersAtOnce());
  CHECK(broken.streams == 1);
  CHECK(broken.after == AfterOutput::kLinger);
  CHECK(broken.output == "HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\nno");
}

TEST_CASE("T19: draining is a phase of its own, and ends at a deadline") {
  SlabPool pool;
  ServerRecorder recorder(pool);
  const http::RequestRules rules;
  ServerConnection connection(pool, recorder, rules, {});
  AnswersAtOnce().prepare(recorder, connection);
  connection.Receive(pool.Copy(Post("Content-Length: 10\r\n", "hello")));
  CHECK(connection.phase() == Phase::kDrain);
  CHECK(recorder.closed == 1);
  connection.OnTimeout(Reason::kH1BodyTimeout);
  CHECK(connection.after_output() == AfterOutput::kClose);
}

TEST_CASE("T20: nothing is read behind a framing error") {
  Refused("BAD\r\n\r\nGET /x HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n", Reason::kH1RequestLine);
}

TEST_CASE("T21: Expect") {
  for (const char* value : {"y 100-continue", "100-continue, x", "100-continue, 100-continue", "200-ok", "100"}) {
    Refused(Post("Expect: " + std::string(value) + "\r\nContent-Length: 1\r\n", "x"), Reason::kH1Expect);
  }
  Refused(Post("Expect: 100-continue\r\nExpect: 100-continue\r\nContent-Length: 1\r\n", "x"), Reason::kH1Expect);
  Accepted(Get("Expect: 100-continue\r\n"), "GET / host=a | end");
  Accepted(Post("Expect: 100-CONTINUE\r\nContent-Length: 1\r\n", "x"), "POST / host=a length=1 expect | body=x | end");
  const ServerRun old = RunServer("POST / HTTP/1.0\r\nExpect: whatever\r\nContent-Length: 1\r\n\r\nx");
  CHECK(old.log == "POST / host= length=1 | body=x | end | closed");
}

TEST_CASE("T21: 100 (Continue) when the body is wanted, once, and never behind the answer") {
  SlabPool pool;
  ServerRecorder recorder(pool);
  const http::RequestRules rules;
  ServerConnection connection(pool, recorder, rules, {});
  const std::string head = Post("Expect: 100-continue\r\nContent-Length: 5\r\n");
  connection.Receive(pool.Copy(head));
  CHECK(connection.phase() == Phase::kResponse);
  CHECK(connection.output().empty());
  SECTION("wanted") {
    recorder.stream->Continue();
    recorder.stream->Continue();
    CHECK(connection.output().ToString() == "HTTP/1.1 100 Continue\r\n\r\n");
    CHECK(connection.phase() == Phase::kBody);
    connection.Receive(pool.Copy("hello"));
    CHECK(connection.after_output() == AfterOutput::kKeep);
    CHECK_THAT(connection.output().ToString(), !ContainsSubstring("connection: close"));
  }
  SECTION("answered without it: nobody knows whether the body comes") {
    recorder.Answer(401, "");
    CHECK_THAT(connection.output().ToString(), ContainsSubstring("connection: close"));
    CHECK(connection.after_output() == AfterOutput::kLinger);
  }
  SECTION("the upstream's 100 counts") {
    http::ResponseHead informational(recorder.stream->arena());
    informational.status = 100;
    recorder.stream->SendInformational(informational);
    recorder.stream->SendInformational(informational);
    recorder.stream->Continue();
    CHECK(connection.output().ToString() == "HTTP/1.1 100 Continue\r\n\r\n");
    connection.Receive(pool.Copy("hello"));
    CHECK(connection.after_output() == AfterOutput::kKeep);
  }
  SECTION("the client does not wait") {
    recorder.stream->PauseBody();
    connection.Receive(pool.Copy("hello"));
    recorder.stream->Continue();
    CHECK(connection.output().empty());
    recorder.stream->ResumeBody();
    CHECK(recorder.closed == 1);
    CHECK(connection.after_output() == AfterOutput::kKeep);
  }
}

TEST_CASE("T23: a head in single bytes costs no more memory than a small multiple of its bytes") {
  SlabPool pool;
  ServerRecorder recorder(pool);
  const http::RequestRules rules;
  ServerConnection connection(pool, recorder, rules, {});
  const std::string head = Get("A: " + std::string(60'000, 'x') + "\r\n");
  uint64_t most = 0;
  for (const char c : head) {
    connection.Receive(pool.Copy({&c, 1}));
    most = std::max(most, pool.bytes_in_use());
  }
  CHECK(recorder.streams == 1);
  CHECK(most < 6 * head.size());
}

TEST_CASE("T24: pipelining") {
  std::string many;
  for (int i = 0; i < 10'000; ++i) many += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n";
  const ServerRun run = RunServerOnce({many}, {});
  CHECK(run.streams == 10'000);
  CHECK(run.output.find("/9998HTTP/1.1 200") < run.output.rfind("/9999"));

  // The third is malformed: it is answered behind the two before it.
  const ServerRun third = RunServer(kGood + kGood + "BAD\r\n\r\n" + kGood);
  CHECK(third.streams == 2);
  CHECK(third.bad == Reason::kH1RequestLine);
  CHECK(third.output.substr(0, 2 * kGoodAnswer.size()) == kGoodAnswer + kGoodAnswer);

  const ServerRun closing = RunServer(Get("Connection: close\r\n") + kGood);
  CHECK(closing.streams == 1);
  CHECK_THAT(closing.output, ContainsSubstring("connection: close"));

  ServerSetup half;
  half.then_end = true;
  const ServerRun ended = RunServer(kGood + kGood, half);
  CHECK(ended.streams == 2);
  CHECK(ended.after == AfterOutput::kClose);
}

TEST_CASE("T24: requests behind an unanswered one wait unparsed, and reading stops") {
  SlabPool pool;
  ServerRecorder recorder(pool);
  recorder.on_end = [] {};
  const http::RequestRules rules;
  ServerConnection connection(pool, recorder, rules, {});
  connection.Receive(pool.Copy(kGood + "GET /2 HTTP/1.1\r\nHost: a\r\n\r\nBAD\r\n\r\n"));
  CHECK(recorder.streams == 1);
  CHECK(connection.wants_input());
  while (connection.wants_input()) connection.Receive(pool.Copy(std::string(1000, 'x')));
  CHECK(recorder.bad == Reason::kNone);
  recorder.Answer(200, "1");
  CHECK(recorder.streams == 2);
  recorder.Answer(200, "2");
  CHECK(recorder.bad == Reason::kH1RequestLine);
  CHECK_THAT(connection.output().ToString(), ContainsSubstring("1HTTP/1.1 200 OK"));
}

TEST_CASE("T24: half-close gets all answers") {
  SlabPool pool;
  ServerRecorder recorder(pool);
  recorder.on_end = [] {};
  const http::RequestRules rules;
  ServerConnection connection(pool, recorder, rules, {});
  connection.Receive(pool.Copy(kGood + kGood));
  connection.ReceiveEnd(false);
  CHECK_FALSE(connection.wants_input());
  recorder.Answer(200, "1");
  CHECK(connection.after_output() == AfterOutput::kKeep);
  CHECK(recorder.streams == 2);
  recorder.Answer(200, "2");
  CHECK(connection.after_output() == AfterOutput::kClose);
  CHECK_THAT(connection.output().ToString(), ContainsSubstring("connection: close\r\n\r\n2"));
}

// ------------------------------------------------------------------------------------- parts C, D and E on HTTP/1

TEST_CASE("T36: the preface of HTTP/2") {
  Refused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Reason::kH2Preface);
  Refused("PRI * HTTP/1.1\r\nHost: a\r\n\r\n", Reason::kH2Preface);
}

TEST_CASE("T41 T45: TRACE and CONNECT are refused and close") {
  Refused("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", Reason::kH1MethodNotAllowed);
  Refused("TRACE / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx", Reason::kH1TraceBody);
  for (const char* target : {"169.254.169.254:80", "host", "a:99999", "/x"}) {
    Refused("CONNECT " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n", Reason::kH1MethodNotAllowed);
  }
  const ServerRun run = RunServer("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK_THAT(run.output, ContainsSubstring("allow: GET, HEAD"));
}

TEST_CASE("T44: upgrades are ordinary requests") {
  Accepted(Get("Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQ\r\n"),
           "GET / host=a | end");
  Accepted(Get("Upgrade: websocket\r\nConnection: upgrade\r\n"), "GET / host=a upgrade=websocket | end");
  Accepted(Get("Upgrade: websocket\r\n"), "GET / host=a | end");
  Refused(Post("Upgrade: websocket\r\nConnection: upgrade\r\nContent-Length: 5\r\n", "hello"), Reason::kH1UpgradeBody);
  Refused(Post("Upgrade: websocket\r\nConnection: upgrade\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
          Reason::kH1UpgradeBody);
  Accepted(Post("Upgrade: h2c\r\nConnection: upgrade\r\nTransfer-Encoding: chunked\r\n", "1\r\nx\r\n0\r\n\r\n"),
           "POST / host=a chunked | body=x | end");
}

TEST_CASE("T54 T60: what the validator refuses is answered and closes") {
  Refused("GET / HTTP/1.1\r\n\r\n", Reason::kH1Host);
  Refused("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", Reason::kH1Host);
  Refused("GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n", Reason::kPathPercent);
  Refused(Get("Connection: host\r\n"), Reason::kH1Nominated);
}

// ------------------------------------------------------------------------------------- time, ends, answers

TEST_CASE("T86: deadlines") {
  SlabPool pool;
  ServerRecorder recorder(pool);
  const http::RequestRules rules;
  ServerConnection connection(pool, recorder, rules, {});
  CHECK(connection.phase() == Phase::kIdle);
  SECTION("idle: closed in silence") {
    connection.OnTimeout(Reason::kIdleTimeout);
    CHECK(connection.output().empty());
    CHECK(connection.after_output() == AfterOutput::kClose);
  }
  SECTION("an empty line is no request yet") {
    connection.Receive(pool.Copy("\r\n"));
    CHECK(connection.phase() == Phase::kIdle);
  }
  SECTION("a head that does not come: 408") {
    connection.Receive(pool.Copy("G"));
    CHECK(connection.phase() == Phase::kHead);
    connection.OnTimeout(Reason::kH1HeaderTimeout);
    CHECK(recorder.bad == Reason::kH1HeaderTimeout);
    CHECK_THAT(connection.output().ToString(), ContainsSubstring("HTTP/1.1 408 "));
    CHECK(connection.after_output() == AfterOutput::kLinger);
  }
  SECTION("a body that does not come: the sink answers") {
    connection.Receive(pool.Copy(Post("Content-Length: 5\r\n", "he")));
    CHECK(connection.phase() == Phase::kBody);
    CHECK(connection.received_body_bytes() == 2);
    connection.OnTimeout(Reason::kH1BodyTimeout);
    CHECK_THAT(connection.output().ToString(), ContainsSubstring("HTTP/1.1 408 "));
    CHECK(connection.after_output() == AfterOutput::kLinger);
    CHECK(recorder.closed == 1);
  }
  SECTION("a client that does not take its answer") {
    recorder.on_end = [] {};
    connection.Receive(pool.Copy(kGood));
    connection.OnTimeout(Reason::kDownstreamStalled);
    CHECK(recorder.error == Reason::kDownstreamStalled);
    CHECK(connection.after_output() == AfterOutput::kAbort);
    CHECK(recorder.closed == 1);
  }
}

TEST_CASE("the client goes away") {
  SlabPool pool;
  ServerRecorder recorder(pool);
  recorder.on_end = [] {};
  const http::RequestRules rules;
  ServerConnection connection(pool, recorder, rules, {});
  SECTION("reset while it waits for the answer") {
    connection.Receive(pool.Copy(kGood));
    connection.ReceiveEnd(true);
    CHECK(recorder.error == Reason::kDownstreamReset);
    CHECK(recorder.closed == 1);
    CHECK(connection.after_output() == AfterOutput::kAbort);
  }
  SECTION("closed inside a head") {
    connection.Receive(pool.Copy("GET / HT"));
    connection.ReceiveEnd(false);
    CHECK(recorder.bad == Reason::kH1Truncated);
    CHECK_THAT(connection.output().ToString(), ContainsSubstring("HTTP/1.1 400 "));
  }
  SECTION("closed inside a body") {
    connection.Receive(pool.Copy(Post("Content-Length: 5\r\n", "he")));
    connection.ReceiveEnd(false);
    CHECK(recorder.error == Reason::kH1Truncated);
    CHECK_THAT(connection.output().ToString(), ContainsSubstring("HTTP/1.1 400 "));
    CHECK(recorder.closed == 1);
  }
  SECTION("closed while idle") {
    connection.ReceiveEnd(false);
    CHECK(connection.output().empty());
    CHECK(connection.after_output() == AfterOutput::kClose);
  }
}

TEST_CASE("keep-alive") {
  const auto run = [](const std::string& raw) { return RunServer(raw); };
  CHECK(run("GET / HTTP/1.0\r\nHost: a\r\n\r\n").after == AfterOutput::kLinger);
  const ServerRun kept = run("GET / HTTP/1.0\r\nHost: a\r\nConnection: Keep-Alive\r\n\r\n");
  CHECK(kept.after == AfterOutput::kKeep);
  CHECK_THAT(kept.output, ContainsSubstring("connection: keep-alive\r\n"));
  CHECK(run(Get("Connection: close\r\n")).after == AfterOutput::kLinger);
  CHECK(run(Get("Connection: keep-alive, close\r\n")).after == AfterOutput::kLinger);
  CHECK(run(Get("Connection: a\r\nConnection: CLOSE\r\n")).after == AfterOutput::kLinger);
  CHECK(run(kGood).after == AfterOutput::kKeep);
}

TEST_CASE("T128: draining: the next answer is the last") {
  SlabPool pool;
  ServerRecorder recorder(pool);
  const http::RequestRules rules;
  ServerConnection connection(pool, recorder, rules, {});
  connection.Drain();
  CHECK(connection.after_output() == AfterOutput::kKeep);
  connection.Receive(pool.Copy(kGood + kGood));
  CHECK(recorder.streams == 1);
  CHECK_THAT(connection.output().ToString(), ContainsSubstring("connection: close"));
  CHECK(connection.after_output() == AfterOutput::kLinger);
}

struct AnswerCase {
  const char* request;
  uint16_t status;
  http::BodyFraming framing;
  uint64_t length;
  const char* body;
  const char* wire;
};

TEST_CASE("answers by version, method and status") {
  using http::BodyFraming;
  const AnswerCase cases[] = {
      {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", 200, BodyFraming::kLength, 2, "ok",
       "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"},
      {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", 200, BodyFraming::kChunked, 0, "ok",
       "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"},
      {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", 200, BodyFraming::kUntilClose, 0, "ok",
       "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"},
      {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 200, BodyFraming::kChunked, 0, "ok",
       "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nok"},
      {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 200, BodyFraming::kLength, 2, "ok",
       "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: keep-alive\r\n\r\nok"},
      {"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", 200, BodyFraming::kLength, 2, "ok",
       "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n"},
      {"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", 200, BodyFraming::kChunked, 0, "ok", "HTTP/1.1 200 OK\r\n\r\n"},
      {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", 204, BodyFraming::kLength, 2, "ok", "HTTP/1.1 204 No Content\r\n\r\n"},
      {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", 304, BodyFraming::kLength, 2, "ok",
       "HTTP/1.1 304 Not Modified\r\ncontent-length: 2\r\n\r\n"},
      {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", 299, BodyFraming::kLength, 1, "x",
       "HTTP/1.1 299 \r\ncontent-length: 1\r\n\r\nx"},
  };
  for (const AnswerCase& c : cases) {
    ServerSetup setup;
    setup.prepare = [&c](ServerRecorder& recorder, ServerConnection&) {
      recorder.on_end = [&c, &recorder] {
        http::ServerStream& stream = *recorder.stream;
        http::ResponseHead head(stream.arena());
        head.status = c.status;
        head.framing = c.framing;
        head.content_length = c.length;
        stream.SendHead(head, false);
        BufferChain body;
        body.Append(recorder.pool.Copy(c.body));
        stream.SendBody(std::move(body), true);
      };
    };
    CHECK(RunServer(c.request, setup).output == c.wire);
  }
}

TEST_CASE("an answer's end without body, trailers, informational heads") {
  SlabPool pool;
  ServerRecorder recorder(pool);
  recorder.on_end = [] {};
  const http::RequestRules rules;
  ServerConnection connection(pool, recorder, rules, {});
  connection.Receive(pool.Copy(kGood));
  http::ServerStream& stream = *recorder.stream;
  http::ResponseHead head(stream.arena());
  SECTION("no body at all") {
    head.status = 200;
    stream.SendHead(head, true);
    CHECK(connection.output().ToString() == "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
  }
  SECTION("early hints, then trailers behind a chunked body") {
    head.status = 103;
    head.headers.Add("link", "</a>");
    stream.SendInformational(head);
    http::ResponseHead answer(stream.arena());
    answer.status = 200;
    answer.framing = http::BodyFraming::kChunked;
    stream.SendHead(answer, false);
    http::HeaderMap trailers(stream.arena());
    trailers.Add("x-sum", "1");
    stream.SendTrailers(trailers);
    CHECK(connection.output().ToString() ==
          "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"
          "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx-sum: 1\r\n\r\n");
  }
  CHECK(connection.after_output() == AfterOutput::kKeep);
  CHECK(recorder.closed == 1);
}

TEST_CASE("T98: an answer that is broken off is seen to be") {
  SlabPool pool;
  ServerRecorder recorder(pool);
  recorder.on_end = [] {};
  const http::RequestRules rules;
  ServerConnection connection(pool, recorder, rules, {});
  const auto begin = [&](const char* request, http::BodyFraming framing) {
    connection.Receive(pool.Copy(request));
    http::ResponseHead head(recorder.stream->arena());
    head.status = 200;
    head.framing = framing;
    head.content_length = 10;
    recorder.stream->SendHead(head, false);
    BufferChain body;
    body.Append(pool.Copy("hello"));
    recorder.stream->SendBody(std::move(body), false);
  };
  SECTION("chunked: no last chunk") {
    begin("GET / HTTP/1.1\r\nHost: a\r\n\r\n", http::BodyFraming::kChunked);
    recorder.stream->Reset(Reason::kUpstreamTruncated);
    CHECK_THAT(connection.output().ToString(), !ContainsSubstring("0\r\n\r\n"));
    CHECK(connection.after_output() == AfterOutput::kClose);
  }
  SECTION("ended by close: a reset") {
    begin("GET / HTTP/1.0\r\n\r\n", http::BodyFraming::kChunked);
    recorder.stream->Reset(Reason::kUpstreamTruncated);
    CHECK(connection.after_output() == AfterOutput::kAbort);
  }
  SECTION("ended short of its length") {
    begin("GET / HTTP/1.1\r\nHost: a\r\n\r\n", http::BodyFraming::kLength);
    recorder.stream->SendBody({}, true);
    CHECK(connection.after_output() == AfterOutput::kClose);
  }
  SECTION("longer than its length: the rest is not sent") {
    begin("GET / HTTP/1.1\r\nHost: a\r\n\r\n", http::BodyFraming::kLength);
    BufferChain body;
    body.Append(pool.Copy("worldwide"));
    recorder.stream->SendBody(std::move(body), true);
    CHECK_THAT(connection.output().ToString(), !ContainsSubstring("world"));
    CHECK(connection.after_output() == AfterOutput::kClose);
  }
  CHECK(recorder.closed == 1);
}

TEST_CASE("back-pressure: a paused body waits, in order") {
  SlabPool pool;
  ServerRecorder recorder(pool);
  const http::RequestRules rules;
  ServerConnection connection(pool, recorder, rules, {});
  recorder.on_head = [&](http::RequestHead&, bool) { recorder.stream->PauseBody(); };
  connection.Receive(pool.Copy(Post("Content-Length: 10\r\n", "hello") + "world" + kGood));
  CHECK(recorder.log.text() == "POST / host=a length=10");
  CHECK_FALSE(connection.wants_input());
  CHECK(connection.phase() == Phase::kResponse);
  recorder.on_head = nullptr;
  recorder.stream->ResumeBody();
  CHECK(recorder.log.text() == "POST / host=a length=10 | body=helloworld | end | closed | " + kGoodLog);
  CHECK(connection.wants_input());
}

TEST_CASE("back-pressure: pausing within a body event stops the next") {
  SlabPool pool;
  ServerRecorder recorder(pool);
  const http::RequestRules rules;
  ServerConnection connection(pool, recorder, rules, {});
  recorder.on_body = [&](const Slice&) { recorder.stream->PauseBody(); };
  connection.Receive(pool.Copy(Chunked("5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n")));
  CHECK(recorder.log.text() == "POST / host=a chunked | body=hello");
  recorder.stream->ResumeBody();
  CHECK(recorder.log.text() == "POST / host=a chunked | body=hello | body=world");
  recorder.stream->ResumeBody();
  CHECK(recorder.log.text() == "POST / host=a chunked | body=hello | body=world | end | closed");
}

TEST_CASE("the sink gives up within any event") {
  SlabPool pool;
  ServerRecorder recorder(pool);
  const http::RequestRules rules;
  ServerConnection connection(pool, recorder, rules, {});
  SECTION("head") {
    recorder.on_head = [&](http::RequestHead&, bool) { recorder.stream->Reset(Reason::kPluginError); };
  }
  SECTION("body") {
    recorder.on_body = [&](const Slice&) { recorder.stream->Reset(Reason::kPluginError); };
  }
  SECTION("end") {
    recorder.on_end = [&] { recorder.stream->Reset(Reason::kPluginError); };
  }
  connection.Receive(pool.Copy(Post("Content-Length: 5\r\n", "hello") + kGood));
  CHECK(recorder.streams == 1);
  CHECK(recorder.closed == 1);
  CHECK(connection.after_output() == AfterOutput::kClose);
}

TEST_CASE("T89: bodies in tiny pieces are not copied and hold no more than their bytes") {
  SlabPool pool;
  ServerRecorder recorder(pool);
  const http::RequestRules rules;
  ServerConnection connection(pool, recorder, rules, {});
  BufferChain held;
  recorder.on_body = [&](const Slice& piece) { held.AppendPacked(piece, pool); };
  connection.Receive(pool.Copy(Chunked("")));
  std::string chunks;
  for (int i = 0; i < 20'000; ++i) chunks += "1\r\nx\r\n";
  for (size_t i = 0; i < chunks.size(); i += 8000) {
    Slice part = pool.Copy(std::string_view(chunks).substr(i, 8000));
    connection.Receive(std::move(part));
  }
  CHECK(held.size() == 20'000);
  CHECK(pool.bytes_in_use() < 2 * 20'000 + 4 * SlabPool::kMedium);
}

TEST_CASE("our own answers carry Date where one is given, and none of it for HEAD") {
  SlabPool pool;
  ServerRecorder recorder(pool);
  const http::RequestRules rules;
  http::HttpDate date;
  date.Update(SimulatedClock().Wall());
  ServerConnection connection(pool, recorder, rules, {}, nullptr, &date);
  connection.Receive(pool.Copy("HEAD /# HTTP/1.1\r\nHost: a\r\n\r\n"));
  const std::string output = connection.output().ToString();
  CHECK_THAT(output, ContainsSubstring("date: Tue, 14 Nov 2023 22:13:20 GMT\r\n"));
  CHECK(output.substr(output.size() - 4) == "\r\n\r\n");
}

}  // namespace
}  // namespace sp::h1
