// What a filter holds, edits, pauses and lets go (PLUGIN_ABI B1 to B8).
#include "core/traffic/host/exchange_fixture.h"
#include "test/support/catch.h"

namespace sp::testing {
namespace {

using namespace std::chrono_literals;
using Trace = std::vector<std::string>;

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nhost: h\r\n\r\n";
constexpr std::string_view kPost = "POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 11\r\n\r\nhello world";
constexpr std::string_view kChunkedPost =
    "POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n6\r\nhello \r\n5\r\nworld\r\n0\r\nx-sum: "
    "1\r\n\r\n";
constexpr std::string_view kChunkedPostPlain =
    "POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\nb\r\nhello world\r\n0\r\n\r\n";
constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

sp_result Pass(Call&) { return SP_CONTINUE; }
sp_result Hold(Call&) { return SP_HOLD; }
sp_result Pause(Call&) { return SP_PAUSE; }
sp_result HoldToEnd(Call& c) { return (c.flags & SP_F_BODY_END) != 0 ? SP_CONTINUE : SP_HOLD; }

TEST_CASE("B2: head and body held, the head edited last: the upstream sees the edit and the right length") {
  ExchangeFixture x;
  FilterScript& filter = x.Add("sign");
  filter.request_head = Hold;
  filter.request_body = [](Call& c) {
    if ((c.flags & SP_F_BODY_END) == 0) return SP_HOLD;
    CHECK(c.Set(SP_REQUEST, "x-signature", c.Body(SP_REQUEST)) == SP_OK);
    CHECK(c.Replace(SP_REQUEST, "shorter") == SP_OK);
    return SP_CONTINUE;
  };
  x.Exchange(GENERATE(kPost, kChunkedPostPlain), kOk);
  CHECK(x.forwarded.Field("x-signature") == "hello world");
  CHECK(x.forwarded.Field("content-length") == "7");
  CHECK(x.forwarded.body == "shorter");
}

TEST_CASE("B2: the same on the response") {
  ExchangeFixture x;
  FilterScript& filter = x.Add("wrap");
  filter.response_head = Hold;
  filter.response_body = [](Call& c) {
    if ((c.flags & SP_F_BODY_END) == 0) return SP_HOLD;
    CHECK(c.Set(SP_RESPONSE, "x-was", c.Body(SP_RESPONSE)) == SP_OK);
    CHECK(c.Append(SP_RESPONSE, " then") == SP_OK);
    return SP_CONTINUE;
  };
  const Message answer = x.Exchange(kGet, kOk);
  CHECK(answer.Field("x-was") == "ok");
  CHECK(answer.Field("content-length") == "7");
  CHECK(answer.body == "ok then");
}

TEST_CASE("B1: any split of the input gives the same held body") {
  const size_t split = GENERATE(1, 2, 3, 7, 1000);
  CAPTURE(split);
  const std::string_view request = GENERATE(kPost, kChunkedPost);
  ExchangeFixture x;
  x.world.network().SplitReads(split);
  FilterScript& filter = x.Add("hold");
  std::string held;
  uint64_t told = 0;
  filter.request_head = Hold;
  filter.request_body = [&](Call& c) {
    held = c.Body(SP_REQUEST);
    told += c.new_bytes;
    return HoldToEnd(c);
  };
  x.Exchange(request, kOk);
  CHECK(held == "hello world");
  CHECK(told == 11);
  CHECK(x.forwarded.start == "POST / HTTP/1.1");
}

TEST_CASE("B2: PAUSE keeps the message until a timer resumes it") {
  ExchangeFixture x;
  FilterScript& filter = x.Add("wait");
  filter.request_head = [](Call& c) {
    CHECK(c.Timer(2s) == SP_OK);
    return SP_PAUSE;
  };
  filter.request_body = Pass;
  filter.event = [](Call& c) {
    CHECK(c.http.resume(c.s, SP_REQUEST, SP_CONTINUE) == SP_OK);
    CHECK(c.http.resume(c.s, SP_REQUEST, SP_CONTINUE) == SP_E_STATE);
  };
  SimulatedPeer client = x.Dial();
  client.Send(kPost);
  x.world.Advance(1s);
  CHECK(x.upstream().count() == 0);
  CHECK(x.trace == Trace{"wait request_head"});
  x.world.Advance(1s);
  REQUIRE(x.upstream().count() == 1);
  CHECK(Message(x.upstream().last().TakeReceived()).body == "hello world");
  CHECK(x.trace == Trace{"wait request_head", "wait event", "wait request_body 11 BODY_END MSG_END"});
}

TEST_CASE("B3: resume before PAUSE returns is not lost; the second, and one when nothing is paused, is refused") {
  ExchangeFixture x;
  FilterScript& filter = x.Add("a");
  filter.request_head = [](Call& c) {
    CHECK(c.http.resume(c.s, SP_REQUEST, SP_CONTINUE) == SP_OK);
    CHECK(c.http.resume(c.s, SP_REQUEST, SP_CONTINUE) == SP_E_STATE);
    CHECK(c.http.resume(c.s, SP_RESPONSE, SP_PAUSE) == SP_E_ARG);
    return SP_PAUSE;
  };
  filter.response_head = [](Call& c) {
    CHECK(c.Timer(1s) == SP_OK);
    return SP_CONTINUE;
  };
  filter.response_body = Pause;
  filter.event = [](Call& c) {
    CHECK(c.http.resume(c.s, SP_REQUEST, SP_CONTINUE) == SP_E_STATE);
    CHECK(c.http.resume(c.s, SP_RESPONSE, SP_CONTINUE) == SP_OK);
  };
  SimulatedPeer client = x.Dial();
  client.Send(kGet);
  x.Run();
  REQUIRE(x.upstream().count() == 1);
  x.upstream().last().Send(kOk);
  x.Run();
  CHECK(Message(client.received()).body.empty());
  x.world.Advance(1s);
  CHECK(Message(client.received()).body == "ok");
}

TEST_CASE("B3: resume with HOLD: the hook runs again with what came meanwhile") {
  ExchangeFixture x;
  FilterScript& filter = x.Add("a");
  std::string held;
  filter.request_head = [](Call& c) {
    CHECK(c.Timer(1s) == SP_OK);
    return SP_PAUSE;
  };
  filter.request_body = [&](Call& c) {
    held = c.Body(SP_REQUEST);
    return SP_CONTINUE;
  };
  filter.event = [](Call& c) { CHECK(c.http.resume(c.s, SP_REQUEST, SP_HOLD) == SP_OK); };
  SimulatedPeer client = x.Dial();
  client.SendByteByByte(kPost);
  x.world.Advance(1s);
  CHECK(held == "hello world");
  REQUIRE(x.upstream().count() == 1);
  CHECK(Message(x.upstream().last().received()).body == "hello world");
}

TEST_CASE("B3: a resume of the other direction is not kept for a PAUSE to come") {
  ExchangeFixture x;
  FilterScript& filter = x.Add("a");
  filter.request_head = [](Call& c) {
    CHECK(c.http.resume(c.s, SP_RESPONSE, SP_CONTINUE) == SP_E_STATE);
    CHECK(c.Timer(1s) == SP_OK);
    return SP_CONTINUE;
  };
  filter.response_head = Pause;
  filter.event = [](Call& c) { CHECK(c.http.resume(c.s, SP_RESPONSE, SP_CONTINUE) == SP_OK); };
  SimulatedPeer client = x.Dial();
  client.Send(kGet);
  x.Run();
  x.upstream().last().Send(kOk);
  x.Run();
  CHECK(client.received().empty());
  x.world.Advance(1s);
  CHECK(Message(client.received()).body == "ok");
}

TEST_CASE("B2: PAUSE of a long upload: what is kept is bounded, nothing is lost") {
  ExchangeFixture x;
  FilterScript& filter = x.Add("a");
  filter.hold_limit = 10;
  filter.request_head = [](Call& c) {
    CHECK(c.Timer(5s) == SP_OK);
    return SP_PAUSE;
  };
  filter.event = [](Call& c) { CHECK(c.http.resume(c.s, SP_REQUEST, SP_CONTINUE) == SP_OK); };
  SimulatedPeer client = x.Dial();
  const std::string piece(64 * 1024, 'x');
  client.Send("PUT / HTTP/1.1\r\nhost: h\r\ncontent-length: 4194304\r\n\r\n");
  for (int i = 0; i < 64; ++i) client.Send(piece);
  x.world.Advance(1s);
  CHECK(client.unread_bytes() > 2 * 1024 * 1024);
  CHECK(client.received().empty());
  x.world.Advance(5s);
  REQUIRE(x.upstream().count() == 1);
  CHECK(client.unread_bytes() == 0);
  CHECK(Message(x.upstream().last().received()).body.size() == 4194304);
}

TEST_CASE("B2: DETACH lets everything go and ends the calls") {
  ExchangeFixture x;
  FilterScript& filter = x.Add("a");
  filter.request_head = [](Call&) { return SP_DETACH; };
  filter.request_body = filter.request_trailers = Pass;
  filter.response_head = Hold;
  filter.response_body = [](Call&) { return SP_DETACH; };
  const Message answer =
      x.Exchange(kChunkedPost, "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n1\r\n!\r\n0\r\n\r\n");
  CHECK(x.forwarded.body.find("world") != std::string::npos);
  CHECK(answer.body.find("ok") != std::string::npos);
  CHECK(answer.body.find("!") != std::string::npos);
  CHECK(x.trace.size() == 3);
}

TEST_CASE("B4: HOLD over the limit is 413 body.limit, or 502 for a response") {
  ExchangeFixture x;
  FilterScript& filter = x.Add("a");
  filter.hold_limit = 4;
  SECTION("request") {
    filter.request_head = filter.request_body = Hold;
    const Message answer = x.Exchange(kPost, "");
    CHECK(answer.status() == 413);
    CHECK(answer.body.find("body.limit") != std::string::npos);
    CHECK(x.upstream().count() == 0);
    REQUIRE(x.ended.size() == 1);
    CHECK(x.ended[0].reason == "body.limit");
    CHECK(x.ended[0].plugin == "a");
  }
  SECTION("T109: the response, its head still held") {
    filter.response_head = filter.response_body = Hold;
    const Message answer = x.Exchange(kGet, "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n12345");
    CHECK(answer.status() == 502);
    REQUIRE(x.ended.size() == 1);
    CHECK(x.ended[0].reason == "response.body_limit");
  }
  SECTION("T109: the response, its head gone: aborted, never ended in order") {
    filter.response_head = Pass;
    filter.response_body = Hold;
    SimulatedPeer client = x.Dial();
    client.Send(kGet);
    x.Run();
    x.upstream().last().Send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
    x.Run();
    x.upstream().last().Send("5\r\n12345\r\n");
    x.Run();
    CHECK(client.closed());
    CHECK(client.received().find("0\r\n\r\n") == std::string::npos);
  }
  SECTION("PAUSE never overflows") {
    filter.request_head = Pause;
    SimulatedPeer client = x.Dial();
    client.Send(kPost);
    x.world.Advance(1s);
    CHECK(client.received().empty());
  }
  SECTION("NOTIFY: one call more, which lets go") {
    filter.flags = SP_FILTER_OVER_LIMIT_NOTIFY;
    filter.request_head = Hold;
    filter.request_body = [](Call& c) { return (c.flags & SP_F_LIMIT) != 0 ? SP_CONTINUE : SP_HOLD; };
    SimulatedPeer client = x.Dial();
    client.Send(kPost.substr(0, kPost.size() - 1));
    x.Run();
    REQUIRE(x.upstream().count() == 1);
    CHECK(Message(x.upstream().last().received()).body == "hello worl");
    CHECK(x.trace.back() == "a request_body 0 LIMIT");
  }
}

TEST_CASE("B5: with trailers BODY_END comes once, with 0 bytes, then the trailers with MSG_END") {
  ExchangeFixture x;
  FilterScript& filter = x.Add("a");
  filter.request_head = filter.request_body = filter.request_trailers = Pass;
  SimulatedPeer client = x.Dial();
  client.SendByteByByte(
      "POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nx-sum: 1\r\n\r\n");
  x.Run();
  CHECK(x.trace == Trace{"a request_head", "a request_body 1", "a request_body 1", "a request_body 0 BODY_END",
                         "a request_trailers MSG_END"});
}

TEST_CASE("B5: a filter that holds the body to its end needs no trailers hook") {
  ExchangeFixture x;
  FilterScript& filter = x.Add("a");
  filter.request_head = Hold;
  filter.request_body = HoldToEnd;
  x.Exchange(kChunkedPost, kOk);
  CHECK(x.forwarded.body.find("hello world") != std::string::npos);
  CHECK(x.forwarded.body.find("x-sum: 1\r\n\r\n") != std::string::npos);
}

TEST_CASE("B6: after a head that declared a length, an edit of the body is refused and the wire is intact") {
  ExchangeFixture x;
  FilterScript& filter = x.Add("a");
  filter.request_head = filter.response_head = Pass;
  filter.request_body = [](Call& c) {
    CHECK(c.Append(SP_REQUEST, "x") == SP_E_STATE);
    CHECK(c.Replace(SP_REQUEST, "x") == SP_E_STATE);
    CHECK(c.http.body_drain(c.s, SP_REQUEST, 1) == SP_E_STATE);
    CHECK(c.http.will_change_body(c.s, SP_REQUEST) == SP_E_STATE);
    return SP_CONTINUE;
  };
  filter.response_body = [](Call& c) {
    CHECK(c.Append(SP_RESPONSE, "x") == SP_E_STATE);
    return SP_CONTINUE;
  };
  const Message answer = x.Exchange(kPost, kOk);
  CHECK(x.forwarded.body == "hello world");
  CHECK(answer.body == "ok");
}

TEST_CASE("B6: will_change_body drops the length beforehand") {
  ExchangeFixture x;
  FilterScript& filter = x.Add("a");
  filter.response_head = [](Call& c) {
    CHECK(c.http.will_change_body(c.s, SP_RESPONSE) == SP_OK);
    return SP_CONTINUE;
  };
  filter.response_body = [](Call& c) {
    if ((c.flags & SP_F_BODY_END) != 0) CHECK(c.Append(SP_RESPONSE, "!") == SP_OK);
    return SP_CONTINUE;
  };
  const Message answer = x.Exchange(kGet, kOk);
  CHECK(answer.Field("content-length").empty());
  CHECK(answer.Field("transfer-encoding") == "chunked");
  CHECK(answer.body.find("ok") != std::string::npos);
  CHECK(answer.body.find("!\r\n0\r\n\r\n") != std::string::npos);
}

TEST_CASE("B7: trailers may be added where none were, and the body appended from their hook") {
  ExchangeFixture x;
  FilterScript& filter = x.Add("a");
  SECTION("added to a chunked body") {
    filter.request_head = [](Call& c) {
      CHECK(c.Set(SP_REQUEST_TRAILERS, "x-added", "1") == SP_OK);
      return SP_CONTINUE;
    };
    x.Exchange(kChunkedPostPlain, kOk);
    CHECK(x.forwarded.body == "b\r\nhello world\r\n0\r\nx-added: 1\r\n\r\n");
  }
  SECTION("dropped behind a body with a length") {
    filter.request_head = [](Call& c) {
      CHECK(c.Set(SP_REQUEST_TRAILERS, "x-added", "1") == SP_OK);
      return SP_CONTINUE;
    };
    CHECK(x.Exchange(kPost, kOk).status() == 200);
    CHECK(x.forwarded.body == "hello world");
  }
  SECTION("the body grows") {
    filter.request_head = filter.request_body = Pass;
    filter.request_trailers = [](Call& c) {
      CHECK(c.Append(SP_REQUEST, "!") == SP_OK);
      return SP_CONTINUE;
    };
    x.Exchange(kChunkedPost, kOk);
    CHECK(x.forwarded.body.find("!\r\n0\r\nx-sum: 1\r\n\r\n") != std::string::npos);
  }
}

TEST_CASE("B8: a body where none was") {
  ExchangeFixture x;
  FilterScript& first = x.Add("adds");
  FilterScript& second = x.Add("later");
  SECTION("of a GET; later filters get body hooks") {
    first.request_head = [](Call& c) {
      CHECK(c.Append(SP_REQUEST, "new") == SP_OK);
      return SP_CONTINUE;
    };
    second.request_head = second.request_body = Pass;
    x.Exchange(kGet, kOk);
    CHECK(x.forwarded.Field("content-length") == "3");
    CHECK(x.forwarded.body == "new");
    CHECK(x.trace ==
          Trace{"adds request_head END MSG_END", "later request_head", "later request_body 3 BODY_END MSG_END"});
  }
  SECTION("of a 200 without") {
    second.response_head = [](Call& c) {
      CHECK(c.Append(SP_RESPONSE, "new") == SP_OK);
      return SP_CONTINUE;
    };
    const Message answer = x.Exchange(kGet, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    CHECK(answer.Field("content-length") == "3");
    CHECK(answer.body == "new");
  }
  SECTION("not of answers to HEAD, of 204, of 304") {
    second.response_head = [](Call& c) {
      CHECK(c.Append(SP_RESPONSE, "new") == SP_E_STATE);
      CHECK(c.http.will_change_body(c.s, SP_RESPONSE) == SP_E_STATE);
      return SP_CONTINUE;
    };
    const auto [request, response] = GENERATE(table<std::string, std::string>(
        {{"HEAD / HTTP/1.1\r\nhost: h\r\n\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n"},
         {"GET / HTTP/1.1\r\nhost: h\r\n\r\n", "HTTP/1.1 204 No Content\r\n\r\n"},
         {"GET / HTTP/1.1\r\nhost: h\r\n\r\n", "HTTP/1.1 304 Not Modified\r\netag: \"1\"\r\n\r\n"}}));
    CHECK(x.Exchange(request, response).body.empty());
  }
}

}  // namespace
}  // namespace sp::testing
