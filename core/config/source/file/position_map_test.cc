#include "core/config/source/file/position_map.h"

#include "core/config/source/file/load.h"
#include "test/support/catch.h"

namespace sp::file {
namespace {

constexpr std::string_view kText = R"(listeners:
  - name: edge
    filters:
      - { name: lists, plugin: ip_list, config: { deny: [10.0.0.0/8, 11.0.0.0/8] } }
  - name: other
    address: 1.2.3.4:80
route_tables:
  - name: main
    routes:
      - respond: { status: 200, headers: { x.y: a, x: b } }
)";

std::string At(const PositionMap& positions, std::string_view path) {
  const Position at = positions.Find(path);
  return std::to_string(at.line) + ":" + std::to_string(at.column);
}

TEST_CASE("a path's place") {
  const LoadResult loaded = Load(kText, "f.yaml");
  REQUIRE(loaded.ok());
  const PositionMap& positions = loaded.positions;
  CHECK(At(positions, "listeners") == "1:1");
  CHECK(At(positions, "listeners[0]") == "2:5");
  CHECK(At(positions, "listeners[0].name") == "2:5");
  CHECK(At(positions, "listeners[0].filters[0].config.deny[1]") == "4:70");
  CHECK(At(positions, "listeners[1].address") == "6:5");
  CHECK(At(positions, "route_tables[0].routes[0].respond.headers.x.y") == "10:44");
  CHECK(At(positions, "route_tables[0].routes[0].respond.headers.x") == "10:52");
}

TEST_CASE("what isn't there stands where the nearest thing around it does") {
  const PositionMap positions = Load(kText, "f.yaml").positions;
  CHECK(At(positions, "listeners[1].route_table") == "5:5");
  CHECK(At(positions, "listeners[7].route_table") == "1:1");
  CHECK(At(positions, "listeners[0].filters[0].config.rate") == "4:41");
  CHECK(At(positions, "clusters[0].name") == "0:0");
  CHECK(At(positions, "listeners[x") == "1:1");
  CHECK(At(positions, "") == "0:0");
}

TEST_CASE("a node's path") {
  PositionMap positions;
  const auto listeners = positions.AddField(PositionMap::kRoot, "listeners", {1, 1});
  const auto first = positions.AddElement(listeners, 0, {2, 3});
  const auto name = positions.AddField(first, "name", {2, 3});
  CHECK(positions.PathOf(name) == "listeners[0].name");
  CHECK(positions.PathOf(PositionMap::kRoot).empty());
  const std::string long_name(5000, 'x');
  CHECK(positions.PathOf(positions.AddField(name, long_name, {2, 4})).size() < 300);
}

}  // namespace
}  // namespace sp::file
