// The index against the scan, on random tables, and what a match costs as tables grow.
#include "core/traffic/route/index.h"

#include <functional>

#include "core/traffic/route/naive.h"
#include "core/traffic/route/random_tables.h"
#include "core/traffic/route/text_tables.h"
#include "test/support/catch.h"

namespace sp::route::testing {

namespace {

// Sanitizers make it all ten times as slow.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr uint64_t kTimes = 1;
#else
constexpr uint64_t kTimes = 10;
#endif

struct Shape {
  size_t tables;
  size_t routes;  // in each
  size_t requests;
  uint64_t words;
  bool crowded = false;
};

// A request that the two answer differently is printed with its tables.
void CompareRandom(uint64_t seed, const Shape& shape) {
  RandomLines lines(seed, shape.words, shape.crowded);
  TextTables tables;
  std::string text, error;
  for (size_t t = 0; t < shape.tables; ++t) {
    REQUIRE(tables.Add("table t" + std::to_string(t), &error));
    for (size_t r = 0; r < shape.routes;) {
      // Tables delegate to later ones only: no circles.
      const std::string line = lines.Route("r" + std::to_string(r), 0);
      const std::string delegating =
          lines.Route("d" + std::to_string(r), shape.tables - t);  // the last of them is missing
      std::string route = delegating.find("table") == std::string::npos ? line : delegating;
      const size_t table = route.rfind("=t");
      if (route != line)
        route = route.substr(0, table + 2) + std::to_string(t + 1 + std::stoul(route.substr(table + 2)));
      if (!tables.Add(route, &error)) continue;  // `*`-only texts and the like
      if (shape.routes <= 40) text += route + "\n";
      ++r;
    }
  }
  const TableSet& set = tables.Set();
  for (size_t i = 0; i < shape.requests; ++i) {
    const std::string line = lines.Request();
    TextRequest request(line);
    MatchResult found, linear;
    set.Match(tables.first(), request.request(), found);
    MatchLinear(set, tables.first(), request.request(), linear);
    if (found.outcome == linear.outcome && found.route == linear.route && Describe(found) == Describe(linear)) continue;
    INFO("seed " << seed << "\n" << text << line);
    CHECK(Describe(found) == Describe(linear));
    FAIL("the index and the scan differ");
  }
}

// The steps of one request against the last of `count` routes, made by `route(i)`; `request` asks for route `count -
// 1`.
struct Cost {
  uint32_t steps;
  size_t bytes;
};
Cost CostOfLast(size_t count, const std::function<std::string(size_t)>& route,
                const std::function<std::string(size_t)>& request) {
  std::vector<RouteSpec> routes;
  std::string error;
  for (size_t i = 0; i < count; ++i) routes.push_back(*ParseRoute(route(i), &error));
  FieldErrors errors;
  const auto table = Table::Compile("main", std::move(routes));
  const TableSet set({table}, &errors);
  TextRequest text(request(count - 1));
  MatchResult result;
  set.Match(0, text.request(), result);
  REQUIRE(result.route != nullptr);
  CHECK(result.index == count - 1);
  return {result.steps, table->index_bytes()};
}

std::string N(size_t i) { return std::to_string(i); }

}  // namespace

TEST_CASE("route: the index gives the answer of the scan, on many small tables") {
  for (uint64_t seed = 1; seed <= 150 * kTimes; ++seed)
    CompareRandom(seed, {1 + seed % 4, 1 + seed % 60, 60, 2 + seed % 6});
}

TEST_CASE("route: the index gives the answer of the scan, on a few large tables") {
  for (uint64_t seed = 1; seed <= 6; ++seed) CompareRandom(10'000 + seed, {2, 2'000, 300, 8 + 20 * (seed - 1)});
}

