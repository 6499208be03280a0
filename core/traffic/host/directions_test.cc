// The two directions of one exchange at the same time: one paused, failing or over while the other goes on (PLUGIN_ABI
// B10), and filters that fail late.
#include <utility>

#include "core/traffic/host/exchange_fixture.h"
#include "test/support/catch.h"

namespace sp::testing {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nhost: h\r\n\r\n";
constexpr std::string_view kPost = "POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 5\r\n\r\nhello";
constexpr std::string_view kChunkedPost =
    "POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nx-sum: 1\r\n\r\n";
constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
constexpr std::string_view kChunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";

sp_result Pass(Call&) { return SP_CONTINUE; }

TEST_CASE("a client that closes its side after the request still gets the answer of a paused exchange") {
  ExchangeFixture x;
  FilterScript& filter = x.Add("a");
  filter.request_head = [](Call& c) {
    CHECK(c.Timer(1s) == SP_OK);
    return SP_PAUSE;
  };
  filter.event = [](Call& c) { CHECK(c.http.resume(c.s, SP_REQUEST, SP_CONTINUE) == SP_OK); };
  SimulatedPeer client = x.Dial();
  client.Send(kGet);
  client.End();
  x.world.Advance(2s);
  REQUIRE(x.upstream().count() == 1);
  x.upstream().last().Send(kOk);
  x.Run();
  CHECK(Message(client.received()).body == "ok");
  CHECK(filter.destroyed == 1);
}

TEST_CASE("informational answers pass by the filters") {
  ExchangeFixture x;
  FilterScript& filter = x.Add("a");
  filter.response_head = Pass;
  SimulatedPeer client = x.Dial();
  client.Send(kGet);
  x.Run();
  x.upstream().last().Send("HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n");
  x.Run();
  CHECK(Message(client.TakeReceived()).status() == 103);
  CHECK(x.trace.empty());
  x.upstream().last().Send(kOk);
  x.Run();
  CHECK(Message(client.received()).status() == 200);
}

TEST_CASE("resume with ERROR is the filter's failure") {
  ExchangeFixture x;
  FilterScript& filter = x.Add("a");
  const bool open = GENERATE(false, true);
  filter.fail_open = open;
  filter.request_head = [](Call& c) {
    CHECK(c.Timer(1s) == SP_OK);
    return SP_PAUSE;
  };
  filter.request_body = Pass;
  filter.event = [](Call& c) { CHECK(c.http.resume(c.s, SP_REQUEST, SP_ERROR) == SP_OK); };
  SimulatedPeer client = x.Dial();
  client.Send(kPost);
  x.world.Advance(2s);
  if (open) {
    REQUIRE(x.upstream().count() == 1);
    CHECK(Message(x.upstream().last().received()).body == "hello");
    CHECK(x.trace == std::vector<std::string>{"a request_head", "a event"});
  } else {
    CHECK(Message(client.received()).status() == 500);
  }
}

TEST_CASE("HOLD where nothing more can come is a failure, not a hang") {
  ExchangeFixture x;
  FilterScript& filter = x.Add("a");
  const auto hold = [](Call&) { return SP_HOLD; };
  std::string_view request;
  SECTION("a head without body") {
    filter.request_head = hold;
    request = kGet;
  }
  SECTION("trailers") {
    filter.request_head = filter.request_body = filter.request_trailers = hold;
    request = kChunkedPost;
  }
  SimulatedPeer client = x.Dial();
  client.Send(request);
  x.Run();
  CHECK(Message(client.received()).status() == 500);
  REQUIRE(x.ended.size() == 1);
  CHECK(x.ended[0].reason == "plugin.error");
}

TEST_CASE("T109: a filter that fails closed in the body of an answer whose head is gone: aborted") {
  ExchangeFixture x;
  FilterScript& filter = x.Add("a");
  filter.response_head = Pass;
  filter.response_body = [](Call&) { return SP_ERROR; };
  SimulatedPeer client = x.Dial();
  client.Send(kGet);
  x.Run();
  x.upstream().last().Send(kChunked);
  x.Run();
  CHECK(Message(client.received()).status() == 200);
  x.upstream().last().Send("2\r\nok\r\n0\r\n\r\n");
  x.Run();
  CHECK(client.closed());
  CHECK(client.received().find("ok") == std::string::npos);
  CHECK(client.received().find("0\r\n\r\n") == std::string::npos);
  CHECK(filter.destroyed == 1);
}

TEST_CASE("a filter that fails open in one direction lets go what it held in the other") {
  ExchangeFixture x;
  FilterScript& filter = x.Add("a");
  filter.fail_open = true;
  filter.request_head = Pass;
  filter.request_body = [](Call&) { return SP_HOLD; };
  filter.response_head = [](Call&) { return SP_ERROR; };
  SimulatedPeer client = x.Dial();
  client.Send("POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 10\r\n\r\nhello");
  x.Run();
  REQUIRE(x.upstream().count() == 1);
  CHECK(Message(x.upstream().last().received()).body.empty());
  x.upstream().last().Send(kChunked);
  x.Run();
  CHECK(Message(x.upstream().last().received()).body == "hello");
  client.Send("world");
  x.Run();
  CHECK(Message(x.upstream().last().received()).body == "helloworld");
  x.upstream().last().Send("2\r\nok\r\n0\r\n\r\n");
  x.Run();
  CHECK(Message(client.received()).body == "2\r\nok\r\n0\r\n\r\n");
  CHECK(x.trace == std::vector<std::string>{"a request_head", "a request_body 5", "a response_head"});
}

TEST_CASE("PAUSE in one direction does not stop the other") {
  ExchangeFixture x;
  FilterScript& filter = x.Add("a");
  filter.request_head = Pass;
  filter.request_body = [](Call& c) {
    if (*c.instance == 0) CHECK(c.Timer(1s) == SP_OK);
    *c.instance = 1;
    return (c.flags & SP_F_BODY_END) != 0 ? SP_CONTINUE : SP_PAUSE;
  };
  filter.response_head = filter.response_body = Pass;
  filter.event = [](Call& c) { CHECK(c.http.resume(c.s, SP_REQUEST, SP_CONTINUE) == SP_OK); };
  SimulatedPeer client = x.Dial();
  client.Send("POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 10\r\n\r\nhello");
  x.Run();
  REQUIRE(x.upstream().count() == 1);
  x.upstream().last().Send(kChunked);
  x.upstream().last().Send("2\r\nok\r\n");
  x.Run();
  CHECK(Message(client.received()).body == "2\r\nok\r\n");
  client.Send("world");
  x.world.Advance(1s);
  CHECK(Message(x.upstream().last().received()).body == "helloworld");
  x.upstream().last().Send("0\r\n\r\n");
  x.Run();
  CHECK(Message(client.received()).body == "2\r\nok\r\n0\r\n\r\n");
  CHECK(x.ended.at(0).reason.empty());
}

TEST_CASE("PAUSE in the response keeps body and trailers until it is resumed") {
  ExchangeFixture x;
  FilterScript& filter = x.Add("a");
  const bool at_trailers = GENERATE(false, true);
  const auto wait = [](Call& c) {
    CHECK(c.Timer(1s) == SP_OK);
    return SP_PAUSE;
  };
  filter.response_head = Pass;
  if (at_trailers) {
    filter.response_trailers = wait;
  } else {
    filter.response_body = [wait](Call& c) { return std::exchange(*c.instance, 1) == 0 ? wait(c) : SP_CONTINUE; };
  }
  filter.event = [](Call& c) { CHECK(c.http.resume(c.s, SP_RESPONSE, SP_CONTINUE) == SP_OK); };
  SimulatedPeer client = x.Dial();
  client.Send(kGet);
  x.Run();
  x.upstream().last().Send(kChunked);
  x.upstream().last().Send("2\r\nok\r\n0\r\nx-sum: 1\r\n\r\n");
  x.Run();
  CHECK(client.received().find("x-sum") == std::string::npos);
  x.world.Advance(1s);
  CHECK(Message(client.received()).body == "2\r\nok\r\n0\r\nx-sum: 1\r\n\r\n");
}

}  // namespace
}  // namespace sp::testing
