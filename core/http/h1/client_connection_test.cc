#include "core/http/h1/client_connection.h"

#include <string>

#include "core/http/h1/limits.h"
#include "test/support/catch.h"
#include "test/support/h1_exchange.h"

namespace sp::h1 {
namespace {

using http::AfterOutput;
using http::BodyFraming;
using http::Method;
using sp::testing::ClientRecorder;
using sp::testing::ClientRun;
using sp::testing::ClientSetup;
using sp::testing::ContainsSubstring;
using sp::testing::PeerEnd;
using sp::testing::RunClient;

const std::string kOk = "HTTP/1.1 200 OK\r\n";

std::string Ok(const std::string& fields, const std::string& body = "") { return kOk + fields + "\r\n" + body; }

// The answer is refused, whatever came of it before.
void Refused(const std::string& answer, Reason reason, const ClientSetup& setup = {}) {
  INFO(answer.substr(0, 300));
  const ClientRun run = RunClient(answer, setup);
  CHECK(TokenOf(run.error) == TokenOf(reason));
  CHECK_FALSE(run.reusable);
  CHECK_THAT(run.log, !ContainsSubstring("| end"));
  CHECK_THAT(run.log, !ContainsSubstring("untouched"));
}

void Accepted(const std::string& answer, const std::string& log, const ClientSetup& setup = {}) {
  INFO(answer.substr(0, 300));
  const ClientRun run = RunClient(answer, setup);
  CHECK(run.log == log);
  CHECK(run.reusable);
}

ClientSetup With(Method method, PeerEnd end = PeerEnd::kStaysOpen) {
  ClientSetup setup;
  setup.method = method;
  setup.end = end;
  return setup;
}

TEST_CASE("answers as they should be") {
  Accepted(Ok("Content-Length: 5\r\nX-A: b\r\n", "hello"), "200 length=5 x-a=b | body=hello | end");
  Accepted(Ok("Content-Length: 0\r\n"), "200 length=0 | end");
  Accepted(Ok("Transfer-Encoding: chunked\r\n", "5;x=y\r\nhello\r\n0\r\nA: b\r\n\r\n"),
           "200 chunked | body=hello | trailers a=b | end");
  Accepted("HTTP/1.1 404\r\nContent-Length: 0\r\n\r\n", "404 length=0 | end");
  Accepted("HTTP/1.1 599 \r\nContent-Length: 0\r\n\r\n", "599 length=0 | end");
  Accepted("HTTP/1.0 200 Fine\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok",
           "200 length=2 | body=ok | end");
  CHECK_FALSE(RunClient("HTTP/1.0 200 Fine\r\nContent-Length: 2\r\n\r\nok").reusable);
  CHECK_FALSE(RunClient(Ok("Content-Length: 2\r\nConnection: close\r\n", "ok")).reusable);
}

TEST_CASE("T42: connection fields of an answer end here") {
  Accepted(Ok("Content-Length: 0\r\nConnection: x-a, X-B\r\nX-A: 1\r\nX-b: 2\r\nX-C: 3\r\nKeep-Alive: timeout=5\r\n"
              "Upgrade: h2c\r\nProxy-Connection: keep-alive\r\nTE: x\r\n"),
           "200 length=0 x-c=3 | end");
}

TEST_CASE("T95: an answer before the request was sent whole") {
  SlabPool pool;
  Arena arena(pool);
  ClientRecorder recorder;
  const http::HttpLimits limits;
  ClientConnection connection(pool, limits);
  http::ClientStream* stream = connection.NewStream(recorder, arena);
  http::RequestHead head(arena);
  head.method = Method::kPost;
  head.path = "/";
  head.framing = BodyFraming::kChunked;
  stream->SendHead(head, false);
  connection.output().Clear();
  connection.Receive(pool.Copy("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n"));
  CHECK(recorder.log.text() == "413 length=0 | end");
  CHECK_FALSE(connection.reusable());
  CHECK(connection.close_reason() == Reason::kUpstreamEarly);
  CHECK(connection.after_output() == AfterOutput::kAbort);
  BufferChain rest;
  rest.Append(pool.Copy("ignored"));
  stream->SendBody(std::move(rest), true);
  CHECK(connection.output().empty());
}

TEST_CASE("T96: bytes that belong to no answer") {
  const auto stray = [](const std::string& answer, const std::string& log, const ClientSetup& setup = {}) {
    INFO(answer);
    const ClientRun run = RunClient(answer, setup);
    CHECK(run.log == log);
    CHECK_FALSE(run.reusable);
    CHECK(run.close_reason == Reason::kUpstreamStray);
  };
  stray(Ok("Content-Length: 2\r\n", "ok") + Ok("Content-Length: 4\r\n", "evil"), "200 length=2 | body=ok | end");
  stray(Ok("Content-Length: 2\r\n", "okmore"), "200 length=2 | body=ok | end");
  stray("HTTP/1.1 204 No\r\n\r\nbody", "204 | end");
  stray("HTTP/1.1 304 No\r\nContent-Length: 4\r\n\r\nbody", "304 shown-length=4 | end");
  stray(Ok("Content-Length: 4\r\n", "body"), "200 shown-length=4 | end", With(Method::kHead));
  stray(Ok("Transfer-Encoding: chunked\r\n", "0\r\n\r\n\r\n"), "200 chunked | end");
}

TEST_CASE("T96: bytes or an end while idle make a connection useless") {
  SlabPool pool;
  Arena arena(pool);
  ClientRecorder recorder;
  const http::HttpLimits limits;
  ClientConnection connection(pool, limits);
  CHECK(connection.reusable());
  CHECK(connection.wants_input());
  SECTION("bytes") {
    connection.Receive(pool.Copy("HTTP/1.1 408 Request Timeout\r\n\r\n"));
    CHECK(connection.close_reason() == Reason::kUpstreamStray);
  }
  SECTION("end") { connection.ReceiveEnd(false); }
  CHECK_FALSE(connection.reusable());
  CHECK(connection.free_streams() == 0);
  CHECK(connection.after_output() == AfterOutput::kClose);
  CHECK(connection.NewStream(recorder, arena) == nullptr);
}

TEST_CASE("T97: answers whose framing is doubtful") {
  for (const char* fields :
       {"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n",
        "Content-Length: 2\r\nContent-Length: 2\r\n", "Content-Length: 2, 2\r\n", "Content-Length: -1\r\n",
        "Content-Length: \r\n", "Content-Length: 18446744073709551615\r\n", "Transfer-Encoding: gzip\r\n",
        "Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding: identity\r\n", "Content-Length: 2\n", "X: y\rz\r\n"}) {
    Refused(Ok(fields, "0\r\n\r\n"), Reason::kUpstreamFraming);
  }
  Refused("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", Reason::kUpstreamFraming);
  Refused("HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n", Reason::kUpstreamFraming);
  for (const char* body :
       {"00000000000000005\r\nhello", "5\nhello", "5\r\nhelloX", "x\r\n", "5;a=\"\r\n", "ffffffffffffffff\r\n"}) {
    Refused(Ok("Transfer-Encoding: chunked\r\n", body), Reason::kUpstreamFraming);
  }
  Refused(Ok("Transfer-Encoding: chunked\r\n", "0\r\nContent-Length: 1\r\n\r\n"), Reason::kUpstreamFraming);
}

TEST_CASE("T98: answers cut short") {
  for (const PeerEnd end : {PeerEnd::kCloses, PeerEnd::kResets}) {
    const ClientSetup setup = With(Method::kGet, end);
    Refused(Ok("Content-Length: 5\r\n", "hell"), Reason::kUpstreamTruncated, setup);
    Refused(Ok("Transfer-Encoding: chunked\r\n", "5\r\nhel"), Reason::kUpstreamTruncated, setup);
    Refused(Ok("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n"), Reason::kUpstreamTruncated, setup);
    Refused(Ok("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\nA: b\r\n"), Reason::kUpstreamTruncated, setup);
    Refused("HTTP/1.1 200 OK\r\nContent-Le", Reason::kUpstreamTruncated, setup);
    Refused("H", Reason::kUpstreamTruncated, setup);
  }
  CHECK(RunClient(Ok("", "all of it"), With(Method::kGet, PeerEnd::kCloses)).log ==
        "200 until-close | body=all of it | end");
  Refused(Ok("", "all of"), Reason::kUpstreamTruncated, With(Method::kGet, PeerEnd::kResets));
}

TEST_CASE("T99: answers without a body, whatever their fields say") {
  Accepted("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", "204 | end");
  Accepted("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", "204 | end");
  Accepted("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", "304 shown-length=5 | end");
  Accepted("HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n", "304 | end");
  Accepted(Ok("Content-Length: 5\r\n"), "200 shown-length=5 | end", With(Method::kHead));
  Accepted(Ok("Transfer-Encoding: chunked\r\n"), "200 | end", With(Method::kHead));
  Accepted(Ok(""), "200 | end", With(Method::kHead));
  Accepted("HTTP/1.1 205 Reset Content\r\nContent-Length: 2\r\n\r\nok", "205 length=2 | body=ok | end");
  Accepted("HTTP/1.1 103 Early\r\nContent-Length: 5\r\n\r\n" + Ok("Content-Length: 0\r\n"), "103 | 200 length=0 | end");
}

TEST_CASE("T100: informational answers") {
  const std::string hint = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
  Accepted("HTTP/1.1 100 Continue\r\n\r\n" + hint + Ok("Content-Length: 0\r\n"),
           "100 | 103 link=</a> | 200 length=0 | end");
  std::string many;
  for (uint32_t i = 0; i < kMaxInformational; ++i) many += hint;
  CHECK(RunClient(many + Ok("Content-Length: 0\r\n")).reusable);
  Refused(many + hint + Ok("Content-Length: 0\r\n"), Reason::kUpstreamTooMany1xx);
  Refused("HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n", Reason::kUpstreamUpgrade);
  Refused("HTTP/1.1 102 Processing\r\nContent-Length: 4\r\n\r\nbody", Reason::kUpstreamStatus);
  Refused(hint, Reason::kUpstreamReset, With(Method::kGet, PeerEnd::kCloses));
  CHECK(RunClient(Ok("Content-Length: 0\r\n") + hint).close_reason == Reason::kUpstreamStray);
}

TEST_CASE("T101: status lines and garbage") {
  for (const char* line :
       {"HTTP/1.1 099 x", "HTTP/1.1 999 x", "HTTP/1.1 600 x", "HTTP/1.1 2000 x", "HTTP/1.1 20 x", "HTTP/1.1 abc x",
        "HTTP/2.0 200 OK", "HTTP/1.2 200 OK", "HTTP/0.9 200 OK", "ICY 200 OK", "HTTP/1.1  200 OK", "http/1.1 200 OK",
        "HTTP/1.1\t200 OK", "HTTP/1.1", "", "HTTP/1.1 200 \x01", "HTTP/1.1 200\tOK", "SSH-2.0-OpenSSH_9.2"}) {
    Refused(std::string(line) + "\r\nContent-Length: 0\r\n\r\n", Reason::kUpstreamStatus);
  }
  Refused(std::string("HTTP/1.1 200 a\0b\r\n\r\n", 19), Reason::kUpstreamStatus);
  Refused(std::string("\x15\x03\x01\x00\x02\x02\x28", 7), Reason::kUpstreamStatus);
  Refused("HTTP/1.1 200 " + std::string(64 << 10, 'x') + "\r\n\r\n", Reason::kUpstreamStatus);
  Accepted("HTTP/1.1 200 \x80 any phrase \t\r\nContent-Length: 0\r\n\r\n", "200 length=0 | end");
  std::string fields;
  for (int i = 0; i < 129; ++i) fields += "A: b\r\n";
  Refused(Ok(fields), Reason::kUpstreamHeader);
  Refused(Ok("A: " + std::string(64 << 10, 'x') + "\r\n"), Reason::kUpstreamHeader);
  Refused(Ok("A : b\r\n"), Reason::kUpstreamHeader);
  Refused(Ok("A: b\r\n c\r\n"), Reason::kUpstreamHeader);
  Refused(Ok("A: b\x01\r\n"), Reason::kUpstreamHeader);
}

// ------------------------------------------------------------------------------------------------------- requests

struct RequestCase {
  Method method;
  BodyFraming framing;
  uint64_t length;
  const char* body;
  const char* wire;
};

TEST_CASE("requests by method and framing") {
  const RequestCase cases[] = {
      {Method::kGet, BodyFraming::kNone, 0, "", "GET /p?q HTTP/1.1\r\nhost: a.example\r\nx-a: b\r\n\r\n"},
      {Method::kPost, BodyFraming::kNone, 0, "",
       "POST /p?q HTTP/1.1\r\nhost: a.example\r\nx-a: b\r\ncontent-length: 0\r\n\r\n"},
      {Method::kDelete, BodyFraming::kNone, 0, "", "DELETE /p?q HTTP/1.1\r\nhost: a.example\r\nx-a: b\r\n\r\n"},
      {Method::kPost, BodyFraming::kLength, 5, "hello",
       "POST /p?q HTTP/1.1\r\nhost: a.example\r\nx-a: b\r\ncontent-length: 5\r\n\r\nhello"},
      {Method::kGet, BodyFraming::kLength, 5, "hello",
       "GET /p?q HTTP/1.1\r\nhost: a.example\r\nx-a: b\r\ncontent-length: 5\r\n\r\nhello"},
      {Method::kPost, BodyFraming::kChunked, 0, "hello",
       "POST /p?q HTTP/1.1\r\nhost: a.example\r\nx-a: b\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"},
      {Method::kDelete, BodyFraming::kChunked, 0, "",
       "DELETE /p?q HTTP/1.1\r\nhost: a.example\r\nx-a: b\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"},
  };
  for (const RequestCase& c : cases) {
    SlabPool pool;
    Arena arena(pool);
    ClientRecorder recorder;
    const http::HttpLimits limits;
    ClientConnection connection(pool, limits);
    http::ClientStream* stream = connection.NewStream(recorder, arena);
    http::RequestHead head(arena);
    head.method = c.method;
    head.path = "/p";
    head.query = "q";
    head.has_query = true;
    head.authority = "a.example";
    head.headers.Add("x-a", "b");
    head.framing = c.framing;
    head.content_length = c.length;
    const bool end = c.framing == BodyFraming::kNone;
    stream->SendHead(head, end);
    BufferChain body;
    body.Append(pool.Copy(c.body));
    if (!end) stream->SendBody(std::move(body), true);
    CHECK(connection.output().ToString() == c.wire);
    stream->Reset();
    CHECK(connection.after_output() == AfterOutput::kAbort);
  }
}

TEST_CASE("T34: a request body that is not what its length says breaks the connection off") {
  SlabPool pool;
  Arena arena(pool);
  ClientRecorder recorder;
  const http::HttpLimits limits;
  ClientConnection connection(pool, limits);
  http::ClientStream* stream = connection.NewStream(recorder, arena);
  http::RequestHead head(arena);
  head.method = Method::kPost;
  head.path = "/";
  head.framing = BodyFraming::kLength;
  head.content_length = 5;
  stream->SendHead(head, false);
  BufferChain body;
  const char* text = GENERATE("hell", "hello!");
  body.Append(pool.Copy(text));
  stream->SendBody(std::move(body), true);
  CHECK(recorder.error == Reason::kUpstreamReset);
  CHECK(connection.output().empty());
  CHECK(connection.after_output() == AfterOutput::kAbort);
}

TEST_CASE("T104: which failures leave a request untouched") {
  SlabPool pool;
  Arena arena(pool);
  ClientRecorder recorder;
  const http::HttpLimits limits;
  ClientConnection connection(pool, limits);
  const auto send = [&] {
    http::ClientStream* stream = connection.NewStream(recorder, arena);
    http::RequestHead head(arena);
    head.method = Method::kGet;
    head.path = "/";
    stream->SendHead(head, true);
    return stream;
  };
  SECTION("nothing was taken of it") {
    send();
    connection.ReceiveEnd(true);
    CHECK(recorder.untouched);
  }
  SECTION("a fresh connection that took it") {
    send();
    connection.output().Clear();
    connection.ReceiveEnd(false);
    CHECK(recorder.error == Reason::kUpstreamReset);
    CHECK_FALSE(recorder.untouched);
  }
  SECTION("a reused connection") {
    send();
    connection.output().Clear();
    connection.Receive(pool.Copy(Ok("Content-Length: 0\r\n")));
    REQUIRE(connection.reusable());
    send();
    connection.output().Clear();
    SECTION("that closed before any byte of an answer") {
      connection.ReceiveEnd(GENERATE(false, true));
      CHECK(recorder.error == Reason::kUpstreamReset);
      CHECK(recorder.untouched);
    }
    SECTION("that closed inside the answer") {
      connection.Receive(pool.Copy("H"));
      connection.ReceiveEnd(false);
      CHECK(recorder.error == Reason::kUpstreamTruncated);
      CHECK_FALSE(recorder.untouched);
    }
  }
  SECTION("bytes came before it was sent") {
    connection.NewStream(recorder, arena);
    connection.Receive(pool.Copy("HTTP/1.1 200 OK\r\n\r\n"));
    CHECK(recorder.error == Reason::kUpstreamReset);
    CHECK(recorder.untouched);
    CHECK(connection.close_reason() == Reason::kUpstreamStray);
  }
}

TEST_CASE("back-pressure: a paused answer waits, its end too") {
  SlabPool pool;
  Arena arena(pool);
  ClientRecorder recorder;
  const http::HttpLimits limits;
  ClientConnection connection(pool, limits);
  http::ClientStream* stream = connection.NewStream(recorder, arena);
  http::RequestHead head(arena);
  head.method = Method::kGet;
  head.path = "/";
  stream->SendHead(head, true);
  recorder.on_head = [stream](bool) { stream->PauseBody(); };
  connection.Receive(pool.Copy(Ok("", "hello")));
  connection.ReceiveEnd(false);
  CHECK(recorder.log.text() == "200 until-close");
  CHECK_FALSE(connection.wants_input());
  stream->ResumeBody();
  CHECK(recorder.log.text() == "200 until-close | body=hello | end");
}

TEST_CASE("an exchange may begin within the end of the one before") {
  SlabPool pool;
  Arena arena(pool);
  ClientRecorder recorder;
  const http::HttpLimits limits;
  ClientConnection connection(pool, limits);
  const auto send = [&] {
    http::ClientStream* stream = connection.NewStream(recorder, arena);
    REQUIRE(stream != nullptr);
    http::RequestHead head(arena);
    head.method = Method::kGet;
    head.path = "/";
    stream->SendHead(head, true);
  };
  send();
  int further = 1;
  recorder.on_end = [&] {
    if (further-- > 0) send();
  };
  connection.Receive(pool.Copy(Ok("Content-Length: 0\r\n")));
  connection.Receive(pool.Copy(Ok("Content-Length: 0\r\n")));
  CHECK(recorder.log.text() == "200 length=0 | end | 200 length=0 | end");
  CHECK(connection.reusable());
}

}  // namespace
}  // namespace sp::h1
