#include "core/traffic/explain.h"

#include <algorithm>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "core/traffic/route/text_tables.h"
#include "test/support/catch.h"

namespace sp::traffic {

namespace {

using sp::testing::ContainsSubstring;

// A configuration as it would be compiled: tables from text (route/text_tables.h), clusters with one endpoint each, and
// filters without configs.
class World {
 public:
  World() { AddListener("edge", "0.0.0.0:8080"); }

  snapshot::ListenerSpec& AddListener(const std::string& name, const char* address) {
    auto listener = std::make_shared<snapshot::ListenerSpec>();
    listener->name = name;
    listener->address = *net::Address::Parse(address);
    listener->route_table = "main";
    listeners_.push_back(listener);
    return *listener;
  }
  snapshot::ListenerSpec& listener() { return *listeners_.front(); }

  cluster::ClusterSpec& AddCluster(const std::string& name) {
    auto spec = std::make_shared<cluster::ClusterSpec>();
    spec->name = name;
    clusters_.push_back(spec);
    return *spec;
  }

  void Table(const std::string& name, const std::vector<std::string>& lines) {
    auto& routes = tables_[name];
    for (const std::string& line : lines) {
      std::string error;
      auto route = route::testing::ParseRoute(line, &error);
      INFO(line << ": " << error);
      REQUIRE(route);
      routes.push_back(std::move(*route));
    }
  }
  route::RouteSpec& Route(const std::string& table, size_t index) { return tables_.at(table).at(index); }

  // Entry i of a table has override list i.
  void Compile() {
    std::vector<std::shared_ptr<const route::Table>> tables;
    for (const auto& [name, routes] : tables_) tables.push_back(route::Table::Compile(name, routes));
    snapshot_.tables = route::TableSet(std::move(tables), &errors_);
    REQUIRE(errors_.empty());
    for (const auto& spec : clusters_) snapshot_.clusters.push_back(spec);
    for (const auto& spec : listeners_) snapshot_.listeners.push_back(spec);
    for (route::TableSlot slot = 0; slot < snapshot_.tables.size(); ++slot) Link(snapshot_.tables.at(slot));
  }
  snapshot::Snapshot& snapshot() { return snapshot_; }

  Explanation Ask(const std::string& method, const std::string& url,
                  std::vector<std::pair<std::string, std::string>> headers = {}, const char* peer = "192.0.2.1") {
    ExplainRequest request;
    request.method = method;
    request.url = url;
    request.headers = std::move(headers);
    request.peer = *net::IpAddress::Parse(peer);
    std::string error;
    auto explanation = Explain(snapshot_, request, &error);
    INFO(error);
    REQUIRE(explanation);
    return std::move(*explanation);
  }

 private:
  void Link(const route::Table& table) {
    snapshot::Snapshot::TableLinks links;
    for (const std::string& name : table.clusters()) {
      const auto found = std::find_if(clusters_.begin(), clusters_.end(), [&](auto& c) { return c->name == name; });
      const auto index = static_cast<uint32_t>(found - clusters_.begin());
      links.clusters.push_back(found == clusters_.end() ? snapshot::kNoCluster : index);
    }
    uint32_t entries = 0;
    for (const auto& route : table.routes()) entries = std::max(entries, route.overrides);
    for (uint32_t i = 0; i <= entries; ++i) links.entry_overrides.push_back(i);
    snapshot_.links.push_back(std::move(links));
  }

