#include "core/http/h1/encoder.h"

#include <string>

#include "test/support/catch.h"

namespace sp::h1 {
namespace {

using http::BodyFraming;
using http::HeaderId;

TEST_CASE("fields that the head's members stand for are not written from the map") {
  SlabPool pool;
  Arena arena(pool);
  http::ResponseHead head(arena);
  head.status = 200;
  head.headers.Add(HeaderId::kContentLength, "999");
  head.headers.Add(HeaderId::kTransferEncoding, "chunked");
  head.headers.Add(HeaderId::kConnection, "x");
  head.headers.Add(HeaderId::kDate, "now");
  const Slice slice = EncodeResponseHead(head, {BodyFraming::kLength, true, 3}, ConnectionField::kClose, pool);
  CHECK(slice.view() == "HTTP/1.1 200 OK\r\ndate: now\r\ncontent-length: 3\r\nconnection: close\r\n\r\n");
}

#ifdef NDEBUG
TEST_CASE("T56 T64: a value that would end its line is left out") {
  SlabPool pool;
  Arena arena(pool);
  http::ResponseHead head(arena);
  head.status = 200;
  const std::string_view with_nul("a\0b", 3);
  for (const std::string_view value :
       {std::string_view("a\r\nevil: 1"), std::string_view("a\nb"), std::string_view("0123456789abcdef\r"), with_nul}) {
    head.headers.Add("x-a", value);
  }
  head.headers.Add("x-b\r\nevil", "1");
  head.headers.Add("x-c", "tab\tis fine");
  const Slice slice = EncodeResponseHead(head, {}, ConnectionField::kNone, pool);
  CHECK(slice.view() == "HTTP/1.1 200 OK\r\nx-c: tab\tis fine\r\n\r\n");

  http::RequestHead request(arena);
  request.method = http::Method::kGet;
  request.path = "/a\r\nb";
  request.authority = "a b";
  CHECK(EncodeRequestHead(request, pool).view() == "GET / HTTP/1.1\r\nhost: \r\n\r\n");
}
#endif

TEST_CASE("chunks: hexadecimal sizes, bodies not copied") {
  SlabPool pool;
  for (const auto& [size, text] : {std::pair<size_t, const char*>{1, "1"}, {15, "f"}, {16, "10"}, {0x1234, "1234"}}) {
    BufferChain body;
    const Slice data = pool.Copy(std::string(size, 'x'));
    body.Append(data);
    BufferChain out;
    AppendChunk(std::move(body), pool, out);
    REQUIRE(out.slice_count() == 3);
    CHECK(out.slice(0).view() == std::string(text) + "\r\n");
    CHECK(out.slice(1).data() == data.data());
    CHECK(out.slice(2).view() == "\r\n");
  }
  BufferChain nothing;
  AppendChunk(BufferChain(), pool, nothing);
  CHECK(nothing.empty());
}

TEST_CASE("numbers at their edges") {
  SlabPool pool;
  Arena arena(pool);
  http::ResponseHead head(arena);
  head.status = 200;
  const Slice slice = EncodeResponseHead(head, {BodyFraming::kLength, true, UINT64_MAX}, ConnectionField::kNone, pool);
  CHECK(slice.view() == "HTTP/1.1 200 OK\r\ncontent-length: 18446744073709551615\r\n\r\n");
}

}  // namespace
}  // namespace sp::h1
