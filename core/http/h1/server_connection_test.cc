#include "core/http/h1/server_connection.h"

#include <string>

#include "core/http/h1/limits.h"
#include "test/support/catch.h"
#include "test/support/h1_exchange.h"

namespace sp::h1 {
namespace {

using http::AfterOutput;
using http::Phase;
using sp::testing::ContainsSubstring;
using sp::testing::RunServer;
using sp::testing::RunServerOnce;
using sp::testing::ServerRecorder;
using sp::testing::ServerRun;
using sp::testing::ServerSetup;

const std::string kGood = "GET /good HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string kGoodLog = "GET /good host=a | end | closed";
const std::string kGoodAnswer = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n/good";

std::string Get(const std::string& fields, const std::string& rest = "") {
  return "GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" + rest;
}
std::string Post(const std::string& fields, const std::string& rest = "") {
  return "POST / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" + rest;
}
std::string Chunked(const std::string& body) { return Post("Transfer-Encoding: chunked\r\n", body); }
std::string Bytes(const char* text, size_t size) { return std::string(text, size); }

// Refused by its head, alone and glued between good requests: one answer of ours, nothing reaches a sink, nothing behind
// is read (T20, T23).
void Refused(const std::string& raw, Reason reason, const ServerSetup& setup = {}) {
  INFO(raw.substr(0, 300));
  const std::string status = "HTTP/1.1 " + std::to_string(InfoOf(reason).status) + " ";
  const auto check = [&](const ServerRun& run, const std::string& log_before, const std::string& output_before) {
    CHECK(run.log == log_before + "bad " + std::string(TokenOf(reason)));
    REQUIRE(run.output.substr(0, output_before.size()) == output_before);
    const std::string answer = run.output.substr(output_before.size());
    CHECK(answer.substr(0, status.size()) == status);
    CHECK_THAT(answer, ContainsSubstring("connection: close\r\n"));
    CHECK_THAT(answer, ContainsSubstring("\"reason\":\"" + std::string(TokenOf(reason)) + "\""));
    CHECK_THAT(answer, ContainsSubstring("details=\"" + std::string(TokenOf(reason)) + "\""));
    CHECK(run.after == AfterOutput::kLinger);
  };
  check(RunServer(raw, setup), "", "");
  check(RunServer(raw + kGood, setup), "", "");
  check(RunServer(kGood + raw + kGood, setup), kGoodLog + " | ", kGoodAnswer);
}

// Accepted so far, then wrong in its body: the sink hears of it and answers; nothing behind is read.
void FailsInBody(const std::string& raw, Reason reason, const ServerSetup& setup = {}) {
  INFO(raw.substr(0, 300));
  for (const std::string& glued : {raw, raw + kGood}) {
    const ServerRun run = RunServer(glued, setup);
    CHECK(run.error == reason);
    CHECK(run.streams == 1);
    CHECK_THAT(run.log, !ContainsSubstring("| end"));
    CHECK_THAT(run.output, ContainsSubstring("HTTP/1.1 " + std::to_string(InfoOf(reason).status) + " "));
    CHECK_THAT(run.output, ContainsSubstring("connection: close\r\n"));
    CHECK_THAT(run.output, ContainsSubstring(std::string(TokenOf(reason))));
    CHECK(run.after == AfterOutput::kLinger);
  }
}

// Accepted, and the connection goes on.
void Accepted(const std::string& raw, const std::string& log, const ServerSetup& setup = {}) {
  INFO(raw.substr(0, 300));
  CHECK(RunServer(raw, setup).log == log + " | closed");
  const ServerRun run = RunServer(kGood + raw + kGood, setup);
  CHECK(run.log == kGoodLog + " | " + log + " | closed | " + kGoodLog);
  CHECK(run.after == AfterOutput::kKeep);
}

// ------------------------------------------------------------------------------------------------- part A: framing

TEST_CASE("T1: Content-Length together with Transfer-Encoding") {
  Refused(Post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), Reason::kH1ClTe);
  Refused(Post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"), Reason::kH1ClTe);
  Refused(Post("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", "0\r\n\r\n"), Reason::kH1ClTe);
  Refused(Post("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), Reason::kH1ClTe);
}

TEST_CASE("T2: Content-Length twice") {
  Refused(Post("Content-Length: 6\r\nContent-Length: 6\r\n", "abcdef"), Reason::kH1ClDup);
  Refused(Post("Content-Length: 6\r\nContent-Length: 06\r\n", "abcdef"), Reason::kH1ClDup);
  Refused(Post("Content-Length: 6\r\nContent-Length: 7\r\n", "abcdef"), Reason::kH1ClDup);
  Refused(Post("Content-Length: 6, 6\r\n", "abcdef"), Reason::kH1ClDup);
}

TEST_CASE("T3: malformed Content-Length") {
  for (const char* value : {"", "+5", "-0", "0x5", "5 5", "5;", "5_0", "5\x85", "\xa0" "5", "five"}) {
    Refused(Post("Content-Length: " + std::string(value) + "\r\n", "hello"), Reason::kH1ClBad);
  }
  Accepted(Post("Content-Length: 005\r\n", "hello"), "POST / host=a length=5 | body=hello | end");
  Accepted(Post("Content-Length: 5 \t \r\n", "hello"), "POST / host=a length=5 | body=hello | end");
  Accepted(Post("Content-Length:5\r\n", "hello"), "POST / host=a length=5 | body=hello | end");
}

TEST_CASE("T4: huge Content-Length") {
  for (const char* value : {"9223372036854775808", "18446744073709551615", "18446744073709551616",
                            "1000000000000000000000000000000"}) {
    Refused(Post("Content-Length: " + std::string(value) + "\r\n"), Reason::kH1BodyLimit);
  }
  ServerSetup small;
  small.rules.limits.max_body_bytes = 10;
  Refused(Post("Content-Length: 11\r\n", "hello world"), Reason::kH1BodyLimit, small);
  Accepted(Post("Content-Length: 10\r\n", "0123456789"), "POST / host=a length=10 | body=0123456789 | end", small);
}

TEST_CASE("T5: Transfer-Encoding that does not end in chunked") {
  for (const char* value : {"identity", "xchunked", "\"chunked\"", "chunked;q=1", "chunked, gzip", "gzip"}) {
    Refused(Post("Transfer-Encoding: " + std::string(value) + "\r\n", "0\r\n\r\n"), Reason::kH1TeFinal);
  }
}

TEST_CASE("T6: lists and repeats in Transfer-Encoding") {
  Refused(Post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), Reason::kH1TeUnknown);
  for (const char* value : {",chunked", "chunked,", "chunked, chunked", "", "chunked\x85"}) {
    Refused(Post("Transfer-Encoding: " + std::string(value) + "\r\n", "0\r\n\r\n"), Reason::kH1TeFinal);
  }
  Refused(Post("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), Reason::kH1TeFinal);
  Refused(Post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), Reason::kH1TeFinal);
  Refused(Post("Transfer-Encoding: \x0b" "chunked\r\n", "0\r\n\r\n"), Reason::kH1Value);
  Accepted(Post("Transfer-Encoding: ChunKed \r\n", "5\r\nhello\r\n0\r\n\r\n"),
           "POST / host=a chunked | body=hello | end");
}

TEST_CASE("T7: bodies and codings in HTTP/1.0") {
  Refused("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", Reason::kH1TeHttp10);
  for (const char* method : {"GET", "HEAD", "DELETE"}) {
    const std::string raw = std::string(method) + " / HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello";
    const ServerRun run = RunServer(raw);
    CHECK(run.bad == Reason::kH1BodyHttp10);
    CHECK(run.streams == 0);
  }
  const ServerRun run = RunServer("POST /x HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello");
  CHECK(run.log == "POST /x host= length=5 | body=hello | end | closed");
  CHECK(run.after == AfterOutput::kLinger);
}

TEST_CASE("T8: request lines") {
  for (const char* line : {"GET /", "GET", "GET  / HTTP/1.1", "GET /  HTTP/1.1", "GET\t/ HTTP/1.1", "GET /\tHTTP/1.1",
                           "GET / HTTP/1.1 ", "GET / http/1.1", "GET / HTTP/1", "GET / HTTP/1.10", "GET / HTTP/11",
                           "GET / RTSP/1.0", "GET / ICE/1.0", " GET / HTTP/1.1", "GET / HTTP/1.1x", "GET / ",
                           "GET /a b HTTP/1.1", "(GET) / HTTP/1.1", "\x16\x03\x01 x"}) {
    Refused(std::string(line) + "\r\nHost: a\r\n\r\n", Reason::kH1RequestLine);
  }
  for (const char* version : {"HTTP/0.9", "HTTP/2.0", "HTTP/1.2", "HTTP/3.0"}) {
    Refused("GET / " + std::string(version) + "\r\nHost: a\r\n\r\n", Reason::kH1Version);
  }
  for (const char* method : {"get", "FOO", "PURGE", "GETT", "G"}) {
    Refused(std::string(method) + " / HTTP/1.1\r\nHost: a\r\n\r\n", Reason::kH1Method);
  }
  Refused(std::string(kMaxMethodBytes + 1, 'A') + " / HTTP/1.1\r\nHost: a\r\n\r\n", Reason::kH1Method);
  Accepted("PROPFIND / HTTP/1.1\r\nHost: a\r\n\r\n", "PROPFIND / host=a | end");
}

TEST_CASE("T8: empty lines ahead of a request line") {
  Accepted("\r\n" + Get(""), "GET / host=a | end");
  Accepted("\r\n\r\n" + Get(""), "GET / host=a | end");
  Refused("\r\n\r\n\r\n" + Get(""), Reason::kH1RequestLine);
  Refused("\n" + Get(""), Reason::kH1RequestLine);
  Refused("\r\r\n" + Get(""), Reason::kH1RequestLine);
  Refused("\rX", Reason::kH1RequestLine);
  Refused(Bytes("\0GET", 4), Reason::kH1RequestLine);
  std::string many;
  for (int i = 0; i < 100'000; ++i) many += "\r\n";
  const ServerRun run = RunServerOnce({many}, {});
  CHECK(run.bad == Reason::kH1RequestLine);
}

TEST_CASE("T9: folded lines") {
  Refused(Get("A: b\r\n c\r\n"), Reason::kH1ObsFold);
  Refused(Get("A: b\r\n\tc\r\n"), Reason::kH1ObsFold);
  Refused("GET / HTTP/1.1\r\n Host: a\r\n\r\n", Reason::kH1ObsFold);
  Refused("GET / HTTP/1.1\r\n\tHost: a\r\n\r\n", Reason::kH1ObsFold);
  Refused(Post("Content-Length: 5\r\n 5\r\n", "hello"), Reason::kH1ObsFold);
  Refused(Post("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n"), Reason::kH1ObsFold);
  Refused(Get("A:\r\n b\r\n"), Reason::kH1ObsFold);
  Refused(Post("Transfer-Encoding: chunked\r\n ,x\r\n", "0\r\n\r\n"), Reason::kH1ObsFold);
  FailsInBody(Chunked("0\r\nA: b\r\n c\r\n\r\n"), Reason::kH1ObsFold);
  FailsInBody(Chunked("0\r\n A: b\r\n\r\n"), Reason::kH1ObsFold);
}

TEST_CASE("T10: field names") {
  for (const std::string& field :
       {std::string("Content-Length : 5"), std::string(": x"), std::string("NoColon"),
        std::string("Transfer-Encoding\x85: chunked"), Bytes("X\0Y: a", 6), std::string("(x): a"),
        std::string("A B: c"), std::string("A\t: b"), std::string("Host\xa0: b"), std::string("\x01: b")}) {
    Refused(Get(field + "\r\n"), Reason::kH1Name);
    Refused("GET / HTTP/1.1\r\n" + field + "\r\nHost: a\r\n\r\n", Reason::kH1Name);
  }
}

TEST_CASE("T11: bare LF") {
  Refused("GET / HTTP/1.1\nHost: a\r\n\r\n", Reason::kH1BareLf);
  Refused("GET / HTTP/1.1\r\nHost: a\n\r\n", Reason::kH1BareLf);
  Refused("GET / HTTP/1.1\r\nHost: a\r\n\n", Reason::kH1BareLf);
  Refused("GET / HTTP/1.1\r\nA:\nHost: a\r\n\r\n", Reason::kH1BareLf);
  Refused("GET / HTTP/1.1\r\nA: \nHost: a\r\n\r\n", Reason::kH1BareLf);
  Refused("GET /\nHost: a\r\n\r\n", Reason::kH1BareLf);
  FailsInBody(Chunked("5\nhello\r\n0\r\n\r\n"), Reason::kH1BareLf);
  FailsInBody(Chunked("5\r\nhello\n0\r\n\r\n"), Reason::kH1ChunkEnd);
  FailsInBody(Chunked("5\r\nhello\r\n0\n\r\n"), Reason::kH1BareLf);
  FailsInBody(Chunked("0\r\n\n"), Reason::kH1BareLf);
  FailsInBody(Chunked("0\r\nA: b\n\r\n"), Reason::kH1BareLf);
}

TEST_CASE("T12: bare CR") {
  Refused(Get("A: b\rX\r\n"), Reason::kH1BareCr);
  Refused(Get("A: b\r\rB: c\r\n"), Reason::kH1BareCr);
  Refused("GET / HTTP/1.1\r\nHost: a\r\n\rX", Reason::kH1BareCr);
  Refused("GET / HTTP/1.1\rX\r\nHost: a\r\n\r\n", Reason::kH1BareCr);
  Refused("GET /\rX HTTP/1.1\r\nHost: a\r\n\r\n", Reason::kH1BareCr);
  FailsInBody(Chunked("5\rXhello\r\n0\r\n\r\n"), Reason::kH1BareCr);
  FailsInBody(Chunked("0\r\n\rX"), Reason::kH1BareCr);
}

TEST_CASE("T13: control bytes in values; obs-text passes") {
  for (const std::string& value : {Bytes("a\0b", 3), std::string("a\x01"), std::string("\x7f"), std::string("\x0b")}) {
    Refused(Get("A: " + value + "\r\n"), Reason::kH1Value);
    FailsInBody(Chunked("0\r\nA: " + value + "\r\n\r\n"), Reason::kH1Value);
  }
  Accepted(Get("A: \x85\xa0 b\xff\xa0\r\n"), "GET / host=a a=\x85\xa0 b\xff\xa0 | end");
  Accepted(Get("A: a\tb \t\r\n"), "GET / host=a a=a\tb | end");
  Refused("GET / HTTP/1.1\r\nHost: a\x85\r\n\r\n", Reason::kH1Host);
}

TEST_CASE("T14: chunk sizes") {
  for (const char* size : {"", "0x5", "+5", "-5", " 5", "5 ", "5_0", "g", "5 ;a", "5\t"}) {
    FailsInBody(Chunked(std::string(size) + "\r\nhello\r\n0\r\n\r\n"), Reason::kH1ChunkSize);
  }
  Accepted(Chunked("A\r\n0123456789\r\n00\r\n\r\n"), "POST / host=a chunked | body=0123456789 | end");
}

TEST_CASE("T15: chunk size overflow") {
  for (const char* size : {"00000000000000005", "fffffffffffffffff", "ffffffffffffffff", "8000000000000000",
                           "00000000000000000000"}) {
    FailsInBody(Chunked(std::string(size) + "\r\nhello\r\n"), Reason::kH1ChunkSize);
  }
  Accepted(Chunked("0000000000000005\r\nhello\r\n0\r\n\r\n"), "POST / host=a chunked | body=hello | end");
  ServerSetup small;
  small.rules.limits.max_body_bytes = 8;
  FailsInBody(Chunked("5\r\nhello\r\n4\r\nwor"), Reason::kH1BodyLimit, small);
  FailsInBody(Chunked("100000005\r\nhello"), Reason::kH1BodyLimit, small);
  FailsInBody(Chunked("5\r\nhello\r\n7fffffffffffffff\r\nx"), Reason::kH1BodyLimit);
  Accepted(Chunked("5\r\nhello\r\n3\r\nwor\r\n0\r\n\r\n"), "POST / host=a chunked | body=hellowor | end", small);
}

TEST_CASE("T16: chunk data not followed by CRLF") {
  for (const char* body : {"5\r\nhelloX\r\n", "5\r\nhello\n", "5\r\nhello\rX", "5\r\nhelloXX0\r\n\r\n", "5\r\nhello0\r\n"}) {
    FailsInBody(Chunked(body), Reason::kH1ChunkEnd);
  }
}

TEST_CASE("T17: chunk extensions") {
  const std::string nul = Bytes("5;a\0\r\n", 6);
  for (const std::string& line : {std::string("5;a=\"\r\n"), std::string("5;a\rX\r\n"), std::string("5;a\nX\r\n"), nul,
                                  std::string("5;a=\"b\"c\r\n"), std::string("5;a=\"\n\"\r\n")}) {
    FailsInBody(Chunked(line + "hello\r\n0\r\n\r\n"), Reason::kH1ChunkExt);
  }
  for (const char* line : {"5;a=b", "5;=", "5;;a", "5;a", "5;a=\"x;\\\"y\"", "5;a=\"\x80\t \""}) {
    Accepted(Chunked(std::string(line) + "\r\nhello\r\n0\r\n\r\n"), "POST / host=a chunked | body=hello | end");
  }
}

TEST_CASE("T17: chunk overhead") {
  // One byte of data with 100 of extension, often enough.
  std::string costly;
  for (int i = 0; i < 400; ++i) costly += "1;" + std::string(100, 'a') + "\r\nx\r\n";
  FailsInBody(Chunked(costly + "0\r\n\r\n"), Reason::kH1ChunkOverhead);
  FailsInBody(Chunked("1;" + std::string(kMaxChunkExcessBytes, 'a') + "\r\nx\r\n0\r\n\r\n"), Reason::kH1ChunkOverhead);
  FailsInBody(Chunked("fffff;" + std::string(2 * kMaxChunkExcessBytes, 'a') + "\r\n"), Reason::kH1ChunkOverhead);
  // Tiny chunks alone stay legal.
  std::string tiny;
  for (int i = 0; i < 5000; ++i) tiny += "1\r\nx\r\n";
  const ServerRun run = RunServerOnce({Chunked(tiny + "0\r\n\r\n")}, {});
  CHECK(run.log == "POST / host=a chunked | body of 5000 | end | closed");
}

TEST_CASE("T18: trailers") {
  FailsInBody(Chunked("0\r\nContent-Length: 5\r\n\r\n"), Reason::kH1ClTe);
  const ServerRun te = RunServer(Chunked("0\r\nTransfer-Encoding: x\r\n\r\n"));
  CHECK(InfoOf(te.error).status == 400);
  http::NameSet managed({"x-user"});
  ServerSetup setup;
  setup.rules.managed = &managed;
  Accepted(Chunked("0\r\nHost: b\r\nAuthorization: x\r\nCookie: c\r\nX-Forwarded-For: d\r\nX-User: e\r\n"
                   "X_User: e\r\nConnection: close\r\nUpgrade: f\r\nX-Checksum: 1\r\nTE: g\r\n\r\n"),
           "POST / host=a chunked | trailers x-checksum=1 | end", setup);
  Accepted(Chunked("5\r\nhello\r\n0\r\nA: b\r\nC: d\r\n\r\n"), "POST / host=a chunked | body=hello | trailers a=b c=d | end");
  ServerSetup small;
  small.rules.limits.max_header_count = 3;
  small.rules.limits.max_header_bytes = 200;
  FailsInBody(Chunked("0\r\nA: b\r\nB: b\r\nC: b\r\nD: b\r\n\r\n"), Reason::kH1HeaderCount, small);
  FailsInBody(Chunked("0\r\nA: " + std::string(200, 'b') + "\r\n\r\n"), Reason::kH1HeaderBytes, small);
}

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

TEST_CASE("T22: limits of the head") {
  ServerSetup setup;
  setup.rules.limits.max_target_bytes = 20;
  setup.rules.limits.max_header_bytes = 100;
  setup.rules.limits.max_header_count = 3;
  const std::string target20 = "/" + std::string(19, 'a');
  Accepted("GET " + target20 + " HTTP/1.1\r\nHost: a\r\n\r\n", "GET " + target20 + " host=a | end", setup);
  Refused("GET " + target20 + "b HTTP/1.1\r\nHost: a\r\n\r\n", Reason::kH1TargetLimit, setup);
  Refused("GET " + std::string(200, '/'), Reason::kH1TargetLimit, setup);
  Accepted(Get("B: b\r\nC: c\r\n"), "GET / host=a b=b c=c | end", setup);
  Refused(Get("B: b\r\nC: c\r\nD: d\r\n"), Reason::kH1HeaderCount, setup);
  // Host: a CRLF (9) + A: … CRLF (5 + n) + CRLF (2): exactly the limit, and one byte over.
  Accepted(Get("A: " + std::string(84, 'x') + "\r\n"), "GET / host=a a=" + std::string(84, 'x') + " | end", setup);
  Refused(Get("A: " + std::string(85, 'x') + "\r\n"), Reason::kH1HeaderBytes, setup);
  // The limit falls inside a name, and between a name and its value.
  for (size_t padding = 60; padding < 84; ++padding) {
    Refused(Post("A: " + std::string(padding, 'x') + "\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
            Reason::kH1HeaderBytes, setup);
  }
}

TEST_CASE("T22: limits as they are by default") {
  const std::string path = "/" + std::string((16 << 10) - 1, 'a');
  CHECK(RunServer("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n").streams == 1);
  CHECK(RunServer("GET " + path + "a HTTP/1.1\r\nHost: a\r\n\r\n").bad == Reason::kH1TargetLimit);
  std::string fields;
  for (int i = 0; i < 127; ++i) fields += "A: b\r\n";
  CHECK(RunServer(Get(fields)).streams == 1);
  CHECK(RunServer(Get(fields + "A: b\r\n")).bad == Reason::kH1HeaderCount);
  CHECK(RunServer(Get("A: " + std::string((64 << 10) - 16, 'x') + "\r\n")).streams == 1);
  CHECK(RunServer(Get("A: " + std::string((64 << 10) - 15, 'x') + "\r\n")).bad == Reason::kH1HeaderBytes);
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