  snapshot::Snapshot snapshot_;
  FieldErrors errors_;
  std::vector<std::shared_ptr<snapshot::ListenerSpec>> listeners_;
  std::vector<std::shared_ptr<cluster::ClusterSpec>> clusters_;
  std::map<std::string, std::vector<route::RouteSpec>> tables_;
};

std::string StepText(const ExplainedStep& step) {
  std::string text = step.place.name + " " + step.verdict;
  if (!step.wanted.empty()) text += ": " + step.wanted;
  if (!step.has.empty()) text += " / " + step.has;
  return text;
}

std::vector<std::string> Steps(const Explanation& explanation) {
  std::vector<std::string> texts;
  for (const auto& step : explanation.steps) texts.push_back(StepText(step));
  return texts;
}

}  // namespace

TEST_CASE("explain: why each earlier route did not match") {
  World world;
  world.Table("main", {"a host=a.example host=*.b.example", "b path=prefix:/other", "c method=POST method=PURGE",
                       "d header=x-v:exact:2", "e !header=x-debug:present", "f query=v:prefix:1", "g share=0",
                       "h lheader=accept:exact:text/html", "i path=template:/u/{id}"});
  world.Compile();
  const auto e =
      world.Ask("GET", "http://Api.Example:8080/u/./7?v=2&w", {{"X-Debug", "on"}, {"x-v", "1"}, {"x-v", "3"}});
  CHECK(Steps(e) == std::vector<std::string>{"a host: a.example, *.b.example / api.example:8080",
                                             "b path: prefix \"/other\" / \"/u/7\"", "c method: POST, PURGE / GET",
                                             "d header: x-v exact \"2\" / \"1\", \"3\"",
                                             "e header: not x-debug present / \"on\"",
                                             "f query: v prefix \"1\" / \"2\"", "g share: 0 of a million requests",
                                             "h header: accept with a member exact \"text/html\" / none", "i match"});
  REQUIRE(e.route);
  CHECK(e.route->place.name == "i");
  CHECK(e.route->place.index == 8);
  CHECK(e.route->params == std::vector<std::pair<std::string, std::string>>{{"id", "7"}});
  CHECK(e.served());
}

TEST_CASE("explain: delegations are entered and left") {
  World world;
  world.Table("main", {"first path=prefix:/team table=x", "second path=prefix:/team table=y", "rest"});
  world.Table("x", {"x0 method=POST"});
  world.Table("y", {"y0 path=exact:/team/b", "y1 path=prefix:/team/a"});
  world.Compile();
  SECTION("to a route") {
    const auto e = world.Ask("GET", "/team/a/b");
    CHECK(Steps(e) == std::vector<std::string>{"first enter: x", "x0 method: POST / GET", "first leave: x",
                                               "second enter: y", "y0 path: exact \"/team/b\" / \"/team/a/b\"",
                                               "y1 match"});
    CHECK(e.steps[1].depth == 1);
    REQUIRE(e.route->delegations.size() == 1);
    CHECK(e.route->delegations[0].name == "second");
    CHECK_THAT(ToText(e, false), ContainsSubstring("\nroute     second (main[1]) > y1 (y[1])\n"));
  }
  SECTION("and past them") {
    const auto e = world.Ask("GET", "/team/c");
    CHECK(e.route->delegations.empty());
    CHECK(e.route->place.name == "rest");
  }
}

TEST_CASE("explain: no route") {
  World world;
  world.Table("main", {"only path=prefix:/team table!=x", "rest"});
  world.Table("x", {"x0 method=POST"});
  world.Compile();
  const auto e = world.Ask("GET", "/team");
  CHECK(!e.served());
  CHECK(e.refusal == Reason::kRouteNone);
  CHECK(!e.action);
  CHECK_THAT(ToText(e, false), ContainsSubstring("route     none: 404 route.none: No route matches; the delegation"));
}

TEST_CASE("explain: what the gateway refuses itself") {
  World world;
  world.Table("main", {"all"});
  world.listener().rules.limits.max_header_count = 3;
  world.listener().rules.limits.max_header_bytes = 100;
  world.listener().rules.limits.max_target_bytes = 50;
  world.Compile();
  CHECK(world.Ask("GET", "/a%2fb").refusal == Reason::kPathEncoded);
  CHECK(world.Ask("GET", "/a#b").refusal == Reason::kPathFragment);
  CHECK(world.Ask("GET", "/a b").refusal == Reason::kH1RequestLine);
  CHECK(world.Ask("G T", "/").refusal == Reason::kH1RequestLine);
  CHECK(world.Ask("", "/").refusal == Reason::kH1RequestLine);
  CHECK(world.Ask("BREW", "/").refusal == Reason::kH1Method);
  CHECK(world.Ask("CONNECT", "/").refusal == Reason::kH1MethodNotAllowed);
  CHECK(world.Ask("GET", "/" + std::string(50, 'a')).refusal == Reason::kH1TargetLimit);
  CHECK(world.Ask("GET", "/", {{"a b", "1"}}).refusal == Reason::kH1Name);
  CHECK(world.Ask("GET", "/", {{"a", "1\n2"}}).refusal == Reason::kH1Value);
  CHECK(world.Ask("GET", "/", {{"a", std::string(90, 'x')}}).refusal == Reason::kH1HeaderBytes);
  CHECK(world.Ask("GET", "/", {{"a", "1"}, {"a", "1"}, {"a", "1"}}).refusal == Reason::kH1HeaderCount);
  CHECK(world.Ask("GET", "/", {{"host", "a"}, {"host", "b"}}).refusal == Reason::kH1Host);
  CHECK(world.Ask("GET", "http://user@a.example/").refusal == Reason::kH1Host);
  const auto e = world.Ask("GET", "/a%2fb");
  CHECK(!e.served());
  CHECK_THAT(ToText(e, false), ContainsSubstring("request   GET http://0.0.0.0:8080/a%2fb\n"));
  CHECK_THAT(ToText(e, false), ContainsSubstring("refused   400 path.encoded: Encoded separator in the path\n"));
  CHECK(nlohmann::json::parse(ToJson(e))["refused"]["reason"] == "path.encoded");
}

TEST_CASE("explain: the URL's parts, the listener, who the client is") {
  World world;
  world.Table("main", {"all"});
  world.AddListener("inner", "127.0.0.1:9090");
  world.listener().trusted_proxies = net::CidrSet({*net::Cidr::Parse("10.0.0.0/8")});
  world.Compile();
  SECTION("URL") {
    CHECK(world.Ask("GET", "http://a.example").request.path == "/");
    CHECK(world.Ask("GET", "a.example?x").request.query == "x");
    CHECK(world.Ask("GET", "a.example/b").request.host == "a.example");
    CHECK(world.Ask("GET", "/b").request.authority == "0.0.0.0:8080");
    CHECK(world.Ask("GET", "http://a.example/", {{"Host", "B.example."}}).request.host == "b.example");
    CHECK(world.Ask("OPTIONS", "*").request.path == "*");
    CHECK(world.Ask("GET", "https://a.example/").notes.size() == 1);
  }
  SECTION("listener") {
    CHECK(world.Ask("GET", "http://a.example:9090/").listener == "inner");
    CHECK(world.Ask("GET", "http://[::1]:9090/").listener == "inner");
    CHECK(world.Ask("GET", "http://a.example/").listener == "edge");
    ExplainRequest request;
    request.method = "GET";
    request.url = "http://a.example:8080/";
    request.listener = "inner";
    std::string error;
    CHECK(Explain(world.snapshot(), request, &error)->listener == "inner");
    request.listener = "none";
    CHECK(!Explain(world.snapshot(), request, &error));
    CHECK(error == "there is no listener \"none\"");
    request.url = "ftp://a.example/";
    CHECK(!Explain(world.snapshot(), request, &error));
    CHECK_THAT(error, ContainsSubstring("http://"));
    CHECK(!Explain(snapshot::Snapshot(), ExplainRequest{"GET", "/", {}, {}, {}}, &error));
  }
  SECTION("client") {
    const auto said = world.Ask("GET", "/", {{"x-forwarded-for", "203.0.113.9"}}, "10.1.1.1");
    CHECK(said.request.client == "203.0.113.9");
    CHECK(said.request.peer == "10.1.1.1");
    CHECK(world.Ask("GET", "/", {{"x-forwarded-for", "203.0.113.9"}}).request.client == "192.0.2.1");
  }
}

TEST_CASE("explain: routes see the forwarding fields as a stream sets them") {
  World world;
  world.Table("main", {"forged header=x-forwarded-for:prefix:203", "all header=x-forwarded-proto:exact:http"});
  world.Compile();
  const auto e = world.Ask("GET", "/", {{"x-forwarded-for", "203.0.113.9"}});
  CHECK(e.steps[0].has == "\"192.0.2.1\"");
  CHECK(e.route->place.name == "all");
}

TEST_CASE("explain: forward, with weights, rewrites and a cluster that is missing") {
  World world;
  auto& users = world.AddCluster("users");
  users.policy = cluster::Policy::kLeastRequest;
  users.endpoints = {{*net::Address::Parse("127.0.0.1:9001"), "127.0.0.1:9001", 3},
                     {*net::Address::Parse("127.0.0.1:9002"), "127.0.0.1:9002", 1}};
  world.Table("main", {"users host=a.example path=prefix:/users/"});
  auto& route = world.Route("main", 0);
  route::ClusterAction action;
  action.clusters = {{{"users"}, 9, {}, {}}, {{"gone"}, 1, {}, {}}};
  action.total_weight = 10;
  route.action = std::move(action);
  route.missing_cluster = 503;
  auto change = std::make_shared<route::Modifications>();
  change->path = route::PrefixRewrite{"/v2"};
  change->host = {route::HostRewrite::Kind::kLiteral, "users.internal"};
  change->request_headers = {{route::HeaderOp::Kind::kSet, "x-a", "1"}, {route::HeaderOp::Kind::kRemove, "x-b", ""}};
  change->timeout = std::chrono::seconds(5);
  route.modifications = std::move(change);
  world.Compile();
  const auto e = world.Ask("GET", "http://a.example/users/7?x=1");
  CHECK(ToText(e, false) ==
        "request   GET http://a.example/users/7?x=1\n"
        "client    192.0.2.1\n"
        "listener  edge, 0.0.0.0:8080\n"
        "\nroutes, in order\n"
        "  main[0]  users  match\n"
        "\nroute     users (main[0])\n"
        "\naction    forward, to one of several clusters\n"
        "  path     /v2/7?x=1, rewritten from /users/7?x=1\n"
        "  host     users.internal, rewritten from a.example\n"
        "  timeout  5s in all, 1m without a byte\n"
        "  request  set x-a: 1\n"
        "  request  remove x-b\n"
        "  cluster users  90%  least_request, connects within 5s\n"
        "    127.0.0.1:9001  weight 3  75%\n"
        "    127.0.0.1:9002  weight 1  25%\n"
        "  cluster gone  10%  does not exist: 503 route.no_cluster\n");
  const auto json = nlohmann::json::parse(ToJson(e));
  CHECK(json["route"]["name"] == "users");
  CHECK(json["action"]["clusters"][0]["endpoints"][0]["share"] == 0.75);
  CHECK(json["action"]["timeout"] == 5.0);
}

TEST_CASE("explain: redirect, answer, a rewrite that gives no path") {
  World world;
  world.Table("main", {"old path=prefix:/old", "ok path=exact:/ok", "bad path=template:/bad/{rest=**}"});
  auto redirect = std::make_shared<route::Redirect>();
  redirect->scheme = "https";
  redirect->path = route::PrefixRewrite{"/new"};
  redirect->status = 308;
  world.Route("main", 0).action = std::shared_ptr<const route::Redirect>(std::move(redirect));
  auto respond = std::make_shared<route::Respond>();
  respond->body = "fine\n";
  respond->headers = {{route::HeaderOp::Kind::kSet, "x-a", "1"}};
  world.Route("main", 1).action = std::shared_ptr<const route::Respond>(std::move(respond));
  auto change = std::make_shared<route::Modifications>();
  change->path = route::FullRewrite{"//{rest}"};
  world.Route("main", 2).modifications = std::move(change);
  world.listener().rules.path.merge_slashes = false;
  world.Compile();

  const auto moved = world.Ask("GET", "http://a.example/old/x");
  CHECK(moved.action->status == 308);
  CHECK(moved.action->location == "https://a.example/new/x");
  CHECK_THAT(ToText(moved, false), ContainsSubstring("redirect, 308\n  location  https://a.example/new/x\n"));

  const auto answered = world.Ask("GET", "http://a.example/ok");
  CHECK_THAT(ToText(answered, false), ContainsSubstring("answer, 200\n"
                                                        "  type      text/plain; charset=utf-8\n"
                                                        "  body      fine\\n\n"
                                                        "  response  set x-a: 1\n"));

  const auto refused = world.Ask("GET", "http://a.example/bad/x");
  CHECK(!refused.served());
  CHECK(refused.refusal == Reason::kPathRewrite);
  CHECK_THAT(ToText(refused, false), ContainsSubstring("refused  400 path.rewrite"));
}

TEST_CASE("explain: filters as they are on the way that the request took") {
  World world;
  world.Table("main", {"team path=prefix:/team table=x", "rest"});
  world.Table("x", {"x0"});
  world.Route("main", 0).overrides = 1;
  world.Route("x", 0).overrides = 2;
  static const sp_http_filter table = [] {
    sp_http_filter t{};
    t.on_request_head = [](const sp_http*, sp_stream*, void*, const void*, uint32_t) { return SP_CONTINUE; };
    return t;
  }();
  auto& listener = world.listener();
  for (const char* name : {"lists", "auth"}) {
    filter::FilterSpec spec;
    spec.name = name;
    spec.table = &table;
    spec.fail_open = listener.chain.filters.empty();
    listener.chain.filters.push_back(std::move(spec));
  }
  const auto add = [&](bool lists_off, bool auth_off) {
    filter::RouteConfigs configs(2);
    configs[0].disabled = lists_off;
    configs[1].disabled = auth_off;
    return listener.route_configs.Add(std::move(configs));
  };
  const uint32_t root = add(false, false), team = add(true, false), x0 = add(true, true);
  listener.route_configs.AddStep(root, 1, team);
  listener.route_configs.AddStep(team, 2, x0);
  world.Compile();

  const auto below = world.Ask("GET", "/team");
  REQUIRE(below.filters.size() == 2);
  CHECK(below.filters[0].disabled_by == "route");
  CHECK(below.filters[1].disabled_by == "route");
  CHECK(below.filters[1].hooks == std::vector<std::string>{"request_head"});
  const auto rest = world.Ask("GET", "/rest");
  CHECK(rest.filters[0].disabled_by.empty());
  CHECK(rest.filters[0].fail_open);
  CHECK(!rest.filters[1].fail_open);
}

TEST_CASE("explain: a large table's routes are not all shown, and nothing moves the cursor") {
  World world;
  std::vector<std::string> lines;
  for (int i = 0; i < 500; ++i) lines.push_back("r" + std::to_string(i) + " path=exact:/r" + std::to_string(i));
  lines.insert(lines.begin(), "posts method=POST");
  world.Table("main", lines);
  world.Compile();
  const auto e = world.Ask("GET", "/r400", {{"host", "a.example"}});
  const std::string text = ToText(e, false);
  CHECK_THAT(text, ContainsSubstring("; 390 more of another host or path came before"));
  CHECK_THAT(text, ContainsSubstring("posts  method"));
  CHECK(std::count(text.begin(), text.end(), '\n') < 30);
  CHECK(std::count_if(e.steps.begin(), e.steps.end(), [](const auto& s) { return s.verdict == "path"; }) == 400);
  CHECK_THAT(ToText(e, true), ContainsSubstring("main[1]"));
  CHECK(nlohmann::json::parse(ToJson(e))["routes"].size() == 402);

  const auto odd = world.Ask("GET", "/\x1b[2J");
  CHECK(ToText(odd, true).find('\x1b') == std::string::npos);
}

}  // namespace sp::traffic
