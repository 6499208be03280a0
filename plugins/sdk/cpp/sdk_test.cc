// The SDK's adapter: hooks found or left null, waiting lambdas, configs with all their mistakes, exceptions.
#include <sallyport/sdk.hpp>

#include <stdexcept>

#include "test/support/catch.h"
#include "test/support/fake_host.h"

namespace {

using namespace sallyport;
using sp::testing::EntryFilter;
using sp::testing::Errors;
using sp::testing::FakeConfig;
using sp::testing::FakeHost;
using sp::testing::FakeStream;

int live_objects = 0;
struct Tracked {
  Tracked() { ++live_objects; }
  Tracked(const Tracked&) { ++live_objects; }
  ~Tracked() { --live_objects; }
};

// What PLUGIN_ABI (e) shows.
struct Gate : HttpFilter {
  static constexpr std::string_view kName = "gate";
  static constexpr bool kGuard = true;
  struct Config {
    Cluster cluster;
    std::string badge;
    explicit Config(const Json& j) : cluster(j.at("cluster").cluster()), badge(j.at("badge").str()) {}
  };
  Result on_request(Request& request, const Config& c) {
    if (!request.headers.has("authorization")) return request.reply(401, "gate.no_token"_reason);
    return request.call({c.cluster, "/check", request.headers}, 200ms, [kept = kept](auto& r, Answer& a) {
      return a.status == 200 ? Continue : r.reply(403, "gate.denied"_reason, {.headers = {{"x-why", a.reason}}});
    });
  }
  Result on_response(Response& r, const Config& c) {
    r.headers.add("x-badge", c.badge);
    return Continue;
  }
  Tracked kept;
};

struct Keys {
  std::string text;
  Tracked kept;
};
struct Keeper : HttpFilter {
  static constexpr std::string_view kName = "keeper";
  struct Config {
    Cluster cluster;
    std::vector<std::string> words;
    int64_t number;
    Duration wait;
    Slot slot, theirs;
    Counter seen;
    explicit Config(const Json& j)
        : cluster(j.at("cluster").cluster()),
          number(j.at("number").i64(7)),
          wait(j.at("wait").duration(5s)),
          slot(j.metadata("mine")),
          theirs(j.metadata("auth", "sub")),
          seen(j.counter("seen", {{"kind", "all"}})) {
      for (const Json word : j.at("words").each()) words.emplace_back(word.str());
      j.own_request_header("x-keeper");
    }
    Config(const Config& base, const Json& route) : Config(base) {
      if (route.at("number").exists()) number = route.at("number").i64();
    }
    void start(Background& b) {
      b.ready(false);
      refresh(b);
    }
    void refresh(Background& b) {
      b.call({cluster, "/keys"}, 5s, [this](Background& bg, Answer& a) {
        if (a.ok()) {
          bg.publish(std::make_unique<const Keys>(Keys{std::string(a.body), {}}));
          bg.ready(true);
        }
        bg.timer(5min, [this](Background& next) { refresh(next); });
      });
    }
  };
  struct Worker {
    explicit Worker(const Config& c) : number(c.number) {}
    int64_t number;
    Tracked kept;
  };
  Result on_request(Request& r, const Config& c) {
    r.count(c.seen);
    r.headers.set("x-keeper", r.published<Keys>() != nullptr ? r.published<Keys>()->text : "none");
    r.set_metadata(c.slot, Value::of(c.number));
    r.headers.set("x-sub", r.metadata(c.theirs).text());
    r.headers.set("x-worker", r.worker<Worker>()->number == 7 ? "7" : "other");
    r.timer(100ms, [](Request& later) { later.headers.set("x-later", "1"); });
    return Continue;
  }
};

struct Thrower : StatelessHttpFilter {
  static constexpr std::string_view kName = "thrower";
  Result on_request(Request& r) {
    if (r.path() == "/throw") throw std::runtime_error("broken");
    if (r.path() == "/wait") return r.call({}, 1s, [](Request&, Answer&) { return Continue; });
    return Detach;
  }
};

struct Offloader : HttpFilter {
  static constexpr std::string_view kName = "offloader";
  Result on_request_body(Request& r) {
    if (!r.body.complete()) return Hold;
    return r.offload([text = std::string(*r.body.contiguous()), kept = Tracked()] { return text + "!"; },
                     [kept = Tracked()](Request& later, std::string* made) {
                       if (made == nullptr) return Error;
                       later.body.replace(*made);
                       if (later.headers.has("x-throw")) throw std::runtime_error("in a lambda");
                       return Continue;
                     });
  }
  Result on_request_trailers(Request& r) {
    r.ref().post([kept = Tracked()](Request& later) { later.resume(); });
    return Pause;
  }
};

}  // namespace

