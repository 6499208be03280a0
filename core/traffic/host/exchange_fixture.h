// ExchangeFixture: a whole worker in memory, for tests of what filters see and do: a client and an upstream on a
// simulated network, one listener whose chain is filters written in the test, one route, one cluster. Time passes when
// the test says so.
//
//   ExchangeFixture x;
//   x.Add("a").request_head = [](Call& c) { … return SP_HOLD; };
//   const Message answer = x.Exchange("GET / HTTP/1.1\r\nhost: h\r\n\r\n", "HTTP/1.1 204 No Content\r\n\r\n");
//   CHECK(x.forwarded.Field("x-a") == "1");
//   CHECK(x.trace == std::vector<std::string>{"a request_head END MSG_END", …});
//
// Every hook that a filter has is written to `trace`, with its flags. A hook that is not set does not exist.
#pragma once

#include <sallyport/http_filter.h>

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/plugin_host/config_object.h"
#include "core/traffic/downstream/connection_manager.h"
#include "core/traffic/host/offload_pool.h"
#include "core/traffic/host/services.h"
#include "core/traffic/host/stream_table.h"
#include "core/traffic/host/worker.h"
#include "test/support/simulated_world.h"

namespace sp::testing {

// What a hook is called with, and the functions most tests need.
struct Call {
  const sp_http& http;
  sp_stream* s;
  uint32_t flags = 0;
  uint64_t new_bytes = 0;
  const sp_event* event = nullptr;
  uint64_t* instance = nullptr;  // zero at first

  static sp_str Text(std::string_view text) { return {text.data(), text.size()}; }
  sp_status Set(uint32_t map, std::string_view name, std::string_view value) {
    return http.header_set(s, map, Text(name), Text(value));
  }
  std::string Get(uint32_t map, std::string_view name) {
    sp_str value{};
    return http.header_get(s, map, Text(name), &value) == SP_OK ? std::string(value.ptr, value.len) : "";
  }
  std::string Body(uint32_t direction) {
    std::string body(http.body_size(s, direction), '\0');
    http.body_copy(s, direction, 0, body.size(), body.data());
    return body;
  }
  sp_status Append(uint32_t direction, std::string_view text) { return http.body_append(s, direction, Text(text)); }
  sp_status Replace(uint32_t direction, std::string_view text) { return http.body_replace(s, direction, Text(text)); }
  sp_status Reply(uint32_t status, std::string_view body = {}) {
    sp_reply reply{};
    reply.size = sizeof reply;
    reply.status = status;
    reply.flags = SP_REPLY_PLAIN;
    reply.body = Text(body);
    return http.reply(s, &reply);
  }
  sp_status Timer(Duration after) { return http.timer(s, static_cast<uint64_t>(after.count()), 7, nullptr); }
  int64_t Origin() {
    sp_value value{};
    return http.fact(s, SP_FACT_RESPONSE_ORIGIN, &value) == SP_OK ? value.i64 : -1;
  }
};

// A filter of the test. What is not set is null in its table.
struct FilterScript {
  using Hook = std::function<sp_result(Call&)>;
  std::string name;
  Hook request_head, request_body, request_trailers, response_head, response_body, response_trailers;
  std::function<void(Call&)> event, complete;
  uint32_t flags = 0;
  bool fail_open = false;
  uint64_t hold_limit = 1 << 20;

  int completed = 0;
  int destroyed = 0;
  std::vector<std::string>* trace = nullptr;
  sp_http_filter table{};
  sp_config object;
  filter::FilterState state;

  void FillTable();
};

// One HTTP/1 message as it stood on the wire.
struct Message {
  std::string start, head, body;  // body: everything behind the empty line
  explicit Message(std::string_view bytes = {});
  int status() const;
  // The values of a field, joined by `|`; empty where there is none.
  std::string Field(std::string_view name) const;
};

class ExchangeFixture final : private downstream::StreamRecordSink {
 public:
  ExchangeFixture();
  ~ExchangeFixture();

  // Before the first Dial.
  FilterScript& Add(std::string name);
  snapshot::ListenerTimeouts timeouts;
  route::Modifications modifications;
  cluster::ClusterSpec cluster;

  SimulatedPeer Dial();
  SimulatedServer& upstream() { return world.network().Serve("127.0.0.1:9001"); }
  // A new client sends `request`, the upstream's newest connection gives `response`, the client's answer is returned.
  Message Exchange(std::string_view request, std::string_view response);
  void Run() { world.RunUntilIdle(); }

  SimulatedWorld world;
  std::vector<std::string> trace;
  Message forwarded;  // what the upstream got in the last Exchange
  struct Ended {
    int status;
    std::string reason, plugin;
  };
  std::vector<Ended> ended;  // exchanges that are over

 private:
  void Start();
  void OnStreamEnd(const downstream::StreamRecord& record) override;

  MetricRegistry metrics_;
  host::OffloadPool offload_{0};
  plugin_host::Marker marker_;
  std::deque<FilterScript> filters_;
  host::Worker worker_{world.reactor(), metrics_, offload_, 0};
  downstream::WorkerContext context_{world.reactor(), metrics_, 0};
  std::shared_ptr<snapshot::ListenerSpec> listener_;
  std::unique_ptr<snapshot::WorkerSnapshot> snapshot_;
  std::unique_ptr<downstream::ConnectionManager> connections_;
};

}  // namespace sp::testing
