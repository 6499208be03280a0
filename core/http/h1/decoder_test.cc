#include "core/http/h1/decoder.h"

#include <string>
#include <vector>

#include "test/support/catch.h"

namespace sp::h1 {
namespace {

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
  for (const char* text : {"GET / HTTP/1.1\r\nA: b\r\n\r\n", "BAD\r\n", "GET / HTTP/1.1\r\nNa", "GET / HTTP/1.1\r\nA: b\r\n\r\n"}) {
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

}  // namespace
}  // namespace sp::h1