SALLYPORT_PLUGIN("sdk_test", "1.2.3", Gate, Keeper, Thrower, Offloader);

namespace {

const sp_http_filter& Table(size_t i) { return EntryFilter(sallyport_plugin_entry, i); }

TEST_CASE("the table has what the class has") {
  CHECK(sallyport_plugin_entry.extension_count == 4);
  CHECK(Table(0).flags == SP_FILTER_GUARD);
  CHECK(Table(0).on_request_head != nullptr);
  CHECK(Table(0).on_response_head != nullptr);
  CHECK(Table(0).on_request_body == nullptr);
  CHECK(Table(0).start == nullptr);
  CHECK(Table(0).route_create == nullptr);
  CHECK(Table(1).start != nullptr);
  CHECK(Table(1).worker_start != nullptr);
  CHECK(Table(1).route_create != nullptr);
  CHECK(Table(2).instance_size == 0);
  CHECK(Table(2).destroy == nullptr);
  CHECK(Table(2).on_event == nullptr);
}

TEST_CASE("every mistake of a config is reported") {
  FakeHost host;
  CHECK(FakeConfig(host, Table(0), "{}").errors == Errors{"/cluster: is required", "/badge: is required"});
  CHECK(FakeConfig(host, Table(0), R"({"cluster": "none", "badge": 5})").errors ==
        Errors{"/cluster: is no cluster of this configuration", "/badge: must be a text"});
  CHECK(FakeConfig(host, Table(1), R"({"words": ["a", 1], "wait": "5 lightyears", "number": 1.5})").errors ==
        Errors{"/cluster: is required", "/number: must be a whole number",
               "/wait: must be a duration such as 5s or 250ms", "/words/1: must be a text"});
}

TEST_CASE("a call pauses, its answer decides") {
  live_objects = 0;
  FakeHost host;
  host.clusters = {"check"};
  FakeConfig config(host, Table(0), R"({"cluster": "check", "badge": "b"})");
  REQUIRE(config.errors == Errors{});
  CHECK(config.reasons.size() == 2);
  {
    FakeStream s(config);
    CHECK(s.RequestHead() == SP_PAUSE);
    CHECK(s.reply->status == 401);
    CHECK(s.reply->reason == "gate.no_token");
    CHECK(s.calls.empty());
  }
  {
    FakeStream s(config);
    s.request = {{"authorization", "x"}, {"accept", "y"}};
    CHECK(s.RequestHead() == SP_PAUSE);
    REQUIRE(s.calls.size() == 1);
    CHECK(s.calls[0].headers == s.request);
    CHECK(s.calls[0].cluster == "check");
    CHECK(s.calls[0].timeout == 200ms);
    s.Answer(0, {200, "", {}, ""});
    CHECK(s.resumed == std::vector<std::pair<uint32_t, sp_result>>{{SP_REQUEST, SP_CONTINUE}});
    CHECK(s.ResponseHead() == SP_CONTINUE);
    CHECK(s.Header(SP_RESPONSE, "x-badge") == "b");
  }
  {
    FakeStream s(config);
    s.request = {{"authorization", "x"}};
    CHECK(s.RequestHead() == SP_PAUSE);
    s.Answer(0, {0, "", {}, "upstream.timeout"});
    CHECK(s.resumed.empty());
    CHECK(s.reply->reason == "gate.denied");
    CHECK(s.reply->Header("x-why") == "upstream.timeout");
  }
  {
    FakeStream s(config);  // ends while the call is open
    s.request = {{"authorization", "x"}};
    CHECK(s.RequestHead() == SP_PAUSE);
    CHECK(live_objects == 2);
  }
  CHECK(live_objects == 0);
}

TEST_CASE("background work, publishing, per-worker state, metadata, timers") {
  live_objects = 0;
  FakeHost host;
  host.clusters = {"idp"};
  {
    FakeConfig config(host, Table(1), R"({"cluster": "idp"})");
    REQUIRE(config.errors == Errors{});
    CHECK(config.owned_headers == std::set<std::string>{"x-keeper"});
    REQUIRE(config.Start());
    CHECK_FALSE(config.ready);
    REQUIRE(config.calls.size() == 1);
    config.Answer(0, {200, "k1", {}, ""});
    CHECK(config.ready);
    host.Advance(5min);
    REQUIRE(config.calls.size() == 2);
    config.Answer(1, {200, "k2", {}, ""});
    CHECK(live_objects == 2);  // one published, one worker

    FakeStream s(config);
    s.SetMetadata("auth", "sub", "alice");
    CHECK(s.RequestHead() == SP_CONTINUE);
    CHECK(s.Header(SP_REQUEST, "x-keeper") == "k2");
    CHECK(s.Header(SP_REQUEST, "x-sub") == "alice");
    CHECK(s.Header(SP_REQUEST, "x-worker") == "7");
    CHECK(s.Metadata("mine") == "7");
    CHECK(host.Metric("seen{kind=\"all\"}") == 1);
    CHECK(s.Header(SP_REQUEST, "x-later") == "-");
    host.Advance(100ms);
    CHECK(s.Header(SP_REQUEST, "x-later") == "1");
    host.Advance(5min);
    CHECK(config.calls.size() == 3);

    FakeStream on_route(config, config.Route({R"({"number": 8})", R"({"number": 9})"}));
    CHECK(on_route.RequestHead() == SP_CONTINUE);
    CHECK(on_route.Metadata("mine") == "9");
    CHECK(config.Route({R"({"number": "x"})"}) == nullptr);
    CHECK(config.errors == Errors{"/0/number: must be a whole number"});
  }
  CHECK(live_objects == 0);
}

TEST_CASE("what throws has failed") {
  FakeHost host;
  FakeConfig config(host, Table(2), "{}");
  FakeStream s(config);
  CHECK(s.RequestHead() == SP_DETACH);
  s.path = "/throw";
  CHECK(s.RequestHead() == SP_ERROR);
  CHECK(host.logs == std::vector<std::string>{"broken"});
  s.path = "/wait";
  CHECK(s.RequestHead() == SP_ERROR);
}

TEST_CASE("offloaded work and posts, delivered or dropped") {
  live_objects = 0;
  FakeHost host;
  {
    FakeConfig config(host, Table(3), "{}");
    FakeStream s(config);
    CHECK(s.RequestBody("he", 0) == SP_HOLD);
    CHECK(s.RequestBody("llo", SP_F_BODY_END) == SP_PAUSE);
    CHECK(s.resumed.empty());
    host.Turn();
    CHECK(s.bodies[SP_REQUEST] == "hello!");
    CHECK(s.resumed.size() == 1);
    CHECK(live_objects == 0);

    s.request = {{"x-throw", "1"}};
    CHECK(s.RequestBody("", SP_F_BODY_END) == SP_PAUSE);
    host.Turn();
    CHECK(s.resumed.back() == std::pair<uint32_t, sp_result>{SP_REQUEST, SP_ERROR});
    {
      FakeStream gone(config);
      CHECK(gone.RequestBody("x", SP_F_BODY_END) == SP_PAUSE);
    }
    host.Turn();
    CHECK(live_objects == 0);

    s.resumed.clear();
    CHECK(s.RequestTrailers() == SP_PAUSE);
    CHECK(s.resumed.empty());
    host.Turn();
    CHECK(s.resumed == std::vector<std::pair<uint32_t, sp_result>>{{SP_REQUEST, SP_CONTINUE}});
    {
      FakeStream gone(config);
      CHECK(gone.RequestTrailers() == SP_PAUSE);
    }
    host.Turn();
    CHECK(live_objects == 0);
  }
}

}  // namespace
