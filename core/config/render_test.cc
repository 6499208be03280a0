#include "core/config/render.h"

#include "core/config/source/file/load.h"
#include "sallyport/v1/gateway.pb.h"
#include "test/support/catch.h"

namespace sp::config {
namespace {

sallyport::v1::Gateway Gateway(std::string_view text) {
  file::LoadResult loaded = file::Load(text, "f.yaml");
  CHECK(file::RenderErrors("f.yaml", loaded.errors) == "");
  return *loaded.gateway;
}

TEST_CASE("YAML as people write it") {
  const std::string_view text = R"(drain_timeout: 90s
listeners:
  - name: edge
    address: ":8080"
    route_table: main
    filters:
      - plugin: x
        config:
          empty: {}
          list:
            - 1
            -
              - a
              - []
            - b: 2.5
              c: null
          none: []
          text: "1"
          words: two words
    limits:
      target: 4KiB
      body: 10MB
    access_log: {}
route_tables:
  - name: main
    routes:
      - match:
          headers:
            - name: x
              exact: "true"
        respond:
          status: 200
          body: "a\nb\t\"c\"\u0001ä"
          headers:
            a: "0x1f"
            b: "1.10"
            c: "no"
)";
  const std::string rendered = RenderYaml(Gateway(text));
  std::string expected(text);
  expected.replace(expected.find("two words"), 9, "\"two words\"");
  CHECK(rendered == expected);
}

TEST_CASE("JSON") {
  CHECK(RenderJson(Gateway("{}")) == "{}\n");
  CHECK(RenderYaml(Gateway("{}")) == "{}\n");
  CHECK(RenderJson(Gateway("clusters: [{ name: a, connect_timeout: 250ms, limits: { connections: 3 } }]\n"
                           "policies: [{ name: p, filter: f, config: { a: [], b: { c: \"\\\"\" } } }]\n")) == R"({
  "clusters": [
    {
      "name": "a",
      "connect_timeout": "250ms",
      "limits": {
        "connections": 3
      }
    }
  ],
  "policies": [
    {
      "name": "p",
      "filter": "f",
      "config": {
        "a": [],
        "b": {
          "c": "\""
        }
      }
    }
  ]
}
)");
}

TEST_CASE("secrets are shown only when asked for") {
  const auto gateway = Gateway(
      "secrets: [{ name: a, inline: hunter2 }, { name: b, file: key }]\n"
      "listeners: [{ name: l, filters: [{ plugin: jwt, config: { key: hunter3, alg: HS256 } }] }]\n");
  const RenderOptions careful{.secrets = false, .is_secret = [](std::string_view path) {
                                return path == "listeners[0].filters[0].config.key";
                              }};
  for (const std::string& text : {RenderYaml(gateway, careful), RenderJson(gateway, careful)}) {
    CHECK(text.find("hunter") == std::string::npos);
    CHECK(text.find("<secret>") != std::string::npos);
    CHECK(text.find("HS256") != std::string::npos);
  }
  const RenderOptions open{.secrets = true, .is_secret = careful.is_secret};
  CHECK(RenderYaml(gateway, open).find("hunter2") != std::string::npos);
  CHECK(RenderYaml(gateway, open).find("hunter3") != std::string::npos);
}

TEST_CASE("numbers keep their value") {
  for (const char* number : {"0", "-1", "9007199254740992", "0.1", "1e+300", "-2.5e-08", "123456789.125"}) {
    const auto gateway = Gateway(std::string("policies: [{ name: p, filter: f, config: { num: ") + number + " } }]");
    CHECK(RenderYaml(gateway).find(std::string("num: ") + number + "\n") != std::string::npos);
  }
}

TEST_CASE("sizes") {
  CHECK(FormatByteSize(0) == "0B");
  CHECK(FormatByteSize(500) == "500B");
  CHECK(FormatByteSize(1536) == "1536B");
  CHECK(FormatByteSize(64 << 10) == "64KiB");
  CHECK(FormatByteSize(uint64_t{3} << 40) == "3TiB");
}

TEST_CASE("what no file can hold is shown all the same") {
  sallyport::v1::Gateway gateway;
  gateway.mutable_drain_timeout()->set_seconds(-5);
  gateway.add_clusters()->set_protocol(static_cast<sallyport::v1::Cluster::Protocol>(77));
  CHECK(RenderYaml(gateway) == "drain_timeout: \"-5s0ns\"\nclusters:\n  - protocol: \"77\"\n");
}

}  // namespace
}  // namespace sp::config
