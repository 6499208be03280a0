// A message through a chain of filters that change nothing: the same bytes at the other end.
#include "core/traffic/host/exchange_fixture.h"
#include "test/support/catch.h"

namespace sp::testing {
namespace {

constexpr std::string_view kGet = "GET /a?b=c HTTP/1.1\r\nhost: example.com\r\n\r\n";
constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

void AddWatcher(ExchangeFixture& x, std::string name) {
  FilterScript& filter = x.Add(std::move(name));
  const auto pass = [](Call&) { return SP_CONTINUE; };
  filter.request_head = filter.request_body = filter.request_trailers = pass;
  filter.response_head = filter.response_body = filter.response_trailers = pass;
}

TEST_CASE("a GET goes to the upstream and its answer back") {
  ExchangeFixture x;
  if (GENERATE(false, true)) AddWatcher(x, "a");
  const Message answer = x.Exchange(kGet, kOk);
  CHECK(x.forwarded.start == "GET /a?b=c HTTP/1.1");
  CHECK(x.forwarded.Field("host") == "example.com");
  CHECK(x.forwarded.Field("x-forwarded-for") == "192.0.2.1");
  CHECK(x.forwarded.body.empty());
  CHECK(x.forwarded.Field("content-length").empty());
  CHECK(x.forwarded.Field("transfer-encoding").empty());
  CHECK(answer.start == "HTTP/1.1 200 OK");
  CHECK(answer.Field("content-length") == "2");
  CHECK(answer.body == "ok");
  REQUIRE(x.ended.size() == 1);
  CHECK(x.ended[0].status == 200);
  CHECK(x.ended[0].reason.empty());
}

TEST_CASE("the order of hooks: requests downwards, responses upwards") {
  ExchangeFixture x;
  AddWatcher(x, "a");
  AddWatcher(x, "b");
  x.Exchange(kGet, kOk);
  CHECK(x.trace == std::vector<std::string>{"a request_head END MSG_END", "b request_head END MSG_END",
                                            "b response_head", "a response_head", "b response_body 2",
                                            "a response_body 2", "b response_body 0 BODY_END MSG_END",
                                            "a response_body 0 BODY_END MSG_END"});
}

TEST_CASE("a body with a length keeps it") {
  ExchangeFixture x;
  if (GENERATE(false, true)) AddWatcher(x, "a");
  const Message answer =
      x.Exchange("POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 5\r\n\r\nhello", "HTTP/1.1 204 No Content\r\n\r\n");
  CHECK(x.forwarded.Field("content-length") == "5");
  CHECK(x.forwarded.body == "hello");
  CHECK(answer.start == "HTTP/1.1 204 No Content");
  CHECK(answer.Field("content-length").empty());
}

TEST_CASE("HEAD: the length is told, no body comes") {
  ExchangeFixture x;
  if (GENERATE(false, true)) AddWatcher(x, "a");
  const Message answer =
      x.Exchange("HEAD / HTTP/1.1\r\nhost: h\r\n\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 1234\r\n\r\n");
  CHECK(x.forwarded.start == "HEAD / HTTP/1.1");
  CHECK(answer.Field("content-length") == "1234");
  CHECK(answer.body.empty());
  CHECK(x.ended.size() == 1);
}

TEST_CASE("chunked bodies and trailers go both ways") {
  ExchangeFixture x;
  if (GENERATE(false, true)) AddWatcher(x, "a");
  const Message answer = x.Exchange(
      "POST / HTTP/1.1\r\nhost: h\r\nte: trailers\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nx-sum: "
      "1\r\n\r\n",
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nx-sum: 2\r\n\r\n");
  CHECK(x.forwarded.Field("transfer-encoding") == "chunked");
  CHECK(x.forwarded.body == "5\r\nhello\r\n0\r\nx-sum: 1\r\n\r\n");
  CHECK(answer.Field("transfer-encoding") == "chunked");
  CHECK(answer.body == "2\r\nok\r\n0\r\nx-sum: 2\r\n\r\n");
}

TEST_CASE("keep-alive: requests one after the other use one connection on either side") {
  ExchangeFixture x;
  SimulatedPeer client = x.Dial();
  for (int i = 0; i < 3; ++i) {
    client.Send(kGet);
    x.Run();
    x.upstream().last().Send(kOk);
    x.Run();
    CHECK(Message(client.TakeReceived()).body == "ok");
    x.world.Advance(std::chrono::seconds(1));
  }
  CHECK(x.upstream().count() == 1);
  CHECK_FALSE(client.ended());
  CHECK(x.ended.size() == 3);
}

TEST_CASE("pipelining: answers in the order of the requests, one at a time upstream") {
  ExchangeFixture x;
  if (GENERATE(false, true)) AddWatcher(x, "a");
  SimulatedPeer client = x.Dial();
  client.Send("GET /1 HTTP/1.1\r\nhost: h\r\n\r\nGET /2 HTTP/1.1\r\nhost: h\r\n\r\n");
  x.Run();
  CHECK(Message(x.upstream().connection(0).received()).start == "GET /1 HTTP/1.1");
  CHECK(x.upstream().connection(0).TakeReceived().find("/2") == std::string::npos);
  x.upstream().connection(0).Send("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n1");
  x.Run();
  CHECK(Message(client.TakeReceived()).body == "1");
  CHECK(Message(x.upstream().connection(0).TakeReceived()).start == "GET /2 HTTP/1.1");
  x.upstream().connection(0).Send("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n2");
  x.Run();
  CHECK(Message(client.TakeReceived()).body == "2");
}

TEST_CASE("absent hooks: the bytes are those without the filter") {
  std::string without;
  for (const bool with : {false, true}) {
    ExchangeFixture x;
    if (with) x.Add("nothing");
    const Message answer =
        x.Exchange("POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", kOk);
    CHECK(x.forwarded.body == "3\r\nabc\r\n0\r\n\r\n");
    const std::string seen = answer.start + answer.head + answer.body;
    if (with) CHECK(seen == without);
    without = seen;
  }
}

}  // namespace
}  // namespace sp::testing
