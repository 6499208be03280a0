// The [create] functions, called as a plugin would.
#include "core/plugin_host/config_object.h"

#include <nlohmann/json.hpp>
#include <thread>

#include "core/plugin_host/host_tables.h"
#include "core/plugin_host/phase.h"
#include "test/support/catch.h"

namespace sp::plugin_host {
namespace {

using testing::ContainsSubstring;

sp_str S(std::string_view text) { return {text.data(), text.size()}; }
std::string T(const sp_str& text) { return {text.ptr, text.len}; }

// A config in create.
struct InCreate {
  sp_config config;
  sp_config_host host{};
  PhaseScope phase{&config, Phase::kCreate};

  explicit InCreate(std::string_view json = "{}") {
    std::string error;
    config.document = std::move(*Document::Parse(json, &error));
    config.plugin = "stamp";
    config.filter = "mine";
    config.at = FieldPath("config");
    FillCreateFunctions(&host);
  }
};

TEST_CASE("Values are read by type") {
  InCreate in(R"({"s":"text","i":-5,"big":18446744073709551615,"whole":4e3,"f":2.5,"b":true,"n":null,
                  "d":"1m30s","z":"64KiB","a":[1,"two"],"o":{"y":1,"x":{"~/":2}}})");
  sp_config* c = &in.config;
  const sp_config_host& h = in.host;
  sp_str text;
  int64_t integer = 0;
  double number = 0;
  uint32_t boolean = 0;
  uint64_t amount = 0;
  CHECK(h.get_str(c, S("/s"), &text) == SP_OK);
  CHECK(T(text) == "text");
  CHECK(h.get_str(c, S("/i"), &text) == SP_E_TYPE);
  CHECK(h.get_str(c, S("/none"), &text) == SP_E_NOT_FOUND);
  CHECK(h.get_str(c, S("s"), &text) == SP_E_NOT_FOUND);
  CHECK(h.get_i64(c, S("/i"), &integer) == SP_OK);
  CHECK(integer == -5);
  CHECK(h.get_i64(c, S("/whole"), &integer) == SP_OK);
  CHECK(integer == 4000);
  CHECK(h.get_i64(c, S("/f"), &integer) == SP_E_TYPE);
  CHECK(h.get_i64(c, S("/big"), &integer) == SP_E_TYPE);
  CHECK(h.get_f64(c, S("/f"), &number) == SP_OK);
  CHECK(number == 2.5);
  CHECK(h.get_f64(c, S("/i"), &number) == SP_OK);
  CHECK(h.get_f64(c, S("/s"), &number) == SP_E_TYPE);
  CHECK(h.get_bool(c, S("/b"), &boolean) == SP_OK);
  CHECK(boolean == 1);
  CHECK(h.get_bool(c, S("/i"), &boolean) == SP_E_TYPE);
  CHECK(h.get_duration(c, S("/d"), &amount) == SP_OK);
  CHECK(amount == 90'000'000'000);
  CHECK(h.get_duration(c, S("/s"), &amount) == SP_E_TYPE);
  CHECK(h.get_size(c, S("/z"), &amount) == SP_OK);
  CHECK(amount == 65536);
  CHECK(h.get_size(c, S("/i"), &amount) == SP_E_TYPE);
  CHECK(h.get_size(c, S("/whole"), &amount) == SP_OK);
  CHECK(h.count(c, S("/a")) == 2);
  CHECK(h.count(c, S("/o")) == 2);
  CHECK(h.count(c, S("/s")) == 0);
  CHECK(h.member(c, S("/o"), 0, &text) == SP_OK);
  CHECK(T(text) == "x");
  CHECK(h.member(c, S("/o"), 1, &text) == SP_OK);
  CHECK(T(text) == "y");
  CHECK(h.member(c, S("/o"), 2, &text) == SP_E_NOT_FOUND);
  CHECK(h.member(c, S("/o/x"), 0, &text) == SP_OK);
  CHECK(T(text) == "~/");
  CHECK(h.member(c, S("/a"), 0, &text) == SP_E_TYPE);
  CHECK(h.get_json(c, S("/o"), &text) == SP_OK);
  CHECK(T(text) == R"({"x":{"~/":2},"y":1})");
  CHECK(h.get_str(c, S("/a/1"), &text) == SP_OK);
  const std::pair<const char*, uint32_t> kinds[] = {
      {"/s", SP_JSON_STRING}, {"/i", SP_JSON_NUMBER}, {"/b", SP_JSON_BOOL}, {"/n", SP_JSON_NULL},
      {"/a", SP_JSON_ARRAY},  {"/o", SP_JSON_OBJECT}, {"", SP_JSON_OBJECT}, {"/none", SP_JSON_ABSENT}};
  for (const auto& [path, kind] : kinds) CHECK(h.kind(c, S(path)) == kind);
}

TEST_CASE("Null and senseless arguments are refused") {
  InCreate in(R"({"s":"x"})");
  sp_config* c = &in.config;
  const sp_config_host& h = in.host;
  const sp_str huge{"/s", uint64_t{1} << 63};
  const sp_str null{nullptr, 2};
  sp_str text;
  uint32_t id = 0;
  for (const sp_str& path : {huge, null}) {
    CHECK(h.get_str(c, path, &text) == SP_E_ARG);
    CHECK(h.kind(c, path) == SP_JSON_ABSENT);
    CHECK(h.count(c, path) == 0);
    CHECK(h.ref_cluster(c, path, &id) == SP_E_ARG);
    CHECK(h.ref_bytes(c, path, &text) == SP_E_ARG);
    CHECK(h.own_request_header(c, path) == SP_E_ARG);
    CHECK(h.reason(c, path, &id) == SP_E_ARG);
    CHECK(h.metadata_slot(c, S(""), path, &id) == SP_E_ARG);
    CHECK(h.metric(c, SP_METRIC_GAUGE, path, nullptr, 0, &id) == SP_E_ARG);
    CHECK(h.fail(c, path, path) == SP_E_FAILED);
  }
  CHECK(h.get_str(nullptr, S("/s"), &text) == SP_E_ARG);
  CHECK(h.get_str(c, S("/s"), nullptr) == SP_E_ARG);
  CHECK(h.reason(c, S("a.b"), nullptr) == SP_E_ARG);
  CHECK(h.metric(c, SP_METRIC_GAUGE, S("x"), nullptr, 3, &id) == SP_E_ARG);
  CHECK(h.fail(nullptr, S(""), S("")) == SP_E_FAILED);
  CHECK(in.config.errors.size() == 2);
}

TEST_CASE("Outside of create, and on another thread, nothing is read or written") {
  InCreate in(R"({"s":"x"})");
  sp_str text;
  uint32_t id = 0;
  std::thread([&] { CHECK(in.host.get_str(&in.config, S("/s"), &text) == SP_E_PHASE); }).join();
  {
    sp_config other;
    const PhaseScope scope(&other, Phase::kCreate);
    CHECK(in.host.reason(&in.config, S("a.b"), &id) == SP_E_PHASE);
  }
  {
    const PhaseScope scope(&in.config, Phase::kStart);
    CHECK(in.host.own_request_header(&in.config, S("x-a")) == SP_E_PHASE);
    CHECK(in.host.fail(&in.config, S(""), S("late")) == SP_E_FAILED);
  }
  CHECK(in.config.errors.empty());
  CHECK(in.host.get_str(&in.config, S("/s"), &text) == SP_OK);
}

TEST_CASE("Faults are told by their paths, and their number is bounded") {
  InCreate in(R"({"rules":[{"name":1}]})");
  in.host.fail(&in.config, S("/rules/0/name"), S("is taken"));
  in.host.fail(&in.config, S("/rules/1"), S(""));
  in.host.fail(&in.config, S(""), S("won't do"));
  CHECK(in.config.errors == FieldErrors{{"config.rules[0].name", "is taken", ""},
                                        {"config.rules[1]", "is refused", ""},
                                        {"config", "won't do", ""}});
  for (int i = 0; i < 1000; ++i) in.host.fail(&in.config, S("/x"), S("again"));
  CHECK(in.config.errors.size() == kMaxConfigErrors);
}

TEST_CASE("Reasons are interned, checked and bounded") {
  InCreate in;
  uint32_t first = 0, second = 0;
  CHECK(in.host.reason(&in.config, S("auth.no_token"), &first) == SP_OK);
  CHECK(in.host.reason(&in.config, S("auth.expired_2"), &second) == SP_OK);
  CHECK(first == 1);
  CHECK(second == 2);
  CHECK(in.host.reason(&in.config, S("auth.no_token"), &second) == SP_OK);
  CHECK(second == first);
  for (const char* wrong : {"", "auth", "auth.", ".x", "a..b", "Auth.x", "a.b-c", "a.b c", "upstream.timeout", "h1.x",
                            "plugin.mine", "loop.x", "request.size"}) {
    CAPTURE(wrong);
    CHECK(in.host.reason(&in.config, S(wrong), &second) == SP_E_ARG);
    CHECK(second == 0);
  }
  for (size_t i = 2; i < kMaxReasons; ++i) {
    CHECK(in.host.reason(&in.config, S("auth.r" + std::to_string(i)), &second) == SP_OK);
  }
  CHECK(in.host.reason(&in.config, S("auth.one_more"), &second) == SP_E_LIMIT);
}

TEST_CASE("Managed headers, slots and series are interned, checked and bounded") {
  InCreate in;
  uint32_t id = 0;
  CHECK(in.host.own_request_header(&in.config, S("x-user")) == SP_OK);
  CHECK(in.host.own_request_header(&in.config, S("x-user")) == SP_OK);
  for (const char* wrong : {"", "X-User", "x user", "host", "content-length", "transfer-encoding", "te"}) {
    CAPTURE(wrong);
    CHECK(in.host.own_request_header(&in.config, S(wrong)) == SP_E_ARG);
  }
  CHECK(in.config.managed_request_headers.size() == 1);

  CHECK(in.host.metadata_slot(&in.config, S(""), S("sub"), &id) == SP_OK);
  CHECK(in.host.metadata_slot(&in.config, S("mine"), S("sub"), &id) == SP_OK);
  CHECK(id == 0);
  CHECK(in.host.metadata_slot(&in.config, S("auth"), S("sub"), &id) == SP_OK);
  CHECK(id == 1);
  CHECK(in.host.metadata_slot(&in.config, S(""), S(""), &id) == SP_E_ARG);

  const sp_header labels[] = {{SP_STR("b"), SP_STR("2")}, {SP_STR("a"), SP_STR("1")}};
  const sp_header swapped[] = {labels[1], labels[0]};
  CHECK(in.host.metric(&in.config, SP_METRIC_COUNTER, S("hits"), labels, 2, &id) == SP_OK);
  CHECK(in.host.metric(&in.config, SP_METRIC_COUNTER, S("hits"), swapped, 2, &id) == SP_OK);
  CHECK(id == 0);
  CHECK(in.host.metric(&in.config, SP_METRIC_GAUGE, S("hits"), nullptr, 0, &id) == SP_E_CONFLICT);
  CHECK(in.host.metric(&in.config, 9, S("x"), nullptr, 0, &id) == SP_E_ARG);
  CHECK(in.host.metric(&in.config, SP_METRIC_COUNTER, S("Hits"), nullptr, 0, &id) == SP_E_ARG);
  CHECK(in.host.metric(&in.config, SP_METRIC_COUNTER, S("hits"), labels, 5, &id) == SP_E_ARG);
  const sp_header twice[] = {labels[0], labels[0]};
  CHECK(in.host.metric(&in.config, SP_METRIC_COUNTER, S("hits"), twice, 2, &id) == SP_E_ARG);
  for (const char* name : {"plugin", "le", "__x", "1a", ""}) {
    const sp_header bad{S(name), SP_STR("x")};
    CHECK(in.host.metric(&in.config, SP_METRIC_COUNTER, S("hits"), &bad, 1, &id) == SP_E_ARG);
  }
  const sp_header control{SP_STR("x"), SP_STR("a\nb")};
  CHECK(in.host.metric(&in.config, SP_METRIC_COUNTER, S("hits"), &control, 1, &id) == SP_E_ARG);
  for (size_t i = 1; i < kMaxMetricSeries; ++i) {
    CHECK(in.host.metric(&in.config, SP_METRIC_GAUGE, S("g" + std::to_string(i)), nullptr, 0, &id) == SP_OK);
  }
  CHECK(in.host.metric(&in.config, SP_METRIC_GAUGE, S("more"), nullptr, 0, &id) == SP_E_LIMIT);
}

TEST_CASE("Config memory is zeroed, aligned, and never moves") {
  InCreate in;
  std::vector<std::pair<char*, size_t>> blocks;
  for (size_t i = 0; i < 2000; ++i) {
    const size_t size = i * 37 % 9000;
    const size_t align = size_t{1} << (i % 7);
    auto* block = static_cast<char*>(in.host.alloc(&in.config, size, align));
    REQUIRE(block != nullptr);
    REQUIRE(reinterpret_cast<size_t>(block) % align == 0);
    REQUIRE(std::all_of(block, block + size, [](char c) { return c == 0; }));
    std::fill(block, block + size, static_cast<char>(i));
    blocks.emplace_back(block, size);
  }
  for (size_t i = 0; i < blocks.size(); ++i) {
    const auto [block, size] = blocks[i];
    REQUIRE(std::all_of(block, block + size, [&](char c) { return c == static_cast<char>(i); }));
  }
  CHECK(reinterpret_cast<size_t>(in.host.alloc(&in.config, 1, 48)) % 16 == 0);  // a senseless alignment
}

}  // namespace
}  // namespace sp::plugin_host
