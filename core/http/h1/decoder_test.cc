#include "core/http/h1/decoder.h"

#include <string>
#include <vector>

#include "core/http/h1/limits.h"
#include "test/support/catch.h"
#include "test/support/h1_verdicts.h"

namespace sp::h1 {
namespace {

using namespace sp::testing;  // NOLINT: the vocabulary of these tests

// Reads all bytes in pieces of `step`; returns how often Read was called.
size_t ReadInPieces(Decoder& decoder, std::string_view bytes, size_t step) {
  size_t calls = 0;
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, step);
    size_t used = 0;
    const Decoder::Event event = decoder.Read(piece, &used);
    ++calls;
    if (event == Decoder::Event::kHead) decoder.BeginBody(http::BodyFraming::kChunked, 0, INT64_MAX);
    if (event == Decoder::Event::kError || event == Decoder::Event::kEnd) break;
    bytes.remove_prefix(used);
  }
  return calls;
}

TEST_CASE("T23 T93: work and memory grow with the bytes, whole or in single bytes") {
  const http::HttpLimits limits;
  std::vector<uint64_t> reserved;
  for (const size_t size : {15'000, 30'000, 60'000}) {
    for (const size_t step : {size_t{1}, size_t{100'000}}) {
      SlabPool pool;
      Arena arena(pool);
      http::RequestHead head(arena);
      Decoder decoder(limits);
      decoder.BeginRequest(head);
      const std::string text = "GET / HTTP/1.1\r\nA: " + std::string(size, 'x') + "\r\n\r\n";
      // One more call than pieces at most: each byte is offered once.
      CHECK(ReadInPieces(decoder, text, step) <= text.size() / step + 2);
      REQUIRE(head.headers.size() == 1);
      CHECK(head.headers[0].value.size() == size);
      // Copies are made in the arena, so its bytes bound them.
      CHECK(arena.bytes_reserved() <= 4 * size + 2 * SlabPool::kLarge);
      if (step == 1) reserved.push_back(arena.bytes_reserved());
    }
  }
  CHECK(reserved[2] <= reserved[1] * 5 / 2);
}

TEST_CASE("many fields, chunks and trailers in single bytes") {
  const http::HttpLimits limits;
  SlabPool pool;
  Arena arena(pool);
  http::RequestHead head(arena);
  Decoder decoder(limits);
  decoder.BeginRequest(head);
  std::string text = "POST / HTTP/1.1\r\n";
  for (int i = 0; i < 100; ++i) text += "Name-" + std::to_string(i) + ": value " + std::to_string(i) + "\r\n";
  text += "Transfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 100; ++i) text += "3;a=b\r\nabc\r\n";
  text += "0\r\nA: b\r\n\r\n";
  CHECK(ReadInPieces(decoder, text, 1) <= text.size() + 4);
  CHECK(decoder.at_end());
  REQUIRE(head.headers.size() == 101);
  CHECK(head.headers[99].name == "name-99");
  CHECK(head.headers[99].value == "value 99");
  CHECK(head.headers[100].id == http::HeaderId::kTransferEncoding);
  CHECK(*decoder.trailers().Find("a") == "b");
}

TEST_CASE("a decoder is used again, also behind an error and in the middle of a message") {
  const http::HttpLimits limits;
  Decoder decoder(limits);
  SlabPool pool;
  for (const char* text :
       {"GET / HTTP/1.1\r\nA: b\r\n\r\n", "BAD\r\n", "GET / HTTP/1.1\r\nNa", "GET / HTTP/1.1\r\nA: b\r\n\r\n"}) {
    Arena arena(pool);
    http::RequestHead head(arena);
    decoder.BeginRequest(head);
    size_t used = 0;
    const Decoder::Event event = decoder.Read(text, &used);
    const std::string_view read = text;
    if (read.size() > 20 && read.back() == '\n') {
      CHECK(event == Decoder::Event::kHead);
      CHECK(used == read.size());
      CHECK(*head.headers.Find("a") == "b");
    } else {
      CHECK(event == (read.front() == 'B' ? Decoder::Event::kError : Decoder::Event::kMore));
    }
  }
}

TEST_CASE("what is known of a head before it fails is there for the log") {
  const http::HttpLimits limits;
  SlabPool pool;
  Arena arena(pool);
  http::RequestHead head(arena);
  Decoder decoder(limits);
  decoder.BeginRequest(head);
  size_t used = 0;
  CHECK(decoder.Read("GET /a?b HTTP/3.0\r\n", &used) == Decoder::Event::kError);
  CHECK(decoder.reason() == Reason::kH1Version);
  CHECK(head.method_text == "GET");
  CHECK(head.target == "/a?b");
  // An error stays one.
  CHECK(decoder.Read("GET / HTTP/1.1\r\n\r\n", &used) == Decoder::Event::kError);
  CHECK(used == 0);
}

// ------------------------------------------------------------------------- verdicts, through a server connection

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
  for (const char* value : {"", "+5", "-0", "0x5", "5 5", "5;", "5_0", "5\x85",
                            "\xa0"
                            "5",
                            "five"}) {
    Refused(Post("Content-Length: " + std::string(value) + "\r\n", "hello"), Reason::kH1ClBad);
  }
  Accepted(Post("Content-Length: 005\r\n", "hello"), "POST / host=a length=5 | body=hello | end");
  Accepted(Post("Content-Length: 5  \r\n", "hello"), "POST / host=a length=5 | body=hello | end");
  // llhttp before 9.3 takes no HTAB there. It may be refused; it must not be read differently.
  const ServerRun tab = RunServer(Post("Content-Length: 5\t\r\n", "hello"));
  CHECK((tab.bad == Reason::kH1ClBad || tab.log == "POST / host=a length=5 | body=hello | end | closed"));
  Accepted(Post("Content-Length:5\r\n", "hello"), "POST / host=a length=5 | body=hello | end");
}

TEST_CASE("T4: huge Content-Length") {
  for (const char* value :
       {"9223372036854775808", "18446744073709551615", "18446744073709551616", "1000000000000000000000000000000"}) {
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
  Refused(Post("Transfer-Encoding: \x0b"
               "chunked\r\n",
               "0\r\n\r\n"),
          Reason::kH1Value);
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
  for (const char* line :
       {"GET /", "GET", "GET  / HTTP/1.1", "GET /  HTTP/1.1", "GET\t/ HTTP/1.1", "GET /\tHTTP/1.1", "GET / HTTP/1.1 ",
        "GET / http/1.1", "GET / HTTP/1", "GET / HTTP/1.10", "GET / HTTP/11", "GET / RTSP/1.0", "GET / ICE/1.0",
        " GET / HTTP/1.1", "GET / HTTP/1.1x", "GET / ", "GET /a b HTTP/1.1", "(GET) / HTTP/1.1", "\x16\x03\x01 x"}) {
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
  for (const char* size :
       {"00000000000000005", "fffffffffffffffff", "ffffffffffffffff", "8000000000000000", "00000000000000000000"}) {
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
  for (const char* body :
       {"5\r\nhelloX\r\n", "5\r\nhello\n", "5\r\nhello\rX", "5\r\nhelloXX0\r\n\r\n", "5\r\nhello0\r\n"}) {
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
  Accepted(Chunked("5\r\nhello\r\n0\r\nA: b\r\nC: d\r\n\r\n"),
           "POST / host=a chunked | body=hello | trailers a=b c=d | end");
  ServerSetup small;
  small.rules.limits.max_header_count = 3;
  small.rules.limits.max_header_bytes = 200;
  FailsInBody(Chunked("0\r\nA: b\r\nB: b\r\nC: b\r\nD: b\r\n\r\n"), Reason::kH1HeaderCount, small);
  FailsInBody(Chunked("0\r\nA: " + std::string(200, 'b') + "\r\n\r\n"), Reason::kH1HeaderBytes, small);
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

}  // namespace
}  // namespace sp::h1
