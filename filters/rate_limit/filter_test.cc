// The filter on the fake host, whose store is the real one under a simulated clock.
#include "test/support/catch.h"
#include "test/support/fake_host.h"

extern "C" const sp_plugin_entry sallyport_plugin_entry;

namespace {

using namespace std::chrono_literals;
using sp::testing::EntryFilter;
using sp::testing::Errors;
using sp::testing::FakeConfig;
using sp::testing::FakeHost;
using sp::testing::FakeReply;
using sp::testing::FakeStream;
using sp::testing::Fields;

using Prepare = std::function<void(FakeStream&)>;
Prepare From(const char* ip) {
  return [ip](FakeStream& s) { s.SetClient(ip); };
}
Prepare With(const char* name, const char* value) {
  return [=](FakeStream& s) { s.request.emplace_back(name, value); };
}

struct Fixture {
  explicit Fixture(const std::string& json) : config(Make(json)) {}
  std::unique_ptr<FakeConfig> Make(const std::string& json) {
    auto made = std::make_unique<FakeConfig>(host, EntryFilter(sallyport_plugin_entry), json, "limit");
    INFO((made->errors.empty() ? std::string() : made->errors.front()));
    REQUIRE(made->errors == Errors{});
    return made;
  }
  // The reason of the refusal, or "-".
  std::string Ask(const Prepare& prepare, const void* route = nullptr) {
    FakeStream s(*config, route);
    prepare(s);
    const sp_result result = s.RequestHead();
    CHECK(result == (s.reply ? SP_PAUSE : SP_CONTINUE));
    reply = s.reply.value_or(FakeReply{});
    limit_name = s.Metadata("limit");
    if (s.reply) return s.reply->reason;
    CHECK(s.ResponseHead() == SP_CONTINUE);
    response = s.response;
    return "-";
  }
  // How many of `n` pass.
  int Pass(int n, const Prepare& prepare, const void* route = nullptr) {
    int passed = 0;
    for (int i = 0; i < n; ++i) passed += Ask(prepare, route) == "-" ? 1 : 0;
    return passed;
  }
  FakeHost host;
  std::unique_ptr<FakeConfig> config;
  FakeReply reply;
  Fields response;
  std::string limit_name;
};

Errors ErrorsOf(const char* json) {
  FakeHost host;
  return FakeConfig(host, EntryFilter(sallyport_plugin_entry), json).errors;
}

TEST_CASE("token bucket by address", "[rate_limit]") {
  Fixture f(R"({"limits": [{"key": ["client_ip"], "rate": 5, "per": "1s", "burst": 10}]})");
  CHECK(f.Pass(15, From("192.0.2.1")) == 10);
  CHECK(f.reply.status == 429);
  CHECK(f.Ask(From("192.0.2.2")) == "-");
  f.host.Advance(199ms);
  CHECK(f.Ask(From("192.0.2.1")) == "rate_limit.exceeded");
  f.host.Advance(1ms);
  CHECK(f.Pass(2, From("192.0.2.1")) == 1);
  f.host.Advance(1h);
  CHECK(f.Pass(20, From("192.0.2.1")) == 10);
  CHECK(f.limit_name == "1");
  CHECK(f.host.Metric("refused_total") == 17);
}

TEST_CASE("sliding window by header", "[rate_limit]") {
  Fixture f(R"({"limits": [{"key": [{"header": "X-Api-Key"}], "rate": 10, "per": "10s",
                            "algorithm": "sliding_window"}]})");
  CHECK(f.Pass(15, With("x-api-key", "a")) == 10);
  CHECK(f.Pass(15, With("x-api-key", "b")) == 10);
  f.host.Advance(15s);  // half of the window before still counts
  CHECK(f.Pass(15, With("x-api-key", "a")) == 5);
  f.host.Advance(60s);
  CHECK(f.Pass(15, With("x-api-key", "a")) == 10);
}

TEST_CASE("what the answers say", "[rate_limit]") {
  Fixture f(R"({"limits": [{"name": "ip", "key": ["client_ip"], "rate": 2, "per": "1s", "burst": 4},
                           {"name": "all", "rate": 100, "per": "60s", "algorithm": "sliding_window"}]})");
  CHECK(f.Ask(From("192.0.2.1")) == "-");
  CHECK(f.response[0].second == R"("ip";q=4;w=2, "all";q=100;w=60)");
  CHECK(f.response[1].first == "ratelimit");
  CHECK(f.response[1].second.substr(0, 25) == R"("ip";r=3;t=1, "all";r=99;)");
  CHECK(f.Pass(4, From("192.0.2.1")) == 3);
  CHECK(f.reply.Header("retry-after") == "1");
  CHECK(f.reply.Header("ratelimit-policy") == R"("ip";q=4;w=2, "all";q=100;w=60)");
  CHECK(f.reply.Header("ratelimit") == R"("ip";r=0;t=2)");  // the second was not asked
  CHECK(f.limit_name == "ip");

  Fixture silent(R"({"limits": [{"rate": 1, "per": "1m"}], "headers": false, "status": 503})");
  CHECK(silent.Pass(2, From("192.0.2.1")) == 1);
  CHECK(silent.response.empty());
  CHECK(silent.reply.headers.empty());
  CHECK(silent.reply.status == 503);
  Fixture slow(R"({"limits": [{"rate": 1, "per": "90s"}]})");
  CHECK(slow.Pass(2, From("192.0.2.1")) == 1);
  CHECK(slow.reply.Header("retry-after") == "90");
}

