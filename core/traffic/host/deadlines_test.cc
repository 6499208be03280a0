// Clients, filters and upstreams that are slow, silent or gone.
#include "core/traffic/host/exchange_fixture.h"
#include "test/support/catch.h"

namespace sp::testing {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nhost: h\r\n\r\n";
constexpr std::string_view kPost = "POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 5\r\n\r\nhello";
constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

// One exchange that ends well and leaves a reusable connection on either side.
SimulatedPeer WarmUp(ExchangeFixture& x) {
  SimulatedPeer client = x.Dial();
  client.Send(kGet);
  x.Run();
  x.upstream().last().TakeReceived();
  x.upstream().last().Send(kOk);
  x.Run();
  CHECK(Message(client.TakeReceived()).body == "ok");
  return client;
}

TEST_CASE("a header section that does not come in time: 408, then the connection is closed") {
  ExchangeFixture x;
  SimulatedPeer client = x.Dial();
  client.Send("GET / HTTP/1.1\r\n");
  x.world.Advance(9s);
  CHECK(client.received().empty());
  x.world.Advance(2s);
  CHECK(Message(client.received()).status() == 408);
  CHECK(client.ended());
  x.world.Advance(5s);
  CHECK(client.closed());
}

TEST_CASE("an idle connection is closed without a word") {
  ExchangeFixture x;
  SimulatedPeer client = WarmUp(x);
  x.world.Advance(74s);
  CHECK_FALSE(client.ended());
  x.world.Advance(5s);
  CHECK(client.received().empty());
  CHECK(client.ended());
}

TEST_CASE("a request body that stops coming: 408") {
  ExchangeFixture x;
  SimulatedPeer client = x.Dial();
  client.Send(kPost.substr(0, kPost.size() - 1));
  x.world.Advance(31s);
  CHECK(Message(client.received()).status() == 408);
  REQUIRE(x.ended.size() == 1);
  CHECK(x.ended[0].reason == "h1.body_timeout");
}

TEST_CASE("the route's timeout: 504") {
  ExchangeFixture x;
  x.modifications.timeout = 3s;
  SimulatedPeer client = x.Dial();
  client.Send(kGet);
  x.world.Advance(2s);
  CHECK(client.received().empty());
  x.world.Advance(2s);
  CHECK(Message(client.received()).status() == 504);
  REQUIRE(x.ended.size() == 1);
  CHECK(x.ended[0].reason == "request.timeout");
  CHECK(x.upstream().open_count() == 0);
}

TEST_CASE("T115: a filter that pauses for ever: 504 plugin.stalled, and it is named") {
  ExchangeFixture x;
  const bool route_timeout = GENERATE(false, true);
  if (route_timeout) x.modifications.timeout = 3s;
  FilterScript& filter = x.Add("sleepy");
  if (GENERATE(false, true)) {
    filter.request_head = [](Call&) { return SP_PAUSE; };
  } else {
    filter.request_head = [](Call&) { return SP_CONTINUE; };
    filter.request_body = [](Call&) { return SP_PAUSE; };
  }
  const bool with_body = filter.request_body != nullptr;
  SimulatedPeer client = x.Dial();
  client.Send(kPost);
  x.world.Advance(120s);
  const int status = Message(client.received()).status();
  CHECK(status == 504);
  REQUIRE(x.ended.size() == 1);
  if (!with_body || !route_timeout) {
    CHECK(x.ended[0].reason == "plugin.stalled");
    CHECK(x.ended[0].plugin == "sleepy");
  }
  CHECK(filter.destroyed == 1);
}

TEST_CASE("an upstream that refuses: 503; that does not accept: 504; that closes before answering: 502") {
  ExchangeFixture x;
  SimulatedPeer client = x.Dial();
  std::string reason;
  int status = 0;
  SECTION("refused") {
    x.upstream().Fail(net::ConnectError::kRefused);
    client.Send(kGet);
    x.Run();
    status = 503, reason = "upstream.connect";
  }
  SECTION("silent") {
    x.upstream().Hold();
    client.Send(kGet);
    x.world.Advance(6s);
    status = 504, reason = "upstream.connect_timeout";
  }
  SECTION("reset") {
    client.Send(kGet);
    x.Run();
    x.upstream().last().Reset();
    x.Run();
    status = 502, reason = "upstream.reset";
  }
  SECTION("closed") {
    client.Send(kGet);
    x.Run();
    x.upstream().last().End();
    x.Run();
    status = 502, reason = "upstream.reset";
  }
  SECTION("not HTTP") {
    client.Send(kGet);
    x.Run();
    x.upstream().last().Send("SSH-2.0-OpenSSH\r\n\r\n");
    x.Run();
    status = 502, reason = "upstream.status";
  }
  const Message answer(client.received());
  CHECK(answer.status() == status);
  CHECK(answer.Field("content-type") == "application/problem+json");
  CHECK_FALSE(client.ended());
  REQUIRE(x.ended.size() == 1);
  CHECK(x.ended[0].reason == reason);
}

TEST_CASE("T104: a reused connection that closes before answering: once more for GET, 502 for POST") {
  ExchangeFixture x;
  SimulatedPeer client = WarmUp(x);
  const bool post = GENERATE(false, true);
  client.Send(post ? kPost : kGet);
  x.Run();
  REQUIRE(x.upstream().count() == 1);
  x.upstream().connection(0).Reset();
  x.Run();
  if (post) {
    CHECK(x.upstream().count() == 1);
    CHECK(Message(client.received()).status() == 502);
    return;
  }
  REQUIRE(x.upstream().count() == 2);
  CHECK(Message(x.upstream().last().received()).start == "GET / HTTP/1.1");
  SECTION("answered") {
    x.upstream().last().Send(kOk);
    x.Run();
    CHECK(Message(client.received()).body == "ok");
  }
  SECTION("closed again: no third attempt") {
    x.upstream().last().Reset();
    x.Run();
    CHECK(x.upstream().count() == 2);
    CHECK(Message(client.received()).status() == 502);
  }
}

TEST_CASE("T104: not once more after the first byte of an answer, nor on a fresh connection") {
  ExchangeFixture x;
  SimulatedPeer client = GENERATE(false, true) ? WarmUp(x) : x.Dial();
  client.Send(kGet);
  x.Run();
  if (x.ended.size() == 1) x.upstream().last().Send("HTTP/1.1 2");
  x.upstream().last().Reset();
  x.Run();
  CHECK(x.upstream().count() == 1);
  CHECK(Message(client.received()).status() == 502);
}

TEST_CASE("T98: an answer cut off is never ended in order") {
  ExchangeFixture x;
  const std::string_view begin =
      GENERATE("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc",
               "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n",
               "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nx-a: ");
  const bool reset = GENERATE(false, true);
  SimulatedPeer client = x.Dial();
  client.Send(kGet);
  x.Run();
  x.upstream().last().Send(begin);
  x.Run();
  CHECK(Message(client.received()).status() == 200);
  reset ? x.upstream().last().Reset() : x.upstream().last().End();
  x.Run();
  CHECK(client.closed());
  CHECK(client.received().find("\r\n0\r\n") == std::string::npos);
  REQUIRE(x.ended.size() == 1);
  CHECK(x.ended[0].reason == "upstream.truncated");
}

TEST_CASE("T98: where a filter holds the head, an answer cut off is 502") {
  ExchangeFixture x;
  FilterScript& filter = x.Add("hold");
  filter.response_head = filter.response_body = [](Call&) { return SP_HOLD; };
  SimulatedPeer client = x.Dial();
  client.Send(kGet);
  x.Run();
  x.upstream().last().Send("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc");
  x.upstream().last().End();
  x.Run();
  CHECK(Message(client.received()).status() == 502);
  REQUIRE(x.ended.size() == 1);
  CHECK(x.ended[0].reason == "upstream.truncated");
}

TEST_CASE("T98: a close-delimited answer ends with the close, not with a reset") {
  ExchangeFixture x;
  const bool reset = GENERATE(false, true);
  SimulatedPeer client = x.Dial();
  client.Send(kGet);
  x.Run();
  x.upstream().last().Send("HTTP/1.1 200 OK\r\n\r\nabc");
  x.Run();
  reset ? x.upstream().last().Reset() : x.upstream().last().End();
  x.Run();
  CHECK((Message(client.received()).body == "3\r\nabc\r\n0\r\n\r\n") == !reset);
  CHECK(x.ended.at(0).reason == (reset ? "upstream.truncated" : ""));
}

}  // namespace
}  // namespace sp::testing