TEST_CASE("route: the index gives the answer of the scan, where routes differ in headers, methods and parameters") {
  for (uint64_t seed = 1; seed <= 20 * kTimes; ++seed) {
    CompareRandom(20'000 + seed, {1, 9 + seed % 200, 60, 2 + seed % 12, true});
  }
}

TEST_CASE("route: the index gives the answer of the scan, though hashes collide") {
  for (uint64_t seed = 1; seed <= 30 * kTimes; ++seed) {
    RandomLines lines(30'000 + seed, 3 + seed % 8, seed % 2 == 0);
    std::vector<RouteSpec> routes;
    std::string error;
    while (routes.size() < 40) {
      if (auto route = ParseRoute(lines.Route("r", 0), &error)) routes.push_back(std::move(*route));
    }
    const Index index(routes, /*hash_mask=*/(seed % 8) << 61);
    for (int i = 0; i < 40; ++i) {
      const std::string line = lines.Request();
      TextRequest text(line);
      const Request request = text.request();
      uint32_t expected = 0, condition = 0, steps = 0;
      Verdict verdict = Verdict::kHost;
      for (; expected < routes.size(); ++expected) {
        verdict = Judge(routes[expected], request, &condition);
        if (verdict == Verdict::kMatched || verdict == Verdict::kQueryLimit) break;
      }
      const Index::Found found = index.First(0, request, &steps);
      INFO("seed " << seed << " " << line);
      REQUIRE(found.route == (expected == routes.size() ? Search::kNone : expected));
      if (found.route != Search::kNone) REQUIRE(found.query_limit == (verdict == Verdict::kQueryLimit));
    }
  }
}

TEST_CASE("route: the last of 100,000 routes costs what the first of few costs") {
  struct Case {
    const char* what;
    std::function<std::string(size_t)> route;
    std::function<std::string(size_t)> request;
  };
  const std::vector<Case> cases = {
      {"prefixes", [](size_t i) { return "r path=prefix:/svc" + N(i) + "/"; },
       [](size_t i) { return "GET a/svc" + N(i) + "/x/y"; }},
      {"exact paths", [](size_t i) { return "r path=exact:/v1/things/" + N(i); },
       [](size_t i) { return "GET a/v1/things/" + N(i); }},
      {"string prefixes", [](size_t i) { return "r path=string_prefix:/p" + N(100000 + i); },
       [](size_t i) { return "GET a/p" + N(100000 + i) + "x"; }},
      {"templates", [](size_t i) { return "r path=template:/t/{a}/x" + N(i) + "/{b}"; },
       [](size_t i) { return "GET a/t/1/x" + N(i) + "/2"; }},
      {"hosts", [](size_t i) { return "r host=h" + N(i) + ".example path=prefix:/"; },
       [](size_t i) { return "GET h" + N(i) + ".example/"; }},
      {"suffixes", [](size_t i) { return "r host=*.h" + N(i) + ".example path=prefix:/"; },
       [](size_t i) { return "GET x.h" + N(i) + ".example/"; }},
      {"hosts and paths", [](size_t i) { return "r host=h" + N(i % 300) + " path=prefix:/s" + N(i / 300); },
       [](size_t i) { return "GET h" + N(i % 300) + "/s" + N(i / 300); }},
      {"one header", [](size_t i) { return "r path=prefix:/ header=x-t:exact:" + N(i); },
       [](size_t i) { return "GET a/ x-t:" + N(i); }},
      {"two headers", [](size_t i) { return "r header=x:exact:" + N(i % 300) + " header=y:exact:" + N(i / 300); },
       [](size_t i) { return "GET a/ x:" + N(i % 300) + " y:" + N(i / 300); }},
      {"header names", [](size_t i) { return "r path=prefix:/ header=x" + N(i) + ":regex:[a-z]+"; },
       [](size_t i) { return "GET a/ x" + N(i) + ":a"; }},
      {"parameters", [](size_t i) { return "r path=prefix:/ query=t:exact:" + N(i); },
       [](size_t i) { return "GET a/?t=" + N(i); }},
      {"methods", [](size_t i) { return "r path=prefix:/ method=M" + N(i); },
       [](size_t i) { return "M" + N(i) + " a/"; }},
  };
  for (const Case& c : cases) {
    const Cost few = CostOfLast(10, c.route, c.request);
    const size_t count = 10'000 * kTimes;
    const Cost many = CostOfLast(count, c.route, c.request);
    INFO(c.what << ": " << few.steps << " steps for 10 routes, " << many.steps << " for " << count << "; "
                << many.bytes / count << " bytes of index a route");
    // A list of up to eight is asked one by one, which a long one never is.
    CHECK(many.steps <= few.steps + 8);
    CHECK(many.steps <= 24);
    CHECK(many.bytes / count <= 128);
  }
}

TEST_CASE("route: regular expressions are found by their segments or their beginning") {
  const auto of_shape = [](std::string_view inner) {
    return CostOfLast(
        2'000, [&](size_t i) { return "r path=regex:/api/" + std::string(inner) + "/r" + N(i) + "(/.*)?"; },
        [](size_t i) { return "GET a/api/42/r" + N(i) + "/x"; });
  };
  CHECK(of_shape("[0-9]+").steps <= 16);
  CHECK(of_shape("[^/]+").steps <= 16);
  CHECK(of_shape("(?P<id>[a-z0-9]+)").steps <= 16);
  const Cost prefixed = CostOfLast(
      2'000, [](size_t i) { return "r path=regex:/s" + N(1000 + i) + ".*"; },
      [](size_t i) { return "GET a/s" + N(1000 + i) + "/x"; });
  CHECK(prefixed.steps <= 16);
}

TEST_CASE("route: delegations cost what holds and fails, not what there is") {
  std::string error;
  std::vector<RouteSpec> entries;
  std::vector<std::shared_ptr<const Table>> tables;
  for (size_t i = 0; i < 2'000; ++i) {
    entries.push_back(*ParseRoute("d path=prefix:/t" + N(i) + " table=t" + N(i), &error));
    tables.push_back(Table::Compile("t" + N(i), {*ParseRoute("r path=exact:/t" + N(i) + "/x", &error)}));
  }
  entries.push_back(*ParseRoute("last", &error));
  tables.push_back(Table::Compile("main", std::move(entries)));
  FieldErrors errors;
  const TableSet set(tables, &errors);
  for (const auto& [line, expected] : std::vector<std::pair<std::string, std::string>>{
           {"GET a/t1999/x", "d/r"}, {"GET a/t1999/y", "last"}, {"GET a/other", "last"}}) {
    TextRequest text(line);
    MatchResult result;
    set.Match(*set.Find("main"), text.request(), result);
    CHECK(Describe(result) == expected);
    CHECK(result.steps <= 40);
  }
}

TEST_CASE("route: many hosts of one set of routes share its index") {
  std::string hosts, error;
  for (size_t i = 0; i < 500; ++i) hosts += " host=h" + N(i);
  std::vector<RouteSpec> routes;
  for (size_t i = 0; i < 500; ++i) routes.push_back(*ParseRoute("r path=prefix:/s" + N(i) + hosts, &error));
  CHECK(Table::Compile("main", std::move(routes))->index_bytes() < 200'000);
}

}  // namespace sp::route::testing