TEST_CASE("addresses share a counter by network", "[rate_limit]") {
  Fixture f(R"({"limits": [{"key": ["client_ip"], "rate": 1, "per": "1h"}]})");
  CHECK(f.Ask(From("2001:db8:0:1::1")) == "-");
  CHECK(f.Ask(From("2001:db8:0:1:ffff::2")) == "rate_limit.exceeded");
  CHECK(f.Ask(From("2001:db8:0:2::1")) == "-");
  CHECK(f.Ask(From("192.0.2.1")) == "-");
  CHECK(f.Ask(From("192.0.2.2")) == "-");
  CHECK(f.Ask(From("::ffff:192.0.2.2")) == "rate_limit.exceeded");
  Fixture wide(R"({"limits": [{"key": [{"client_ip": {"v4_prefix": 20, "v6_prefix": 45}}], "rate": 1, "per": "1h"}]})");
  CHECK(wide.Ask(From("10.0.16.1")) == "-");
  CHECK(wide.Ask(From("10.0.31.255")) == "rate_limit.exceeded");
  CHECK(wide.Ask(From("10.0.32.0")) == "-");
  CHECK(wide.Ask(From("2001:db8:0::1")) == "-");
  CHECK(wide.Ask(From("2001:db8:7::1")) == "rate_limit.exceeded");
  CHECK(wide.Ask(From("2001:db8:8::1")) == "-");
}

TEST_CASE("parts of a key are kept apart", "[rate_limit]") {
  Fixture f(
      R"({"limits": [{"key": [{"header": "a"}, {"header": "b"}, {"fixed": "x"}, "method"], "rate": 1, "per": "1h"}]})");
  const auto both = [](std::string a, std::string b) {
    return [=](FakeStream& s) { s.request = {{"a", a}, {"b", b}}; };
  };
  CHECK(f.Ask(both("ab", "c")) == "-");
  CHECK(f.Ask(both("a", "bc")) == "-");
  CHECK(f.Ask(both("", "abc")) == "-");
  CHECK(f.Ask(both("ab", "c")) == "rate_limit.exceeded");
  CHECK(f.Ask(With("b", "abc")) == "-");  // none is not an empty one
  CHECK(f.Ask(With("b", "abc")) == "rate_limit.exceeded");
  const std::string longer(5000, 'k');
  CHECK(f.Ask(both(longer, longer)) == "-");
  CHECK(f.Ask(both(longer, longer + "k")) == "-");
  CHECK(f.Ask(both(longer, longer)) == "rate_limit.exceeded");

  Fixture many(R"({"limits": [{"key": [{"header": "a"}, {"header": "a"}, {"header": "a"}, {"header": "a"},
                                       {"header": "a"}, {"header": "a"}, {"header": "b"}], "rate": 1, "per": "1h"}]})");
  const std::string full(62, 'v');
  CHECK(many.Ask(both(full, "1")) == "-");
  CHECK(many.Ask(both(full, "2")) == "-");
  CHECK(many.Ask(both(std::string(61, 'v') + "w", "1")) == "-");
  CHECK(many.Ask(both(full, "1")) == "rate_limit.exceeded");
}

TEST_CASE("facts and metadata", "[rate_limit]") {
  Fixture f(R"({"limits": [{"key": [{"metadata": {"filter": "auth", "key": "sub"}}, "route", "listener", "host"],
                            "rate": 1, "per": "1h", "missing": "skip"}]})");
  const auto session = [](std::string sub, std::string route) {
    return [=](FakeStream& s) {
      s.SetMetadata("auth", "sub", sub);
      s.SetFact(SP_FACT_ROUTE, route);
      s.SetFact(SP_FACT_LISTENER, "edge");
      s.SetFact(SP_FACT_HOST, "a.example");
    };
  };
  CHECK(f.Ask(session("alice", "r1")) == "-");
  CHECK(f.Ask(session("alice", "r2")) == "-");
  CHECK(f.Ask(session("bob", "r1")) == "-");
  CHECK(f.Ask(session("alice", "r1")) == "rate_limit.exceeded");
  CHECK(f.Pass(3, From("192.0.2.1")) == 3);  // no session: skipped
  CHECK(f.response.empty());
  sp_value number{};
  number.type = SP_VALUE_I64;
  number.i64 = 7;
  Fixture by_number(
      R"({"limits": [{"key": [{"metadata": {"filter": "auth", "key": "tenant"}}], "rate": 1, "per": "1h"}]})");
  CHECK(by_number.Pass(2, [&](FakeStream& s) { s.SetMetadata("auth", "tenant", number); }) == 1);
  CHECK(by_number.Pass(2, From("192.0.2.1")) == 1);  // shared by all without
}

