// The filter on the fake host: who is refused, with which reason.
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

struct Fixture {
  explicit Fixture(const char* json) : config(host, EntryFilter(sallyport_plugin_entry), json, "lists") {
    INFO((config.errors.empty() ? std::string() : config.errors.front()));
    REQUIRE(config.errors == Errors{});
  }
  // The reason of the refusal, or "-".
  std::string Ask(const char* client, const Fields& headers = {}, const void* route = nullptr) {
    FakeStream s(config, route);
    if (*client != '\0') s.SetClient(client);
    s.request = headers;
    const sp_result result = s.RequestHead();
    CHECK(result == (s.reply ? SP_PAUSE : SP_CONTINUE));
    shadow_reason = s.Metadata("shadow_reason");
    status = s.reply ? s.reply->status : 0;
    return s.reply ? s.reply->reason : "-";
  }
  FakeHost host;
  FakeConfig config;
  std::string shadow_reason;
  uint32_t status = 0;
};

Errors ErrorsOf(const char* json) {
  FakeHost host;
  host.files["bad.txt"] = "10.0.0.0/8\n\n# comment\nnonsense\n";
  return FakeConfig(host, EntryFilter(sallyport_plugin_entry), json).errors;
}

TEST_CASE("addresses on the deny list are refused", "[ip_list]") {
  Fixture f(R"({"deny": ["203.0.113.0/24", "2001:db8::/32", "198.51.100.7"]})");
  CHECK(f.Ask("203.0.113.1") == "ip_list.denied");
  CHECK(f.status == 403);
  CHECK(f.Ask("203.0.112.255") == "-");
  CHECK(f.Ask("198.51.100.7") == "ip_list.denied");
  CHECK(f.Ask("198.51.100.8") == "-");
  CHECK(f.Ask("2001:db8:1::5") == "ip_list.denied");
  CHECK(f.Ask("2001:db9::5") == "-");
  CHECK(f.Ask("::ffff:203.0.113.1") == "ip_list.denied");
  CHECK(f.Ask("") == "ip_list.no_address");
  CHECK(f.host.Metric("refused_total") == 5);
}

TEST_CASE("an allow list refuses all others, deny wins", "[ip_list]") {
  Fixture f(R"({"allow": ["10.0.0.0/8", "fd00::/8"], "deny": ["10.1.0.0/16"], "status": 404})");
  CHECK(f.Ask("10.0.0.1") == "-");
  CHECK(f.Ask("10.1.0.1") == "ip_list.denied");
  CHECK(f.Ask("192.0.2.1") == "ip_list.not_allowed");
  CHECK(f.status == 404);
  CHECK(f.Ask("fd12::1") == "-");
  CHECK(f.Ask("") == "ip_list.no_address");

  Fixture all_v6(R"({"allow": ["::/0"]})");
  CHECK(all_v6.Ask("2001:db8::1") == "-");
  CHECK(all_v6.Ask("192.0.2.1") == "ip_list.not_allowed");
  Fixture empty(R"({"allow": []})");
  CHECK(empty.Ask("192.0.2.1") == "ip_list.not_allowed");
  Fixture closed(R"({"default": "deny"})");
  CHECK(closed.Ask("192.0.2.1") == "ip_list.not_allowed");
}

TEST_CASE("any line of a field is enough to refuse, all are needed to admit", "[ip_list]") {
  Fixture f(R"({"headers": {"deny": [{"name": "X-Role", "exact": "admin", "ignore_case": true}]}})");
  CHECK(f.Ask("192.0.2.1") == "-");
  CHECK(f.Ask("192.0.2.1", {{"x-role", "user"}}) == "-");
  CHECK(f.Ask("192.0.2.1", {{"x-role", "Admin"}}) == "ip_list.header");
  CHECK(f.Ask("192.0.2.1", {{"x-role", "user"}, {"x-other", "a"}, {"x-role", "admin"}}) == "ip_list.header");
  CHECK(f.Ask("192.0.2.1", {{"x-role", "user, admin"}}) == "-");  // not declared a list

  Fixture list(R"({"headers": {"deny": [{"name": "x-role", "exact": "admin", "list": true}]}})");
  CHECK(list.Ask("192.0.2.1", {{"x-role", "user,\tadmin "}}) == "ip_list.header");
  CHECK(list.Ask("192.0.2.1", {{"x-role", "user, administrator"}}) == "-");

  Fixture allow(R"({"headers": {"allow": [{"name": "x-key", "regex": "k[0-9]+"}, {"name": "x-inside"}]}})");
  CHECK(allow.Ask("192.0.2.1") == "ip_list.header_not_allowed");
  CHECK(allow.Ask("192.0.2.1", {{"x-key", "k12"}}) == "-");
  CHECK(allow.Ask("192.0.2.1", {{"x-key", "k12x"}}) == "ip_list.header_not_allowed");
  CHECK(allow.Ask("192.0.2.1", {{"x-key", "k12"}, {"x-key", "evil"}}) == "ip_list.header_not_allowed");
  CHECK(allow.Ask("192.0.2.1", {{"x-inside", ""}}) == "-");
}

