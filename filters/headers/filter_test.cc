// The filter on the fake host: what templates give, what is managed, what is refused.
#include "test/support/catch.h"
#include "test/support/fake_host.h"

extern "C" const sp_plugin_entry sallyport_plugin_entry;

namespace {

using sp::testing::EntryFilter;
using sp::testing::Errors;
using sp::testing::FakeConfig;
using sp::testing::FakeHost;
using sp::testing::FakeStream;
using sp::testing::Fields;

using Names = std::set<std::string>;

struct Fixture {
  explicit Fixture(const char* json) : config(host, EntryFilter(sallyport_plugin_entry), json, "tidy") {
    INFO((config.errors.empty() ? std::string() : config.errors.front()));
    REQUIRE(config.errors == Errors{});
  }
  FakeHost host;
  FakeConfig config;
};

Errors ErrorsOf(const char* json) {
  FakeHost host;
  return FakeConfig(host, EntryFilter(sallyport_plugin_entry), json).errors;
}

// What `x-out` becomes in a request, from a template.
std::string Expand(
    const std::string& text, const std::function<void(FakeStream&)>& prepare = [](FakeStream&) {}) {
  FakeHost host;
  FakeConfig config(host, EntryFilter(sallyport_plugin_entry), R"({"request": {"set": {"x-out": ")" + text + R"("}}})");
  INFO((config.errors.empty() ? std::string() : config.errors.front()));
  REQUIRE(config.errors == Errors{});
  FakeStream s(config);
  prepare(s);
  CHECK(s.RequestHead() == SP_CONTINUE);
  return s.Header(SP_REQUEST, "x-out") + (host.Metric("bad_value_total") > 0 ? " bad" : "");
}

TEST_CASE("removes, then sets, then adds", "[headers]") {
  Fixture f(R"({"request": {"remove": ["X-Old", "x-both"], "set": {"X-One": "1", "x-both": "new"},
                            "add": {"x-many": ["a", "b"], "x-one": "2"}},
                "response": {"remove": ["server"], "set": {"x-gateway": "sallyport"}}})");
  FakeStream s(f.config);
  s.request = {{"x-old", "1"}, {"x-both", "old"}, {"x-one", "0"}, {"x-many", "z"}};
  CHECK(s.RequestHead() == SP_CONTINUE);
  CHECK(s.Values(SP_REQUEST, "x-old").empty());
  CHECK(s.Values(SP_REQUEST, "x-both") == std::vector<std::string>{"new"});
  CHECK(s.Values(SP_REQUEST, "x-one") == std::vector<std::string>{"1", "2"});
  CHECK(s.Values(SP_REQUEST, "x-many") == std::vector<std::string>{"z", "a", "b"});
  s.response = {{"server", "apache"}, {"x-gateway", "other"}, {"x-gateway", "third"}};
  CHECK(s.ResponseHead() == SP_CONTINUE);
  CHECK(s.response == Fields{{"x-gateway", "sallyport"}});
}

TEST_CASE("templates", "[headers]") {
  CHECK(Expand("plain") == "plain");
  CHECK(Expand("") == "");
  CHECK(Expand("{{literally}}") == "{literally}");
  CHECK(Expand("{request.method} {request.path}?{request.query}", [](FakeStream& s) {
          s.method = "POST";
          s.path = "/a";
          s.query = "b=c";
        }) == "POST /a?b=c");
  CHECK(Expand("{request.host}", [](FakeStream& s) { s.SetFact(SP_FACT_HOST, "a.example"); }) == "a.example");
  CHECK(Expand("{request.header.X-In}", [](FakeStream& s) { s.request = {{"x-in", "v"}, {"x-in", "w"}}; }) == "v");
  CHECK(Expand("<{client.address}>", [](FakeStream& s) { s.SetClient("192.0.2.1"); }) == "<192.0.2.1>");
  CHECK(Expand("{tls.version|none}") == "none");
  CHECK(Expand("{tls.version|none}", [](FakeStream& s) { s.SetFact(SP_FACT_TLS_VERSION, "TLSv1.3"); }) == "TLSv1.3");
  CHECK(Expand("{metadata.auth.sub} of {metadata.auth.org.name|nobody}",
               [](FakeStream& s) { s.SetMetadata("auth", "sub", "alice"); }) == "alice of nobody");
  sp_value number{};
  number.type = SP_VALUE_I64;
  number.i64 = -42;
  CHECK(Expand("{metadata.auth.level}", [&](FakeStream& s) { s.SetMetadata("auth", "level", number); }) == "-42");
  CHECK(Expand("n={metadata.auth.level}.", [&](FakeStream& s) { s.SetMetadata("auth", "level", number); }) == "n=-42.");
  const std::string big(3000, 'x');
  CHECK(Expand("a{request.header.big}{request.header.big}b", [&](FakeStream& s) {
          s.request = {{"big", big}};
        }) == "a" + big + big + "b");
}