TEST_CASE("shadow mode only counts", "[rate_limit]") {
  Fixture f(
      R"({"limits": [{"name": "a", "rate": 1, "per": "1h"}, {"name": "b", "rate": 2, "per": "1h"}], "shadow": true})");
  CHECK(f.Pass(4, From("192.0.2.1")) == 4);
  CHECK(f.limit_name == "b");
  CHECK(f.response.empty());
  CHECK(f.host.Metric("would_refuse_total") == 3 + 2);
  CHECK(f.host.Metric("refused_total") == 0);
}

TEST_CASE("counters outlive a reload", "[rate_limit]") {
  Fixture f(R"({"limits": [{"name": "ip", "key": ["client_ip"], "rate": 10, "per": "1h"}]})");
  CHECK(f.Pass(8, From("192.0.2.1")) == 8);
  f.config = f.Make(R"({"limits": [{"name": "ip", "key": ["client_ip"], "rate": 10, "per": "1h"}]})");
  CHECK(f.Pass(8, From("192.0.2.1")) == 2);
  f.config = f.Make(R"({"limits": [{"name": "ip", "key": ["client_ip"], "rate": 3, "per": "1s"}]})");
  CHECK(f.Pass(8, From("192.0.2.1")) == 0);
  f.host.Advance(1s);
  CHECK(f.Pass(8, From("192.0.2.1")) == 3);
}

TEST_CASE("a full store", "[rate_limit]") {
  for (const bool deny : {true, false}) {
    Fixture f(std::string(R"({"limits": [{"key": [{"header": "k"}], "rate": 5, "per": "10s"}], "on_full": ")") +
              (deny ? "deny" : "allow") + "\"}");
    f.host.LimitStore(100);
    for (int i = 0; i < 100; ++i) {
      const std::string key = std::to_string(i);
      REQUIRE(f.Ask(With("k", key.c_str())) == "-");
    }
    CHECK(f.Ask(With("k", "new")) == (deny ? "rate_limit.full" : "-"));
    CHECK(f.reply.Header("retry-after") == (deny ? "1" : "-"));
    CHECK(f.Ask(With("k", "7")) == "-");
    CHECK(f.host.Metric("uncounted_total") == 1);
    f.host.Advance(10s);  // all buckets are whole again: none need be kept
    CHECK(f.Pass(9, With("k", "new")) == 5);
  }
}

TEST_CASE("routes replace limits or add some", "[rate_limit]") {
  Fixture f(R"({"limits": [{"key": ["client_ip"], "rate": 2, "per": "1h"}]})");
  const void* own = f.config->Route({R"({"limits": [{"key": ["client_ip"], "rate": 4, "per": "1h"}]})"});
  const void* same = f.config->Route({R"({"limits": [{"key": ["client_ip"], "rate": 4, "per": "1h"}]})"});
  const void* more = f.config->Route({R"({"limits": [{"name": "x", "rate": 1, "per": "1h"}], "extend": true})"});
  CHECK(f.Pass(9, From("192.0.2.1"), own) == 4);
  CHECK(f.Pass(9, From("192.0.2.1"), same) == 0);
  CHECK(f.Pass(1, From("192.0.2.1"), more) == 1);
  CHECK(f.Pass(1, From("192.0.2.1"), more) == 0);
  CHECK(f.limit_name == "x");
  CHECK(f.Pass(9, From("192.0.2.1")) == 0);  // both counted for the address, also the one that `x` refused
  CHECK(f.config->Route({R"({"limits": [{"name": "1", "rate": 1}], "extend": true})"}) == nullptr);
  CHECK(f.config->errors == Errors{"/0/limits/0: has the name of another limit: 1"});
}

TEST_CASE("mistakes are named", "[rate_limit]") {
  CHECK(ErrorsOf(R"({"limits": [{"key": ["nonsense"]}]})") ==
        Errors{"/limits/0/key/0: must be one of client_ip, route, listener, host, method",
               "/limits/0/rate: is required"});
  CHECK(ErrorsOf(
            R"({"limits": [{"rate": 5, "burst": 2, "cost": 3}, {"rate": 1, "algorithm": "sliding_window", "burst": 2},
                                {"rate": 1, "per": "0"}]})") ==
        Errors{"/limits/0/cost: is more than may ever come at once",
               "/limits/1/burst: is for a token bucket: a window has its rate alone",
               "/limits/2/per: must be more than nothing"});
  CHECK(ErrorsOf(R"({"limits": [{"name": "a", "rate": 1}, {"name": "a", "rate": 2}]})") ==
        Errors{"/limits/1: has the name of another limit: a"});
  CHECK(ErrorsOf(R"({"limits": [{"rate": 1, "key": [{"header": "host"}]}]})") ==
        Errors{"/limits/0/key/0/header: is not a field here: the key `host` is what is meant"});
}

}  // namespace