TEST_CASE("inverted and absent", "[ip_list]") {
  Fixture f(R"({"headers": {"deny": [{"name": "x-tenant", "exact": "acme", "invert": true}]}})");
  CHECK(f.Ask("192.0.2.1") == "ip_list.header");
  CHECK(f.Ask("192.0.2.1", {{"x-tenant", "acme"}}) == "-");
  CHECK(f.Ask("192.0.2.1", {{"x-tenant", "acme"}, {"x-tenant", "other"}}) == "ip_list.header");
  Fixture allow(R"({"headers": {"allow": [{"name": "x-debug", "prefix": "on", "invert": true}]}})");
  CHECK(allow.Ask("192.0.2.1") == "-");
  CHECK(allow.Ask("192.0.2.1", {{"x-debug", "off"}}) == "-");
  CHECK(allow.Ask("192.0.2.1", {{"x-debug", "off"}, {"x-debug", "on"}}) == "ip_list.header_not_allowed");
  Fixture absent(R"({"headers": {"deny": [{"name": "user-agent", "present": false}]}})");
  CHECK(absent.Ask("192.0.2.1") == "ip_list.header");
  CHECK(absent.Ask("192.0.2.1", {{"user-agent", "curl"}}) == "-");
}

TEST_CASE("shadow mode only counts", "[ip_list]") {
  Fixture f(R"({"deny": ["203.0.113.0/24"], "shadow": true})");
  CHECK(f.Ask("203.0.113.1") == "-");
  CHECK(f.shadow_reason == "ip_list.denied");
  CHECK(f.Ask("203.0.114.1") == "-");
  CHECK(f.shadow_reason == "-");
  CHECK(f.host.Metric("would_refuse_total") == 1);
  CHECK(f.host.Metric("refused_total") == 0);
}

TEST_CASE("a route takes the place of lists, or adds to them", "[ip_list]") {
  Fixture f(R"({"deny": ["203.0.113.0/24"], "headers": {"deny": [{"name": "x-bad"}]}})");
  const void* replaced = f.config.Route({R"({"deny": ["192.0.2.0/24"]})"});
  CHECK(f.Ask("203.0.113.1", {}, replaced) == "-");
  CHECK(f.Ask("192.0.2.1", {}, replaced) == "ip_list.denied");
  CHECK(f.Ask("198.51.100.1", {{"x-bad", ""}}, replaced) == "ip_list.header");
  const void* extended = f.config.Route({R"({"deny": ["192.0.2.0/24"], "extend": true})", R"({"status": 451})"});
  CHECK(f.Ask("203.0.113.1", {}, extended) == "ip_list.denied");
  CHECK(f.Ask("192.0.2.1", {}, extended) == "ip_list.denied");
  CHECK(f.status == 451);
  const void* inside = f.config.Route({R"({"allow": ["10.0.0.0/8"]})"});
  CHECK(f.Ask("203.0.113.1", {}, inside) == "ip_list.denied");
  CHECK(f.Ask("198.51.100.1", {}, inside) == "ip_list.not_allowed");
  CHECK(f.Ask("10.0.0.1", {}, inside) == "-");

  Fixture open(R"({"default": "allow"})");  // what is inherited never makes a route's list mean nothing
  CHECK(open.Ask("192.0.2.1", {}, open.config.Route({R"({"allow": ["10.0.0.0/8"]})"})) == "ip_list.not_allowed");
  CHECK(open.Ask("192.0.2.1") == "-");
}

TEST_CASE("files are lists too", "[ip_list]") {
  FakeHost host;
  host.files["deny.txt"] = "# spammers\n203.0.113.0/24 ; since May\r\n\n  2001:db8::/32\n";
  FakeConfig config(host, EntryFilter(sallyport_plugin_entry), R"({"deny_files": ["deny.txt"]})");
  REQUIRE(config.errors == Errors{});
  FakeStream s(config);
  s.SetClient("203.0.113.9");
  CHECK(s.RequestHead() == SP_PAUSE);
}

TEST_CASE("mistakes are named", "[ip_list]") {
  CHECK(ErrorsOf(R"({"deny": ["10.0.0.0/33", "10.0.0.1", "x"], "allow": ["::ffff:0:0/90"]})") ==
        Errors{"/deny/0: is neither an address nor a block such as 10.0.0.0/8",
               "/deny/2: is neither an address nor a block such as 10.0.0.0/8",
               "/allow/0: is neither an address nor a block such as 10.0.0.0/8"});
  CHECK(ErrorsOf(R"({"deny_files": ["bad.txt", "none.txt"]})") ==
        Errors{"/deny_files/0: line 4 is neither an address nor a block such as 10.0.0.0/8",
               "/deny_files/1: cannot be read"});
  CHECK(
      ErrorsOf(R"({"headers": {"deny": [{"name": "a", "exact": "x", "prefix": "y"}, {"name": "b", "regex": "("}]}})") ==
      Errors{"/headers/deny/0: has more than one of exact, prefix, suffix, contains, regex and present",
             "/headers/deny/1/regex: is no regular expression: missing ): ("});
  CHECK(ErrorsOf(R"({"headers": {"allow": [{"name": "Host"}]}})") ==
        Errors{"/headers/allow/0/name: is not a field here: let routes match the host"});
  CHECK(ErrorsOf(R"({"allow": ["10.0.0.0/8"], "default": "allow"})") ==
        Errors{"/default: allow makes the list `allow` mean nothing: leave one of them out"});
}

}  // namespace
