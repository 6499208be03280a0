// Runs testdata/*.txt: blocks of routes, requests and which route takes them, separated by lines of `---`. A line
// `error TEXT` says what the tables of its block are refused for; `bad ROUTE => TEXT` that a route doesn't parse.
#include "core/traffic/route/table.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/traffic/route/text_tables.h"
#include "test/support/catch.h"

namespace sp::route::testing {

namespace {

constexpr std::string_view kFolder = "/core/traffic/route/testdata";

struct Line {
  size_t number;
  std::string text;
};

std::vector<std::vector<Line>> ReadBlocks(const std::filesystem::path& file) {
  std::vector<std::vector<Line>> blocks(1);
  std::ifstream in(file);
  std::string text;
  for (size_t number = 1; std::getline(in, text); ++number) {
    if (text.substr(0, 3) == "---") blocks.emplace_back();
    if (!text.empty() && text[0] != '#' && text.substr(0, 3) != "---") blocks.back().push_back({number, text});
  }
  return blocks;
}

void CheckRequest(const TableSet& set, TableSlot slot, const std::string& line, const std::string& expected) {
  MatchResult found, linear;
  TextRequest text(line);
  set.Match(slot, text.request(), found);
  MatchLinear(set, slot, text.request(), linear);
  CHECK(Describe(found) == expected);
  CHECK(Describe(linear) == expected);
}

void CheckBlock(const std::vector<Line>& block) {
  TextTables tables;
  std::vector<std::pair<Line, std::string>> requests, errors;
  for (const Line& line : block) {
    INFO(line.number << ": " << line.text);
    std::string error;
    const size_t arrow = line.text.find(" => ");
    const std::string right = arrow == std::string::npos ? "" : line.text.substr(arrow + 4);
    if (line.text.substr(0, 4) == "bad ") {
      CHECK(!ParseRoute(line.text.substr(4, arrow - 4), &error));
      CHECK_THAT(error, sp::testing::ContainsSubstring(right));
    } else if (line.text.substr(0, 6) == "error ") {
      errors.emplace_back(line, line.text.substr(6));
    } else if (arrow != std::string::npos) {
      requests.emplace_back(Line{line.number, line.text.substr(0, arrow)}, right);
    } else {
      const bool added = tables.Add(line.text, &error);
      INFO(error);
      REQUIRE(added);
    }
  }
  const TableSet& set = tables.Set();
  for (size_t i = 0; i < std::max(errors.size(), tables.errors.size()); ++i) {
    CHECK((i < tables.errors.size() ? tables.errors[i].ToString() : "") == (i < errors.size() ? errors[i].second : ""));
  }
  for (const auto& [line, expected] : requests) {
    INFO(line.number << ": " << line.text);
    CheckRequest(set, tables.first(), line.text, expected);
  }
}

}  // namespace

TEST_CASE("route: tables, requests and the routes that take them") {
  size_t files = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(SALLYPORT_SOURCE_DIR) + std::string(kFolder))) {
    INFO(entry.path().filename().string());
    ++files;
    for (const std::vector<Line>& block : ReadBlocks(entry.path())) CheckBlock(block);
  }
  CHECK(files >= 5);
}

TEST_CASE("route: references are numbered once each, in order") {
  std::vector<RouteSpec> routes(4);
  routes[0].action = ClusterAction::To("b");
  routes[1].action = ClusterAction::To("a");
  routes[2].action = Delegate{"t", true};
  routes[3].action = ClusterAction::To("b");
  const auto table = Table::Compile("main", routes);
  CHECK(table->clusters() == std::vector<std::string>{"b", "a"});
  CHECK(table->delegates() == std::vector<std::string>{"t"});
  CHECK(table->routes()[3].cluster()->clusters[0].cluster.local == 0);
  CHECK(table->routes()[1].cluster()->clusters[0].cluster.local == 1);
}

TEST_CASE("route: a table is shared by sets, and what it delegates to is looked up in each") {
  std::string error;
  const auto outer = Table::Compile("main", {*ParseRoute("team path=prefix:/team table=team", &error)});
  const auto one = Table::Compile("team", {*ParseRoute("one", &error)});
  const auto other = Table::Compile("team", {*ParseRoute("other path=prefix:/team/x", &error)});
  FieldErrors errors;
  const TableSet before({outer, one}, &errors), after({outer, other}, &errors), without({outer}, &errors);
  REQUIRE(errors.size() == 1);
  const auto ask = [](const TableSet& set, std::string_view line) {
    TextRequest text(line);
    MatchResult result;
    set.Match(*set.Find("main"), text.request(), result);
    return Describe(result);
  };
  CHECK(ask(before, "GET a/team") == "team/one");
  CHECK(ask(after, "GET a/team") == "none");
  CHECK(ask(after, "GET a/team/x/y") == "team/other");
  CHECK(ask(without, "GET a/team") == "none");
  CHECK(!before.Find("nothing"));
}

TEST_CASE("route: tables that multiply delegations are cut off") {
  std::string error;
  std::vector<std::shared_ptr<const Table>> tables;
  for (int level = 0; level < 5; ++level) {
    std::vector<RouteSpec> routes;
    for (int i = 0; i < 20; ++i) routes.push_back(*ParseRoute("d table=t" + std::to_string(level + 1), &error));
    tables.push_back(Table::Compile("t" + std::to_string(level), routes));
  }
  tables.push_back(Table::Compile("t5", {}));
  FieldErrors errors;
  const TableSet set(tables, &errors);
  CHECK(errors.empty());
  CheckRequest(set, *set.Find("t0"), "GET a/", "delegation_limit");
}

TEST_CASE("route: a weighted cluster is picked by its share") {
  ClusterAction action;
  action.clusters.resize(3);
  const std::array<uint32_t, 3> weights = {1, 0, 3};
  for (size_t i = 0; i < 3; ++i) action.clusters[i].weight = weights[i];
  action.total_weight = 4;
  CHECK(&action.Pick(0) == &action.clusters[0]);
  CHECK(&action.Pick((uint64_t{1} << 62) - 1) == &action.clusters[0]);
  CHECK(&action.Pick(uint64_t{1} << 62) == &action.clusters[2]);
  CHECK(&action.Pick(UINT64_MAX) == &action.clusters[2]);
}

}  // namespace sp::route::testing
