// Configs and route configs: conformance tests 3 and 4 of the plugin ABI, references, reuse.
#include "core/plugin_host/filter_config.h"

#include "core/plugin_host/testdata/host.h"
#include "test/support/catch.h"

namespace sp::plugin_host {
namespace {

using testing::ContainsSubstring;

// As stamp.c has it.
struct StampConfig {
  sp_str name, value;
  uint64_t timeout, limit;
  uint32_t cluster, reason, own_slot, other_slot, series;
  sp_str keys;
};
const StampConfig& StampOf(const void* config) { return *static_cast<const StampConfig*>(config); }
std::string Text(const sp_str& text) { return {text.ptr, text.len}; }

ReferenceLookup Lookup(std::string* file) {
  ReferenceLookup lookup;
  lookup.cluster = [](const std::string& name) -> std::optional<FieldError> {
    if (name == "users" || name == "orders") return std::nullopt;
    return FieldError{{}, "there is no cluster \"" + name + "\"", "users"};
  };
  lookup.file = [file](const std::string& path, FieldError* error) -> std::shared_ptr<const std::string> {
    if (path == "keys.json") return std::make_shared<const std::string>(*file);
    *error = {{}, "can't be read", {}};
    return nullptr;
  };
  return lookup;
}

constexpr const char* kGood = R"({"name":"x-a","value":"b"})";

TEST_CASE("A config is read, validated, and filled with its defaults") {
  TestHost host;
  std::string file = "{\"keys\":[]}";
  const auto config = host.Create(
      host.Open("stamp"), R"({"name":"x-a","value":"b","limit":"1MiB","cluster":"users","keys":{"file":"keys.json"}})",
      Lookup(&file));
  CAPTURE(host.Errors());
  REQUIRE(config != nullptr);
  const StampConfig& stamp = StampOf(config->config());
  CHECK(Text(stamp.name) == "x-a");
  CHECK(Text(stamp.value) == "b");
  CHECK(stamp.timeout == 250'000'000);
  CHECK(stamp.limit == 1 << 20);
  CHECK(Text(stamp.keys) == file);

  const sp_config& object = *config->object();
  CHECK(object.clusters == std::vector<std::string>{"users"});
  CHECK(stamp.cluster == 0);
  CHECK(object.reasons == std::vector<std::string>{"stamp.refused"});
  CHECK(stamp.reason == 1);  // 0 is the host's
  REQUIRE(object.metadata_slots.size() == 2);
  CHECK(object.metadata_slots[stamp.own_slot].owner == "mine");
  CHECK(object.metadata_slots[stamp.own_slot].own);
  CHECK(object.metadata_slots[stamp.other_slot].owner == "auth");
  CHECK_FALSE(object.metadata_slots[stamp.other_slot].own);
  REQUIRE(object.metrics.size() == 1);
  CHECK(object.metrics[0] == MetricSeries{SP_METRIC_COUNTER, "stamped_total", {{"kind", "new"}}});
  CHECK(object.managed_request_headers == std::vector<std::string>{"x-a"});
  CHECK(host.log.Count("plugin stamp, filter mine: create") == 1);
}

TEST_CASE("Faults that the schema sees keep the plugin from being asked") {
  TestHost host;
  CHECK(host.Create(host.Open("stamp"), R"({"nmae":"x","value":1,"timeout":"soon"})") == nullptr);
  CHECK(host.Errors() ==
        "listeners[0].filters[1].config.name: is required\n"
        "listeners[0].filters[1].config.nmae: unknown field (did you mean \"name\"?)\n"
        "listeners[0].filters[1].config.timeout: must be a duration such as 5s or 250ms\n"
        "listeners[0].filters[1].config.value: must be text, not a number\n");
  CHECK(host.Create(host.Open("stamp"), "{") == nullptr);
  CHECK_THAT(host.Errors(), ContainsSubstring("listeners[0].filters[1].config: parse error"));
  CHECK(host.Create(host.Open("simple"), "[]") == nullptr);  // without a schema: any object
  CHECK(host.Errors() == "listeners[0].filters[1].config: must be an object, not a list\n");
  CHECK(host.log.Count("create") == 0);
}

TEST_CASE("Conformance 3: create fails with three faults; all are reported, nothing starts, nothing is left") {
  TestHost host;
  auto library = host.Open("create_fails");
  constexpr std::string_view kThree =
      "listeners[0].filters[1].config.rules[0].name: is taken\n"
      "listeners[0].filters[1].config.rules[1]: contradicts the first\n"
      "listeners[0].filters[1].config.rate: must be > 0\n";
  CHECK(host.Create(library, R"({"rules":[{"name":"a"},{}]})") == nullptr);
  CHECK(host.Errors() == kThree);
  CHECK(host.log.Count("destroy") == 0);  // it failed: there is nothing to destroy
  CHECK(host.Create(library, R"({"rules":[{"name":"a"},{}],"anyway":true})") == nullptr);
  CHECK(host.Errors() == kThree);
  CHECK(host.log.Count("destroy") == 1);  // it said that all was well, so it has to clean up
  CHECK(host.Create(library, R"({"silent":true})") == nullptr);
  CHECK(host.Errors() ==
        "listeners[0].filters[1].config: plugin \"create_fails\" refused it without a word (status -1)\n");
  CHECK(host.log.Count("start") == 0);
  CHECK(library.use_count() == 2);  // ours and that of the newest of its name
}

TEST_CASE("Conformance 4: create can start nothing") {
  TestHost host;
  const auto config = host.Create(host.Open("early"), "{}");
  CAPTURE(host.Errors());
  REQUIRE(config != nullptr);
  const auto* got = static_cast<const sp_status*>(config->config());
  const std::string_view calls[] = {"call",       "timer",     "cancel",    "offload",   "publish",     "bucket_take",
                                    "window_add", "store_get", "store_put", "store_cas", "store_delete"};
  for (size_t i = 0; i < std::size(calls); ++i) {
    CAPTURE(calls[i]);
    CHECK(got[i] == SP_E_PHASE);
  }
  CHECK(host.log.Count("was called where it is not allowed, only in [start]") == 1);  // once a config
}

TEST_CASE("An exception is the plugin's failure, not the process's") {
  TestHost host;
  CHECK(host.Create(host.Open("throws"), "{}") == nullptr);
  CHECK(host.Errors() == "listeners[0].filters[1].config: plugin \"throws\" threw an exception: no such luck\n");
  CHECK(host.Create(host.Open("throws"), R"({"odd":true})") == nullptr);
  CHECK_THAT(host.Errors(), ContainsSubstring("something that is no std::exception"));
}

TEST_CASE("References must exist; each that does not is an error at its place") {
  TestHost host;
  std::string file;
  const char* json = R"({"name":"x-a","value":"b","cluster":"usres","keys":{"file":"none.json"}})";
  CHECK(host.Create(host.Open("stamp"), json, Lookup(&file)) == nullptr);
  CHECK(host.Errors() ==
        "listeners[0].filters[1].config.cluster: there is no cluster \"usres\" (did you mean \"users\"?)\n"
        "listeners[0].filters[1].config.keys.file: can't be read\n");
  CHECK(host.Create(host.Open("stamp"), R"({"name":"x","value":"b","keys":{"file":"k"}})") == nullptr);
  CHECK_THAT(host.Errors(), ContainsSubstring("a file can't be read here"));
}

TEST_CASE("Equal configs are one object, until it is retired or gone") {
  TestHost host;
  std::string file = "1";
  const auto lookup = Lookup(&file);
  const char* with_file = R"({"name":"x-a","value":"b","keys":{"file":"keys.json"}})";
  auto library = host.Open("stamp");
  const auto first = host.Create(library, with_file, lookup);
  CHECK(host.Create(library, R"( {"value":"b", "keys":{"file":"keys.json"}, "name":"x-a"} )", lookup) == first);
  CHECK(host.Create(library, R"({"name":"x-a","value":"b","timeout":"250ms","keys":{"file":"keys.json"}})", lookup) ==
        first);  // what it says is the default
  file = "2";
  CHECK(host.Create(library, with_file, lookup) != first);
  file = "1";
  CHECK(host.Create(library, with_file, lookup) == first);
  ConfigRequest other_name = host.Request(library, with_file);
  other_name.name = "yours";
  CHECK(host.configs->Get(other_name, lookup, &host.errors) != first);
  ConfigRequest other_plugin = host.Request(library, with_file);
  other_plugin.plugin = "another";
  CHECK(host.configs->Get(other_plugin, lookup, &host.errors) != first);
  const auto changed = host.Open("stamp_changed");
  CHECK(host.Create(changed, with_file, lookup)->library() == changed);

  first->Retire();
  const auto again = host.Create(library, with_file, lookup);
  CHECK(again != first);
  CHECK(again->key() == first->key());
  host.configs->Sweep();
  CHECK(host.Create(library, with_file, lookup) == again);
}

TEST_CASE("A config is destroyed once, and holds its library until then") {
  TestHost host;
  auto library = host.Open("stamp");
  auto config = host.Create(library, kGood);
  library.reset();
  host.plugins->Sweep();
  CHECK(host.plugins->counts().serving == 1);
  config.reset();
  CHECK(host.log.Count("destroy") == 1);
  host.plugins->Sweep();
  CHECK(host.plugins->counts().unmapped == 1);
}

std::shared_ptr<RouteConfig> Route(TestHost& host, const std::shared_ptr<FilterConfig>& base,
                                   const std::vector<std::string>& layers) {
  std::vector<RouteConfigLayer> parts;
  for (size_t i = 0; i < layers.size(); ++i) parts.push_back({layers[i], FieldPath("layer" + std::to_string(i))});
  std::string file;
  return host.configs->GetRoute(base, parts, Lookup(&file), &host.errors);
}

TEST_CASE("A route config is the layers over the base, least to most specific") {
  TestHost host;
  std::string file;
  const auto base = host.Create(host.Open("stamp"), R"({"name":"x-a","value":"b","cluster":"users"})", Lookup(&file));
  REQUIRE(base != nullptr);
  const auto route = Route(host, base, {R"({"value":"c","cluster":"orders"})", "{}", R"({"value":"d"})", "{}"});
  CAPTURE(host.Errors());
  REQUIRE(route != nullptr);
  CHECK(Text(StampOf(route->config()).value) == "d");  // no default of a layer hides it
  CHECK(Text(StampOf(route->config()).name) == "x-a");
  CHECK(Text(StampOf(base->config()).value) == "b");
  CHECK(route->base() == base);
  // What the base declared keeps its ids, and new ones come after them.
  const sp_config& object = *route->object();
  CHECK(object.clusters == std::vector<std::string>{"users", "orders"});
  CHECK(StampOf(route->config()).cluster == 1);
  CHECK(object.metadata_slots.size() == 2);
  CHECK(object.base == base->object());
  CHECK(object.filter == "mine");

  CHECK(Route(host, base, {R"({"value":"c","cluster":"orders"})", "{}", R"({"value":"d"})", "{}"}) == route);
  CHECK(Route(host, base, {R"({"value":"d"})"}) != route);
  CHECK(host.log.Count("route_create") == 2);
  CHECK(host.log.Count("route_destroy") == 1);
}

TEST_CASE("Faults of route configs are told at the layer they stand in") {
  TestHost host;
  const auto base = host.Create(host.Open("stamp"), kGood);
  CHECK(Route(host, base, {R"({"valeu":"c"})", R"({"cluster":5})"}) == nullptr);
  CHECK(host.Errors() ==
        "layer0.valeu: unknown field (did you mean \"value\"?)\nlayer1.cluster: must be the name of a cluster\n");
  CHECK(Route(host, base, {"{}", R"({"cluster":"usres"})"}) == nullptr);
  CHECK(host.Errors() == "layer1.cluster: there is no cluster \"usres\" (did you mean \"users\"?)\n");
  CHECK(Route(host, base, {R"({"value":"bad"})", "{}", R"({"value":"bad"})"}) == nullptr);
  CHECK(host.Errors() == "layer0.value: is bad\nlayer1.value: is bad\nlayer2.value: is bad\n");
  CHECK(host.log.Count("route_destroy") == 1);
  const auto simple = host.Create(host.Open("simple"), "{}");
  CHECK(Route(host, simple, {"{}"}) == nullptr);
  CHECK(host.Errors() == "layer0: filter \"mine\" takes no config on routes\n");
}

TEST_CASE("A route config holds its base, and 10,000 routes with one policy share one") {
  TestHost host;
  auto base = host.Create(host.Open("stamp"), kGood);
  std::vector<std::shared_ptr<RouteConfig>> routes;
  for (int i = 0; i < 10'000; ++i) routes.push_back(Route(host, base, {R"({"value":"c"})"}));
  CHECK(host.log.Count("route_create") == 1);
  base.reset();
  CHECK(host.log.Count(": destroy") == 0);
  routes.clear();
  CHECK(host.log.Count("route_destroy") == 1);
  CHECK(host.log.Count(": destroy") == 1);
}

// Remembers what reached it.
class FakeRuntime final : public ConfigRuntime {
 public:
  sp_status Call(const sp_call&, uint64_t*) override { return Said("call"); }
  sp_status StartTimer(uint64_t, uint32_t, uint64_t*) override { return Said("timer"); }
  sp_status Cancel(uint64_t) override { return Said("cancel"); }
  sp_ref Ref() const override { return 17; }
  sp_status Offload(void(SP_CALL*)(void*), void*, uint32_t) override { return Said("offload"); }
  void SetReady(bool) override { Said("set_ready"); }
  sp_status Publish(const void*, void(SP_CALL*)(const void*)) override { return Said("publish"); }
  void MetricAdd(const sp_config&, uint32_t, int64_t) override { Said("metric_add"); }
  sp_status BucketTake(std::string_view, const sp_bucket&, sp_quota*) override { return Said("bucket_take"); }
  sp_status WindowAdd(std::string_view, const sp_window&, sp_quota*) override { return Said("window_add"); }
  sp_status StoreGet(std::string_view, void*, uint64_t*, uint64_t*) override { return Said("store_get"); }
  sp_status StorePut(std::string_view, std::string_view, uint64_t) override { return Said("store_put"); }
  sp_status StoreCas(std::string_view, std::string_view, uint64_t, uint64_t) override { return Said("store_cas"); }
  sp_status StoreDelete(std::string_view) override { return Said("store_delete"); }
  // What was called since, each followed by a space.
  std::string Take() { return std::exchange(calls_, {}); }

 private:
  sp_status Said(std::string_view what) {
    calls_ += what;
    calls_ += ' ';
    return SP_OK;
  }
  std::string calls_;
};

TEST_CASE("Background work is allowed in its phases alone") {
  TestHost host;
  FakeRuntime runtime;
  const auto config = host.Create(host.Open("stamp"), kGood);
  config->object()->runtime = &runtime;
  CHECK(config->Start() == SP_OK);
  CHECK(runtime.Take() == "timer ");
  config->OnConfigEvent(sp_event{});
  CHECK(runtime.Take() == "publish ");
  uint64_t id = 0;
  CHECK(host.config_host.timer(config->object(), 1, 0, &id) == SP_E_PHASE);  // outside of every callback
  CHECK(host.config_host.ref(config->object()) == 17);
  CHECK(host.config_host.offload(
            config->object(), [](void*) {}, nullptr, 0) == SP_OK);
  CHECK(host.config_host.offload(config->object(), nullptr, nullptr, 0) == SP_E_ARG);
  CHECK(runtime.Take() == "offload ");
  host.services.metric_add(config->object(), 0, 1);
  CHECK(runtime.Take() == "metric_add ");
  host.services.metric_add(config->object(), 1, 1);   // not declared
  host.services.metric_add(config->object(), 0, -1);  // a counter only grows
  host.services.metric_add(nullptr, 0, 1);
  CHECK(runtime.Take().empty());
  config->Stop();
  CHECK(host.log.Count("filter mine: stop") == 1);
  void* state = &id;
  CHECK(config->WorkerStart(0, &state) == SP_OK);  // the filter has no such callback
  CHECK(state == nullptr);
}

TEST_CASE("Arguments of services are checked before they are used") {
  TestHost host;
  FakeRuntime runtime;
  const auto config = host.Create(host.Open("stamp"), kGood);
  sp_config* c = config->object();
  c->runtime = &runtime;
  const sp_host& services = host.services;
  const sp_str key = SP_STR("k");
  const sp_str huge{"k", UINT64_MAX / 2};
  const sp_str null{nullptr, 3};
  sp_quota quota;
  uint64_t length = 0;
  sp_bucket bucket{1, 1, 0};
  CHECK(services.bucket_take(c, key, &bucket, &quota) == SP_OK);
  for (const sp_bucket bad : {sp_bucket{0, 1, 1}, sp_bucket{1, 0.5, 1}, sp_bucket{1, 1, -1},
                              sp_bucket{std::numeric_limits<double>::quiet_NaN(), 1, 1}, sp_bucket{1e300, 1, 1}}) {
    CHECK(services.bucket_take(c, key, &bad, &quota) == SP_E_ARG);
  }
  sp_window window{1'000'000, 1, 1};
  CHECK(services.window_add(c, key, &window, &quota) == SP_OK);
  window.window_ns = 999'999;
  CHECK(services.window_add(c, key, &window, &quota) == SP_E_ARG);
  CHECK(runtime.Take() == "bucket_take window_add ");
  for (const sp_str& wrong : {huge, null, sp_str{nullptr, 0}}) {
    CHECK(services.store_get(c, wrong, nullptr, &length, nullptr) == SP_E_ARG);
    CHECK(services.store_put(c, wrong, key, 1) == SP_E_ARG);
    CHECK(services.store_delete(c, wrong) == SP_E_ARG);
  }
  CHECK(services.store_put(c, key, huge, 1) == SP_E_ARG);
  CHECK(services.store_put(c, key, null, 1) == SP_E_ARG);
  CHECK(services.store_put(c, key, sp_str{}, 0) == SP_E_ARG);
  length = 5;
  CHECK(services.store_get(c, key, nullptr, &length, nullptr) == SP_E_ARG);
  CHECK(services.store_get(c, key, nullptr, nullptr, nullptr) == SP_E_ARG);
  CHECK(services.store_get(nullptr, key, nullptr, &length, nullptr) == SP_E_ARG);
  CHECK(runtime.Take().empty());
  services.log(c, 99, null);
  services.log(c, SP_LOG_INFO, huge);
  services.random(c, nullptr, 8);
  bool dropped = false;
  CHECK(services.post(1, 0, &dropped, [](void* data) { *static_cast<bool*>(data) = true; }) == SP_E_GONE);
  CHECK(dropped);
}

TEST_CASE("A call is checked and completed") {
  TestHost host;
  std::string file;
  const auto config = host.Create(host.Open("stamp"), R"({"name":"x-a","value":"b","cluster":"users"})", Lookup(&file));
  const sp_config* c = config->object();
  sp_call call{};
  sp_call full;
  call.size = sizeof call;
  CHECK(CallView(c, &call, &full) == SP_OK);
  CHECK(Text(full.method) == "GET");
  CHECK(Text(full.path) == "/");
  CHECK(Text(full.authority) == "users");
  CHECK(full.timeout_ns == 5'000'000'000);
  CHECK(full.max_answer == 65536);
  const auto refused = [&](auto change) {
    sp_call bad = call;
    change(bad);
    return CallView(c, &bad, &full) == SP_E_ARG;
  };
  CHECK(refused([](sp_call& x) { x.size = 8; }));
  CHECK(refused([](sp_call& x) { x.cluster = 1; }));
  CHECK(refused([](sp_call& x) { x.header_count = 1; }));
  CHECK(refused([](sp_call& x) { x.header_count = UINT64_MAX; }));
  CHECK(refused([](sp_call& x) { x.path = {nullptr, 1}; }));
  CHECK(refused([](sp_call& x) { x.body = {"", uint64_t{1} << 63}; }));
  CHECK(refused([](sp_call& x) { x.timeout_ns = 61'000'000'000; }));
  CHECK(refused([](sp_call& x) { x.max_answer = 1 << 25; }));
  const sp_header bad_header{SP_STR("x"), {nullptr, 5}};
  CHECK(refused([&](sp_call& x) { x.headers = &bad_header, x.header_count = 1; }));
  CHECK(CallView(c, nullptr, &full) == SP_E_ARG);
}

}  // namespace
}  // namespace sp::plugin_host