TEST_CASE("what a field brings is data", "[headers]") {
  CHECK(Expand("{request.header.x-in}!", [](FakeStream& s) {
          s.request = {{"x-in", "{request.method}{{%REQ(x)%${x}"}};
        }) == "{request.method}{{%REQ(x)%${x}!");
  CHECK(Expand("{metadata.auth.sub}", [](FakeStream& s) { s.SetMetadata("auth", "sub", "a\r\nx: y"); }) == "- bad");
  CHECK(Expand("{metadata.auth.sub}", [](FakeStream& s) { s.SetMetadata("auth", "sub", "a\x01"); }) == "- bad");
  CHECK(Expand("{metadata.auth.sub}", [](FakeStream& s) { s.SetMetadata("auth", "sub", "a\x7f"); }) == "- bad");
  CHECK(Expand("{metadata.auth.sub}", [](FakeStream& s) { s.SetMetadata("auth", "sub", "a\tb\xc3\xa9"); }) ==
        "a\tb\xc3\xa9");
}

TEST_CASE("a field without a value", "[headers]") {
  Fixture f(R"({"response": {"set": {"x-skip": "v {tls.sni}",
                                     "x-empty": {"value": "v {tls.sni}", "missing": "empty"},
                                     "x-remove": {"value": "v {tls.sni}", "missing": "remove"}}}})");
  FakeStream s(f.config);
  s.response = {{"x-skip", "old"}, {"x-empty", "old"}, {"x-remove", "old"}};
  CHECK(s.ResponseHead() == SP_CONTINUE);
  CHECK(s.Header(SP_RESPONSE, "x-skip") == "old");
  CHECK(s.Header(SP_RESPONSE, "x-empty") == "v ");
  CHECK(s.Header(SP_RESPONSE, "x-remove") == "-");
  Fixture all(R"({"missing": "empty", "request": {"add": {"x-a": "{request.header.none}"}}})");
  FakeStream t(all.config);
  CHECK(t.RequestHead() == SP_CONTINUE);
  CHECK(t.Header(SP_REQUEST, "x-a") == "");
}

TEST_CASE("names that requests are given are managed", "[headers]") {
  Fixture f(
      R"({"request": {"set": {"X-User": "{metadata.auth.sub}", "user-agent": "gateway", "x-forwarded-proto": "https",
                                    "x-chain": "{request.header.x-chain|} me",
                                    "x-open": {"value": "1", "managed": false},
                                    "dnt": {"value": "1", "managed": true}},
                            "add": {"x-more": "1"}},
                "response": {"set": {"x-reply": "1"}}})");
  CHECK(f.config.owned_headers == Names{"x-user", "dnt"});
  REQUIRE(f.config.Route({R"({"request": {"set": {"x-team": "a"}}})"}) != nullptr);
  CHECK(f.config.owned_headers == Names{"x-user", "dnt", "x-team"});
}

TEST_CASE("a route's edits follow, or take the place", "[headers]") {
  Fixture f(R"({"request": {"set": {"x-a": "base", "x-b": "base"}}, "missing": "empty"})");
  FakeStream s(f.config, f.config.Route({R"({"request": {"set": {"x-b": "{tls.sni}route"}, "remove": ["x-a"]}})"}));
  CHECK(s.RequestHead() == SP_CONTINUE);
  CHECK(s.request == Fields{{"x-b", "route"}});
  FakeStream replaced(f.config, f.config.Route({R"({"request": {"set": {"x-z": "0"}}})",
                                                R"({"replace": true, "request": {"set": {"x-c": "only"}}})"}));
  CHECK(replaced.RequestHead() == SP_CONTINUE);
  CHECK(replaced.request == Fields{{"x-c", "only"}});
}

TEST_CASE("mistakes are named", "[headers]") {
  CHECK(ErrorsOf(R"({"request": {"set": {"Host": "a", "x y": "b", "content-length": "1"}, "remove": ["te", ""]}})") ==
        Errors{"/request/remove/0: is the gateway's own field", "/request/remove/1: is no name of a header field",
               "/request/set/Host: is the route's to change: rewrite.host",
               "/request/set/content-length: is the gateway's own field",
               "/request/set/x y: is no name of a header field"});
  CHECK(ErrorsOf(R"({"request": {"set": {"a": "{nonsense}", "b": "{request.path", "c": "}", "d": "{response.status}",
                                         "e": "x\ny", "f": "{route|\u0001}", "g": "{metadata.auth}"}}})") ==
        Errors{"/request/set/a: names no field: nonsense", "/request/set/b: has a { without its }; a literal one is {{",
               "/request/set/c: has a } without its {; a literal one is }}",
               "/request/set/d: there is no response yet where this stands: response.status",
               "/request/set/e: has a control character in it", "/request/set/f: has a control character in it",
               "/request/set/g: names no field: metadata.auth"});
  CHECK(ErrorsOf(R"({"missing": "what"})") == Errors{"/missing: must be one of skip, empty, remove"});
  CHECK(ErrorsOf(R"({"request": {"set": {"x-a": {"value": "{request.header.x-a}", "managed": true}}},
                     "response": {"set": {"x-b": {"value": "1", "managed": true}}}})") ==
        Errors{"/request/set/x-a/managed: would remove what this value reads",
               "/response/set/x-b/managed: is for fields of requests"});
}

}  // namespace
