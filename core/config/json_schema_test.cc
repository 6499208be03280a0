#include "core/config/json_schema.h"

#include <nlohmann/json.hpp>

#include "test/support/catch.h"

namespace sp::config {
namespace {

using Json = nlohmann::json;

// Every `$ref` of the schema leads somewhere.
void CheckReferences(const Json& root, const Json& at) {
  for (const auto& [key, value] : at.items()) {
    if (key == "$ref" && value.is_string()) {
      INFO(value);
      CHECK(root.contains(Json::json_pointer(value.get<std::string>().substr(1))));
    } else if (value.is_structured()) {
      CheckReferences(root, value);
    }
  }
}

TEST_CASE("the whole configuration") {
  const Json schema = Json::parse(JsonSchema());
  CHECK(schema["$schema"] == "https://json-schema.org/draft/2020-12/schema");
  CHECK(schema["description"].get<std::string>().starts_with("The whole configuration of one gateway"));
  CHECK(schema["additionalProperties"] == false);
  CHECK(schema["properties"]["listeners"]["items"]["$ref"] == "#/$defs/Listener");
  CHECK(schema["properties"]["workers"] ==
        Json::parse(R"({"type": "integer", "minimum": 1, "maximum": 1024, "description": )" +
                    schema["properties"]["workers"]["description"].dump() + "}"));
  CHECK(schema["properties"]["consumers"]["not"] == Json::object());
  CheckReferences(schema, schema);
}

TEST_CASE("fields by kind") {
  const Json defs = Json::parse(JsonSchema())["$defs"];
  const Json& limits = defs["ListenerLimits"]["properties"];
  CHECK(limits["target"]["default"] == "16KiB");
  CHECK(limits["target"]["type"] == Json({"string", "integer"}));
  CHECK(limits["header_count"]["default"] == 128);
  CHECK(limits["header_count"]["maximum"] == 10000);
  CHECK(defs["PathOptions"]["properties"]["merge_slashes"]["default"] == true);
  CHECK(defs["LoadBalancing"]["properties"]["policy"]["enum"] == Json({"round_robin", "least_request"}));
  CHECK(defs["Cluster"]["required"] == Json({"name"}));
  CHECK(defs["HeaderEdits"]["properties"]["set"]["additionalProperties"]["type"] == "string");
  CHECK(defs["Route"]["properties"]["filter_configs"]["additionalProperties"]["type"] == "object");
  CHECK(defs["Cluster"]["properties"]["connect_timeout"]["default"] == "5s");
  CHECK(defs["Route"]["description"].get<std::string>().starts_with("What to do with requests that match."));
}

TEST_CASE("fields that exclude each other") {
  const Json defs = Json::parse(JsonSchema())["$defs"];
  CHECK(defs["Route"]["allOf"][0]["oneOf"].size() == 5);
  CHECK(defs["ValueMatch"]["allOf"][0]["oneOf"].size() == 7);  // or none
}

TEST_CASE("schemas of plugins refine their configs") {
  const Json schema = Json::parse(JsonSchema({
      {"jwt",
       {.config = R"({"$schema": "x", "$id": "y", "type": "object", "$defs": {"t": {"format": "duration"}},
                      "properties": {"skew": {"$ref": "#/$defs/t"}, "max": {"format": "byte_size"},
                                     "jwks": {"x-sallyport-ref": "file"}, "self": {"$ref": "#"}}})",
        .route_config = R"({"properties": {"scopes": {"type": "array"}}})"}},
      {"stamp/second", {.config = R"({"properties": {"a": {"$ref": "#/properties/b"}, "b": {}}})", .route_config = ""}},
      {"broken", {.config = "{", .route_config = "[]"}},
  }));
  const Json& defs = schema["$defs"];
  CHECK(defs["Filter"]["properties"]["plugin"]["examples"] == Json({"broken", "jwt", "stamp/second"}));
  REQUIRE(defs["Filter"]["allOf"].size() == 2);
  CHECK(defs["Filter"]["allOf"][0]["if"]["properties"]["plugin"]["const"] == "jwt");
  CHECK(defs["Filter"]["allOf"][0]["then"]["properties"]["config"]["$ref"] == "#/$defs/config:jwt");
  CHECK(defs["config:jwt"]["properties"]["skew"]["$ref"] == "#/$defs/config:jwt/$defs/t");
  CHECK(defs["config:jwt"]["properties"]["self"]["$ref"] == "#/$defs/config:jwt");
  CHECK(defs["config:jwt"]["$defs"]["t"].contains("pattern"));
  CHECK_FALSE(defs["config:jwt"]["$defs"]["t"].contains("format"));
  CHECK_FALSE(defs["config:jwt"].contains("$id"));
  CHECK(defs["config:stamp/second"]["properties"]["a"]["$ref"] == "#/$defs/config:stamp~1second/properties/b");
  CHECK(defs["Policy"]["allOf"].size() == 1);
  CheckReferences(schema, schema);
}

}  // namespace
}  // namespace sp::config
