// The fixture itself; a test file by name so that it is linked into the tests alone.
#include "core/traffic/host/exchange_fixture.h"

#include <cstdlib>
#include <utility>

namespace sp::testing {
namespace {

FilterScript& ScriptOf(const void* config) { return *static_cast<FilterScript*>(const_cast<void*>(config)); }

std::string FlagNames(uint32_t flags) {
  std::string names;
  if ((flags & SP_F_END) != 0) names += " END";
  if ((flags & SP_F_BODY_END) != 0) names += " BODY_END";
  if ((flags & SP_F_MSG_END) != 0) names += " MSG_END";
  if ((flags & SP_F_LIMIT) != 0) names += " LIMIT";
  return names;
}

sp_result Run(FilterScript::Hook FilterScript::*hook, std::string_view name, const void* config, Call call, bool body) {
  FilterScript& script = ScriptOf(config);
  script.trace->push_back(script.name + " " + std::string(name) + (body ? " " + std::to_string(call.new_bytes) : "") +
                          FlagNames(call.flags));
  return (script.*hook)(call);
}

template <FilterScript::Hook FilterScript::*kHook, const char* kName>
sp_result SP_CALL PlainHook(const sp_http* http, sp_stream* s, void* self, const void* config, uint32_t flags) {
  return Run(kHook, kName, config, Call{*http, s, flags, 0, nullptr, static_cast<uint64_t*>(self)}, false);
}

template <FilterScript::Hook FilterScript::*kHook, const char* kName>
sp_result SP_CALL BodyHook(const sp_http* http, sp_stream* s, void* self, const void* config, uint64_t new_bytes,
                           uint32_t flags) {
  return Run(kHook, kName, config, Call{*http, s, flags, new_bytes, nullptr, static_cast<uint64_t*>(self)}, true);
}

void SP_CALL OnEvent(const sp_http* http, sp_stream* s, void* self, const void* config, const sp_event* event) {
  Call call{*http, s, 0, 0, event, static_cast<uint64_t*>(self)};
  ScriptOf(config).trace->push_back(ScriptOf(config).name + " event");
  ScriptOf(config).event(call);
}

void SP_CALL OnComplete(const sp_http* http, sp_stream* s, void* self, const void* config) {
  Call call{*http, s, 0, 0, nullptr, static_cast<uint64_t*>(self)};
  ++ScriptOf(config).completed;
  if (ScriptOf(config).complete) ScriptOf(config).complete(call);
}

void SP_CALL Destroy(void*, const void* config) { ++ScriptOf(config).destroyed; }

constexpr char kRequestHead[] = "request_head", kRequestBody[] = "request_body",
               kRequestTrailers[] = "request_trailers", kResponseHead[] = "response_head",
               kResponseBody[] = "response_body", kResponseTrailers[] = "response_trailers";

}  // namespace

void FilterScript::FillTable() {
  using F = FilterScript;
  table.size = sizeof table;
  table.flags = flags;
  table.name = Call::Text(name);
  table.instance_size = sizeof(uint64_t);
  if (request_head) table.on_request_head = PlainHook<&F::request_head, kRequestHead>;
  if (request_body) table.on_request_body = BodyHook<&F::request_body, kRequestBody>;
  if (request_trailers) table.on_request_trailers = PlainHook<&F::request_trailers, kRequestTrailers>;
  if (response_head) table.on_response_head = PlainHook<&F::response_head, kResponseHead>;
  if (response_body) table.on_response_body = BodyHook<&F::response_body, kResponseBody>;
  if (response_trailers) table.on_response_trailers = PlainHook<&F::response_trailers, kResponseTrailers>;
  if (event) table.on_event = OnEvent;
  table.on_complete = OnComplete;
  table.destroy = Destroy;
  object.filter = name;
  state.config = &object;
}

Message::Message(std::string_view bytes) {
  const size_t line = bytes.find("\r\n");
  const size_t end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) return;
  start = bytes.substr(0, line);
  head = bytes.substr(line, end + 2 - line);
  body = bytes.substr(end + 4);
}

