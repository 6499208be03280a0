// What a file can't hold but a push can, and bounds. What a file can hold stands as text in source/file/testdata.

#include "core/config/validate/validate.h"

#include <algorithm>
#include <chrono>

#include "core/config/validate/names.h"
#include "sallyport/v1/gateway.pb.h"
#include "test/support/catch.h"

namespace sp::config {
namespace {

namespace v1 = ::sallyport::v1;

std::vector<std::string> Errors(const v1::Gateway& gateway) {
  std::vector<std::string> out;
  for (const FieldError& error : Validate(gateway)) out.push_back(error.ToString());
  return out;
}

TEST_CASE("durations out of range") {
  v1::Gateway gateway;
  gateway.mutable_drain_timeout()->set_seconds(-1);
  CHECK(Errors(gateway) == std::vector<std::string>{"drain_timeout: must be a duration from 0s to 292 years"});
  gateway.mutable_drain_timeout()->set_seconds(1);
  gateway.mutable_drain_timeout()->set_nanos(1'000'000'000);
  CHECK(Errors(gateway).size() == 1);
  gateway.mutable_drain_timeout()->set_nanos(-1);
  CHECK(Errors(gateway).size() == 1);
  gateway.mutable_drain_timeout()->set_nanos(0);
  gateway.mutable_drain_timeout()->set_seconds(INT64_MAX);
  CHECK(Errors(gateway).size() == 1);
  gateway.mutable_drain_timeout()->set_seconds(30);
  CHECK(Errors(gateway).empty());
}

TEST_CASE("enum values of another version") {
  v1::Gateway gateway;
  v1::Cluster* cluster = gateway.add_clusters();
  cluster->set_name("a");
  cluster->set_protocol(static_cast<v1::Cluster::Protocol>(99));
  CHECK(Errors(gateway) == std::vector<std::string>{"clusters[0].protocol: is a value that this version doesn't know"});
}

TEST_CASE("a list and a oneof that exclude each other") {
  v1::Gateway gateway;
  gateway.add_clusters()->set_name("a");
  v1::RouteTable* table = gateway.add_route_tables();
  table->set_name("t");
  v1::Route* route = table->add_routes();
  route->set_cluster("a");
  v1::WeightedCluster* weighted = route->add_weighted_clusters();
  weighted->set_cluster("a");
  weighted->set_weight(1);
  CHECK(Errors(gateway) ==
        std::vector<std::string>{
            "route_tables[0].routes[0].weighted_clusters: excludes `cluster`: only one of them may be written"});
}

TEST_CASE("names from anywhere keep to what is allowed") {
  CHECK(NameFault("a-b_c.d:e/f@G9").empty());
  for (const char* name : {"a b", "a\n", "`id`", "a\"b", "ä", "a\\b", "{x}"}) CHECK_FALSE(NameFault(name).empty());
  CHECK_FALSE(NameFault(std::string(129, 'a')).empty());
}

TEST_CASE("errors are bounded, and so is the time that finding them takes") {
  v1::Gateway gateway;
  v1::RouteTable* table = gateway.add_route_tables();
  table->set_name("t");
  for (int i = 0; i < 20'000; ++i) {
    gateway.add_clusters()->set_name("cluster-with-a-long-name-" + std::to_string(i));
    table->add_routes()->set_cluster("clusterwith-a-long-name-" + std::to_string(i));
  }
  const FieldErrors errors = Validate(gateway);
  CHECK(errors.size() == kMaxErrors);
  const auto suggested =
      std::count_if(errors.begin(), errors.end(), [](const auto& e) { return !e.suggestion.empty(); });
  CHECK(suggested == 50);
}

TEST_CASE("a chain of a hundred thousand tables, and a ring of them, are refused without recursion") {
  for (const bool ring : {false, true}) {
    v1::Gateway gateway;
    constexpr int kTables = 100'000;
    for (int i = 0; i < kTables; ++i) {
      v1::RouteTable* table = gateway.add_route_tables();
      table->set_name("t" + std::to_string(i));
      if (i + 1 < kTables || ring) table->add_routes()->set_table("t" + std::to_string((i + 1) % kTables));
    }
    const FieldErrors errors = Validate(gateway);
    REQUIRE(errors.size() == (ring ? 2 : 1));
    CHECK(errors.front().message.size() < 1000);
  }
}

TEST_CASE("what is read at start only may not be changed later") {
  v1::Gateway running, next;
  CHECK(CheckStartOnly(running, next).empty());
  next.set_workers(3);
  next.mutable_admin()->set_address("127.0.0.1:1");
  next.add_clusters();
  next.mutable_drain_timeout()->set_seconds(1);
  const FieldErrors errors = CheckStartOnly(running, next);
  REQUIRE(errors.size() == 2);
  CHECK(errors[0].ToString() == "admin: is read at start only: restart to change it");
  CHECK(errors[1].path == "workers");
  CHECK(CheckStartOnly(next, next).empty());
}

TEST_CASE("references may be left unchecked") {
  v1::Gateway gateway;
  v1::RouteTable* table = gateway.add_route_tables();
  table->set_name("t");
  table->add_routes()->set_cluster("nobody");
  CHECK(Validate(gateway).size() == 1);
  CHECK(Validate(gateway, {.references = false}).empty());
}

}  // namespace
}  // namespace sp::config
