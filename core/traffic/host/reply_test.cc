// Replies and failures of filters (PLUGIN_ABI B9 and SP_ERROR), and the end of instances (B13).
#include "core/traffic/host/exchange_fixture.h"
#include "test/support/catch.h"

namespace sp::testing {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nhost: h\r\n\r\n";
constexpr std::string_view kPost = "POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 5\r\n\r\nhello";
constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

sp_result Pass(Call&) { return SP_CONTINUE; }

// Three filters that pass everything on and note the origin of the response they see.
struct Three {
  ExchangeFixture x;
  FilterScript* filters[3];
  std::vector<std::string> responses;
  Three() {
    for (int i = 0; i < 3; ++i) {
      filters[i] = &x.Add(std::string(1, static_cast<char>('a' + i)));
      filters[i]->request_head = filters[i]->request_body = Pass;
      filters[i]->response_body = Pass;
      filters[i]->response_head = [this, i](Call& c) {
        responses.push_back(filters[i]->name + std::to_string(c.Origin()));
        return SP_CONTINUE;
      };
    }
  }
  bool Traced(std::string_view what) const {
    for (const std::string& entry : x.trace) {
      if (entry.substr(0, what.size()) == what) return true;
    }
    return false;
  }
  void CheckEndedOnce() const {
    for (const FilterScript* filter : filters) {
      CHECK(filter->completed == filter->destroyed);
      CHECK(filter->destroyed == (Traced(filter->name + " ") ? 1 : 0));
    }
  }
};

TEST_CASE("B9: a reply from the request head hook at each place: earlier filters see it, later ones nothing") {
  Three t;
  const int place = GENERATE(0, 1, 2);
  CAPTURE(place);
  t.filters[place]->request_head = [](Call& c) {
    CHECK(c.Reply(403, "no") == SP_OK);
    // T108: everything after it is refused or ignored.
    CHECK(c.Reply(200) == SP_E_STATE);
    CHECK(c.http.resume(c.s, SP_REQUEST, SP_CONTINUE) != SP_E_PHASE);
    return SP_CONTINUE;
  };
  const Message answer = t.x.Exchange(GENERATE(kGet, kPost), "");
  CHECK(answer.status() == 403);
  CHECK(answer.body == "no");
  CHECK(t.x.upstream().count() == 0);
  std::vector<std::string> expected;
  for (int i = place - 1; i >= 0; --i) {
    expected.push_back(t.filters[i]->name + std::to_string(SP_ORIGIN_FILTER));
  }
  CHECK(t.responses == expected);
  for (int i = place + 1; i < 3; ++i) CHECK_FALSE(t.Traced(t.filters[i]->name));
  REQUIRE(t.x.ended.size() == 1);
  CHECK(t.x.ended[0].reason == "plugin.reply");
  CHECK(t.x.ended[0].plugin == t.filters[place]->name);
  t.CheckEndedOnce();
}

TEST_CASE("B9: a reply from the request body hook, from PAUSE by a timer") {
  Three t;
  const bool timer = GENERATE(false, true);
  if (timer) {
    t.filters[1]->request_head = [](Call& c) {
      CHECK(c.Timer(1s) == SP_OK);
      return SP_PAUSE;
    };
    t.filters[1]->event = [](Call& c) {
      CHECK(c.Reply(429) == SP_OK);
      CHECK(c.Reply(200) == SP_E_STATE);
    };
  } else {
    t.filters[1]->request_head = [](Call&) { return SP_HOLD; };
    t.filters[1]->request_body = [](Call& c) {
      CHECK(c.Reply(429) == SP_OK);
      return SP_HOLD;
    };
  }
  SimulatedPeer client = t.x.Dial();
  client.Send(kPost);
  t.x.world.Advance(2s);
  CHECK(Message(client.received()).status() == 429);
  CHECK(t.responses == std::vector<std::string>{"a3"});
  CHECK_FALSE(t.Traced("c "));
  t.CheckEndedOnce();
}

TEST_CASE("B9: a reply from the response head hook takes the upstream's place before this filter and those above") {
  Three t;
  const int place = GENERATE(0, 1, 2);
  CAPTURE(place);
  t.filters[place]->response_head = [](Call& c) {
    CHECK(c.Origin() == SP_ORIGIN_UPSTREAM);
    CHECK(c.Reply(502, "bad") == SP_OK);
    return SP_CONTINUE;
  };
  const Message answer = t.x.Exchange(kGet, kOk);
  CHECK(answer.status() == 502);
  CHECK(answer.body == "bad");
  std::vector<std::string> expected;
  for (int i = 2; i >= 0; --i) {
    if (i == place) continue;
    expected.push_back(t.filters[i]->name + std::to_string(i > place ? SP_ORIGIN_UPSTREAM : SP_ORIGIN_FILTER));
  }
  CHECK(t.responses == expected);
  t.CheckEndedOnce();
}

TEST_CASE("B9: after it let a response head go a filter may not reply") {
  Three t;
  t.filters[1]->response_body = [](Call& c) {
    CHECK(c.Reply(502) == SP_E_STATE);
    return SP_CONTINUE;
  };
  const Message answer = t.x.Exchange(kGet, kOk);
  CHECK(answer.status() == 200);
  CHECK(answer.body == "ok");
  CHECK(t.responses == std::vector<std::string>{"c1", "b1", "a1"});
}

TEST_CASE("answers of the gateway itself carry LOCAL") {
  Three t;
  t.x.upstream().Fail(net::ConnectError::kRefused);
  CHECK(t.x.Exchange(kGet, "").status() == 503);
  CHECK(t.responses == std::vector<std::string>{"c2", "b2", "a2"});
}

TEST_CASE(
    "B9: while an earlier filter keeps the reply back, the replier can neither answer again nor let the first go") {
  Three t;
  t.filters[0]->response_head = [](Call& c) {
    CHECK(c.Timer(5s) == SP_OK);
    return SP_PAUSE;
  };
  t.filters[0]->event = [](Call& c) { CHECK(c.http.resume(c.s, SP_RESPONSE, SP_CONTINUE) == SP_OK); };
  t.filters[1]->response_head = [](Call& c) {
    CHECK(c.Timer(1s) == SP_OK);
    CHECK(c.Timer(2s) == SP_OK);
    return SP_PAUSE;
  };
  int events = 0;
  t.filters[1]->event = [&](Call& c) {
    if (++events == 1) {
      CHECK(c.Reply(403, "no") == SP_OK);
    } else {
      CHECK(c.Reply(200, "yes") == SP_E_STATE);
      CHECK(c.http.resume(c.s, SP_RESPONSE, SP_CONTINUE) == SP_E_STATE);
      CHECK(c.Set(SP_RESPONSE, "x-late", "1") == SP_E_STATE);
    }
  };
  SimulatedPeer client = t.x.Dial();
  client.Send(kGet);
  t.x.Run();
  REQUIRE(t.x.upstream().count() == 1);
  t.x.upstream().last().Send(kOk);
  t.x.world.Advance(4s);
  CHECK(events == 2);
  CHECK(client.received().empty());
  t.x.world.Advance(10s);
  const Message answer(client.received());
  CHECK(answer.status() == 403);
  CHECK(answer.body == "no");
  CHECK(answer.Field("x-late").empty());
  t.CheckEndedOnce();
}

TEST_CASE("a filter that fails open is not called again, though more of the message has come") {
  Three t;
  t.filters[0]->request_head = [](Call&) { return SP_HOLD; };
  t.filters[0]->request_body = [](Call& c) { return (c.flags & SP_F_BODY_END) != 0 ? SP_CONTINUE : SP_HOLD; };
  t.filters[1]->fail_open = true;
  t.filters[1]->request_head = [](Call&) { return SP_ERROR; };
  CHECK(t.x.Exchange(kPost, kOk).status() == 200);
  CHECK(t.x.forwarded.body == "hello");
  CHECK_FALSE(t.Traced("b request_body"));
  CHECK(t.responses == std::vector<std::string>{"c1", "a1"});
}

TEST_CASE("a reply to HEAD tells the length and sends no body") {
  Three t;
  t.filters[1]->request_head = [](Call& c) {
    CHECK(c.Reply(403, "four") == SP_OK);
    return SP_CONTINUE;
  };
  const Message answer = t.x.Exchange("HEAD / HTTP/1.1\r\nhost: h\r\n\r\n", "");
  CHECK(answer.Field("content-length") == "4");
  CHECK(answer.body.empty());
}

TEST_CASE("B9: a filter without response hooks may not reply once the head has gone past it") {
  ExchangeFixture x;
  FilterScript& filter = x.Add("a");
  filter.request_head = [](Call& c) {
    CHECK(c.Timer(1s) == SP_OK);
    return SP_DETACH;
  };
  int events = 0;
  filter.event = [&](Call& c) {
    ++events;
    CHECK(c.Reply(500) == SP_E_STATE);
  };
  SimulatedPeer client = x.Dial();
  client.Send(kGet);
  x.Run();
  x.upstream().last().Send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\no");
  x.world.Advance(2s);
  CHECK(events == 1);
  x.upstream().last().Send("k");
  x.Run();
  CHECK(Message(client.received()).body == "ok");
}

TEST_CASE("B10: the host's answer takes the place of one that a filter has paused") {
  ExchangeFixture x;
  x.modifications.timeout = 3s;
  FilterScript& first = x.Add("a");
  FilterScript& second = x.Add("b");
  first.response_head = [](Call& c) {
    CHECK(c.Origin() == SP_ORIGIN_LOCAL);
    CHECK(c.Timer(5s) == SP_OK);
    return SP_PAUSE;
  };
  first.event = [](Call& c) { CHECK(c.http.resume(c.s, SP_RESPONSE, SP_CONTINUE) == SP_OK); };
  second.response_head = [](Call& c) {
    CHECK(c.Timer(4s) == SP_OK);
    return SP_PAUSE;
  };
  second.response_body = Pass;
  second.event = [](Call& c) { CHECK(c.http.resume(c.s, SP_RESPONSE, SP_CONTINUE) == SP_E_STATE); };
  SimulatedPeer client = x.Dial();
  client.Send(kGet);
  x.Run();
  x.upstream().last().Send(kOk);
  x.world.Advance(6s);
  CHECK(client.received().empty());
  x.world.Advance(6s);
  CHECK(Message(client.received()).status() == 504);
  CHECK(x.trace == std::vector<std::string>{"b response_head", "a response_head", "b event", "a event"});
}

TEST_CASE("a reply of a status that has no body sends none") {
  Three t;
  const uint32_t status = GENERATE(204U, 304U);
  t.filters[1]->request_head = [status](Call& c) {
    CHECK(c.Reply(status, "never") == SP_OK);
    return SP_CONTINUE;
  };
  SimulatedPeer client = t.x.Dial();
  client.Send(kGet);
  t.x.Run();
  const Message answer(client.TakeReceived());
  CHECK(answer.status() == static_cast<int>(status));
  CHECK(answer.body.empty());
  CHECK(answer.Field("transfer-encoding").empty());
  if (status == 204) CHECK(answer.Field("content-length").empty());
}

TEST_CASE("B17: a reply before anyone needs the body saves the 100 Continue") {
  Three t;
  const bool replies = GENERATE(false, true);
  if (replies) {
    t.filters[1]->request_head = [](Call& c) {
      CHECK(c.Reply(403, "no") == SP_OK);
      return SP_CONTINUE;
    };
  } else {
    t.filters[1]->request_head = [](Call&) { return SP_HOLD; };
  }
  SimulatedPeer client = t.x.Dial();
  client.Send("POST / HTTP/1.1\r\nhost: h\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\n");
  t.x.Run();
  CHECK(Message(client.received()).status() == (replies ? 403 : 100));
}

TEST_CASE("a method that a filter changes does not change how the client's answer is framed") {
  ExchangeFixture x;
  FilterScript& filter = x.Add("a");
  SECTION("GET to HEAD: no body came, so none is promised") {
    filter.request_head = [](Call& c) {
      CHECK(c.http.pseudo_set(c.s, SP_METHOD, SP_STR("HEAD")) == SP_OK);
      return SP_CONTINUE;
    };
    SimulatedPeer client = x.Dial();
    client.Send(kGet);
    x.Run();
    CHECK(Message(x.upstream().last().received()).start == "HEAD / HTTP/1.1");
    x.upstream().last().Send("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n");
    x.Run();
    CHECK(Message(client.received()).Field("content-length") == "0");
  }
  SECTION("HEAD to GET: the body is dropped") {
    filter.request_head = [](Call& c) {
      CHECK(c.http.pseudo_set(c.s, SP_METHOD, SP_STR("GET")) == SP_OK);
      return SP_CONTINUE;
    };
    const Message answer = x.Exchange("HEAD / HTTP/1.1\r\nhost: h\r\n\r\n", kOk);
    CHECK(x.forwarded.start == "GET / HTTP/1.1");
    CHECK(answer.status() == 200);
    CHECK(answer.body.empty());
  }
}

TEST_CASE("a filter that fails closed: 500 plugin.error; open: the exchange goes on without it") {
  Three t;
  const uint32_t result = GENERATE(SP_ERROR, 99U);
  const bool open = GENERATE(false, true);
  CAPTURE(result, open);
  t.filters[1]->fail_open = open;
  t.filters[1]->request_head = [result](Call&) { return result; };
  const Message answer = t.x.Exchange(kPost, kOk);
  if (open) {
    CHECK(answer.status() == 200);
    CHECK(t.x.forwarded.body == "hello");
    CHECK(t.responses == std::vector<std::string>{"c1", "a1"});
  } else {
    CHECK(answer.status() == 500);
    CHECK(answer.body.find("plugin.error") != std::string::npos);
    CHECK(t.x.upstream().count() == 0);
    CHECK(t.responses == std::vector<std::string>{"a2"});
  }
  REQUIRE(t.x.ended.size() == 1);
  CHECK(t.x.ended[0].plugin == "b");
  CHECK(t.filters[1]->destroyed == 1);
}

TEST_CASE("a filter that fails in the response") {
  Three t;
  const bool open = GENERATE(false, true);
  t.filters[1]->fail_open = open;
  t.filters[1]->response_head = [](Call&) { return SP_ERROR; };
  const Message answer = t.x.Exchange(kGet, kOk);
  CHECK(answer.status() == (open ? 200 : 500));
  CHECK(t.responses == std::vector<std::string>{"c1", open ? "a1" : "a2"});
}

TEST_CASE("B10: an answer that ends before the request does: no more request hooks") {
  Three t;
  SimulatedPeer client = t.x.Dial();
  client.Send("POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 10\r\n\r\nhello");
  t.x.Run();
  REQUIRE(t.x.upstream().count() == 1);
  t.x.upstream().last().Send(kOk);
  t.x.Run();
  CHECK(Message(client.received()).body == "ok");
  const size_t before = t.x.trace.size();
  client.Send("world");
  t.x.Run();
  CHECK(t.x.trace.size() == before);
  t.CheckEndedOnce();
}

TEST_CASE("B13: the client goes in PAUSE with a timer open: silence, complete once, destroy once") {
  ExchangeFixture x;
  FilterScript& filter = x.Add("a");
  filter.request_head = [](Call& c) {
    CHECK(c.Timer(1s) == SP_OK);
    CHECK(c.http.ref(c.s) != 0);
    return SP_PAUSE;
  };
  filter.event = [](Call&) { FAIL("an event after the end"); };
  filter.complete = [](Call& c) {
    CHECK(c.Get(SP_REQUEST, "x-a") == "1");
    CHECK(c.Set(SP_REQUEST, "x-a", "2") == SP_E_PHASE);
    CHECK(c.Reply(200) == SP_E_PHASE);
    CHECK(c.Timer(1s) == SP_E_PHASE);
  };
  SimulatedPeer client = x.Dial();
  client.Send("GET / HTTP/1.1\r\nhost: h\r\nx-a: 1\r\n\r\n");
  x.Run();
  CHECK(filter.completed == 0);
  client.Reset();
  x.Run();
  CHECK(filter.completed == 1);
  CHECK(filter.destroyed == 1);
  x.world.Advance(5s);
  CHECK(filter.completed == 1);
  REQUIRE(x.ended.size() == 1);
  CHECK(x.ended[0].reason == "downstream.reset");
}

TEST_CASE("B13: abort ends the exchange without an answer") {
  Three t;
  t.filters[1]->request_head = [](Call& c) {
    CHECK(c.http.abort(c.s) == SP_OK);
    return SP_CONTINUE;
  };
  SimulatedPeer client = t.x.Dial();
  client.Send(kGet);
  t.x.Run();
  CHECK(client.received().empty());
  CHECK(client.closed());
  CHECK(t.responses.empty());
  t.CheckEndedOnce();
}

TEST_CASE("B14: header text stays readable after a thousand sets, to on_complete") {
  ExchangeFixture x;
  FilterScript& filter = x.Add("a");
  sp_str seen{};
  const sp_header* list = nullptr;
  uint64_t count = 0;
  filter.request_head = [&](Call& c) {
    CHECK(c.http.header_get(c.s, SP_REQUEST, SP_STR("x-a"), &seen) == SP_OK);
    CHECK(c.http.header_list(c.s, SP_REQUEST, &list, &count) == SP_OK);
    for (int i = 0; i < 1000; ++i) REQUIRE(c.Set(SP_REQUEST, "x-a", std::to_string(i)) == SP_OK);
    CHECK(c.http.header_remove(c.s, SP_REQUEST, SP_STR("x-a")) == SP_OK);
    return SP_CONTINUE;
  };
  bool found = false;
  filter.complete = [&](Call&) {
    CHECK(std::string(seen.ptr, seen.len) == "before");
    for (uint64_t i = 0; i < count; ++i) {
      if (std::string(list[i].name.ptr, list[i].name.len) == "x-a") {
        found = std::string(list[i].value.ptr, list[i].value.len) == "before";
      }
    }
  };
  x.Exchange("GET / HTTP/1.1\r\nhost: h\r\nx-a: before\r\n\r\n", kOk);
  CHECK(found);
  CHECK(x.forwarded.Field("x-a").empty());
  CHECK(filter.completed == 1);
}

TEST_CASE("B6, B12: what a filter may not write, and where") {
  ExchangeFixture x;
  FilterScript& filter = x.Add("a");
  sp_stream* kept = nullptr;
  const sp_http* http = nullptr;
  filter.request_head = [&](Call& c) {
    kept = c.s;
    http = &c.http;
    for (const char* name : {"content-length", "transfer-encoding", "connection", "host", "te", "trailer", "upgrade",
                             "keep-alive", "X-Upper", "a b", "", "a\r\nb"}) {
      CAPTURE(name);
      CHECK(c.Set(SP_REQUEST, name, "1") == SP_E_ARG);
    }
    using namespace std::string_view_literals;
    for (const std::string_view value : {"a\r\nb: c"sv, "a\nb"sv, "a\rb"sv, "a\0b"sv}) {
      CHECK(c.Set(SP_REQUEST, "x-a", value) == SP_E_ARG);
    }
    CHECK(c.Set(99, "x-a", "1") == SP_E_ARG);
    CHECK(c.http.header_set(c.s, SP_REQUEST, {nullptr, 3}, Call::Text("1")) == SP_E_ARG);
    CHECK(c.http.header_set(c.s, SP_REQUEST, Call::Text("x-a"), {"a", UINT64_MAX}) == SP_E_ARG);
    CHECK(c.http.header_set(nullptr, SP_REQUEST, Call::Text("x-a"), Call::Text("1")) == SP_E_ARG);
    CHECK(c.Set(SP_RESPONSE, "x-a", "1") == SP_E_STATE);
    CHECK(c.http.body_copy(c.s, SP_REQUEST, 0, 1, nullptr) == SP_E_ARG);
    CHECK(c.Reply(99) == SP_E_ARG);
    CHECK(c.Reply(600) == SP_E_ARG);
    return SP_CONTINUE;
  };
  filter.response_head = [](Call& c) {
    CHECK(c.Set(SP_REQUEST, "x-late", "1") == SP_E_STATE);
    CHECK(c.http.reroute(c.s) != SP_OK);
    return SP_CONTINUE;
  };
  SimulatedPeer client = x.Dial();
  client.Send(kGet);
  x.Run();
  REQUIRE(kept != nullptr);
  CHECK(http->header_set(kept, SP_REQUEST, Call::Text("x-a"), Call::Text("1")) == SP_E_PHASE);
  CHECK(http->resume(kept, SP_REQUEST, SP_CONTINUE) == SP_E_PHASE);
  REQUIRE(x.upstream().count() == 1);
  const Message forwarded(x.upstream().last().received());
  CHECK(forwarded.Field("x-a").empty());
  CHECK(forwarded.Field("content-length").empty());
  x.upstream().last().Send(kOk);
  x.Run();
  CHECK(Message(client.received()).status() == 200);
}

}  // namespace
}  // namespace sp::testing