int Message::status() const { return start.size() < 12 ? 0 : std::atoi(start.c_str() + 9); }

std::string Message::Field(std::string_view name) const {
  std::string values;
  const std::string before = "\r\n" + std::string(name) + ": ";
  for (size_t at = head.find(before); at != std::string::npos; at = head.find(before, at + 1)) {
    const size_t from = at + before.size();
    if (!values.empty()) values += '|';
    values += head.substr(from, head.find("\r\n", from) - from);
  }
  return values;
}

ExchangeFixture::ExchangeFixture() {
  worker_.MakeCurrent();
  context_.http = &host::StreamTable(&host::Services());
  context_.marker = &marker_;
  cluster.name = "backend";
  cluster.endpoints.push_back({*net::Address::Parse("127.0.0.1:9001"), "127.0.0.1:9001"});
  upstream();
}

ExchangeFixture::~ExchangeFixture() {
  if (connections_ == nullptr) return;
  world.Turn([this] { connections_->AbortAll(); });
  world.RunUntilIdle();
  world.Turn([this] {
    connections_.reset();
    snapshot_.reset();
  });
  world.reactor().Shutdown();
}

FilterScript& ExchangeFixture::Add(std::string name) {
  FilterScript& script = filters_.emplace_back();
  script.name = std::move(name);
  script.trace = &trace;
  return script;
}

void ExchangeFixture::Start() {
  listener_ = std::make_shared<snapshot::ListenerSpec>();
  listener_->name = "edge";
  listener_->route_table = "main";
  listener_->timeouts = timeouts;
  filter::ChainState chain;
  filter::RouteConfigs configs;
  for (FilterScript& script : filters_) {
    script.FillTable();
    filter::FilterSpec& spec = listener_->chain.filters.emplace_back();
    spec.name = script.name;
    spec.table = &script.table;
    spec.base.config = &script;
    spec.base.object = &script.object;
    spec.fail_open = script.fail_open;
    spec.hold_limit = script.hold_limit;
    configs.push_back(spec.base);
    chain.filters.push_back(&script.state);
  }
  listener_->chain.Arrange();
  listener_->route_configs.Add(std::move(configs));

  route::RouteSpec route;
  route.name = "all";
  route.action = route::ClusterAction::To("backend");
  route.modifications = std::make_shared<route::Modifications>(modifications);
  std::vector<route::RouteSpec> routes;
  routes.push_back(std::move(route));
  auto spec = std::make_shared<snapshot::Snapshot>();
  spec->listeners.push_back(listener_);
  spec->clusters.push_back(std::make_shared<cluster::ClusterSpec>(cluster));
  spec->cluster_by_name[spec->clusters[0]->name] = 0;
  FieldErrors errors;
  spec->tables = route::TableSet({route::Table::Compile("main", std::move(routes))}, &errors);
  spec->links.push_back({{0}, 0, {0}});
  snapshot_ = std::make_unique<snapshot::WorkerSnapshot>(spec, metrics_, 0);
  snapshot_->SetCluster(0, std::make_shared<cluster::ClusterState>(spec->clusters[0], metrics_, 0));
  snapshot_->SetChain(0, std::move(chain));
  context_.current = snapshot_.get();
  connections_ = std::make_unique<downstream::ConnectionManager>(context_, listener_->name);
  connections_->Use(listener_, 0, this);
}

SimulatedPeer ExchangeFixture::Dial() {
  if (connections_ == nullptr) Start();
  return world.network().Dial([this](auto transport) { connections_->Accept(std::move(transport)); });
}

Message ExchangeFixture::Exchange(std::string_view request, std::string_view response) {
  SimulatedPeer client = Dial();
  client.Send(request);
  Run();
  forwarded = Message();
  if (upstream().count() > 0) {
    forwarded = Message(upstream().last().TakeReceived());
    upstream().last().Send(response);
    Run();
  }
  return Message(client.TakeReceived());
}

void ExchangeFixture::OnStreamEnd(const downstream::StreamRecord& record) {
  ended.push_back({record.status, std::string(record.reason), std::string(record.plugin)});
}

}  // namespace sp::testing
