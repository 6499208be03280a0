// FakeHost, FakeConfig, FakeStream: the tables of the plugin ABI over plain data, to test a filter's logic alone.
//
// The clock is simulated, messages are lists and strings, and whatever the filter asks for (replies, calls, timers,
// metrics, log lines) stands in members to be looked at. What needs the real chain (other filters, held bodies,
// framing) is tested with the test host. Only the rules that a filter's own code meets are kept: views live as long as
// the stream, completions never come from within a call, phases are not checked. One thread, but for posts.
//
//   FakeHost host;
//   FakeConfig config(host, EntryFilter(sallyport_plugin_entry), R"({"deny": ["203.0.113.0/24"]})");
//   REQUIRE(config.errors == Errors{});
//   FakeStream s(config);
//   s.SetClient("203.0.113.7");
//   CHECK(s.RequestHead() == SP_PAUSE);                     // the SDK's answer after reply()
//   CHECK(s.reply->reason == "ip_list.denied");
#pragma once

#include <sallyport/http_filter.h>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/clock.h"

namespace sp::testing {

using Fields = std::vector<std::pair<std::string, std::string>>;
using Errors = std::vector<std::string>;  // "/deny/0: is no address"

// A call-out that waits for its answer.
struct FakeCall {
  uint64_t id = 0;
  uint32_t tag = 0;
  std::string cluster, method, path, authority, body;
  Fields headers;
  Duration timeout{0};
  bool done = false;  // answered or cancelled
};
struct FakeAnswer {
  uint32_t status = 200;
  std::string body;
  Fields headers;
  std::string failure;  // "upstream.timeout": there is no answer
};

struct FakeReply {
  uint32_t status = 0;
  std::string reason;
  Fields headers;
  std::string body, detail;
  uint32_t flags = 0;
  // First value, or "-".
  std::string Header(std::string_view name) const;
};

class FakeConfig;

class FakeHost {
 public:
  FakeHost();
  ~FakeHost();
  FakeHost(const FakeHost&) = delete;
  FakeHost& operator=(const FakeHost&) = delete;

  std::set<std::string> clusters;            // that exist
  std::map<std::string, std::string> files;  // contents by the name in the config; secrets as well
  std::map<std::string, int64_t> metrics;    // by `name` or `name{a="x",b="y"}`; a histogram counts observations
  std::vector<std::string> logs;
  SimulatedClock clock;
  uint32_t log_level = SP_LOG_TRACE;

  int64_t Metric(const std::string& name) const;  // 0 where it was never added to
  // Empties the store and lets it hold so many entries only.
  void LimitStore(uint64_t entries);
  // Runs what is queued (offloaded work, posts) and the timers that are due, in order, until `d` later.
  void Advance(Duration d);
  void Turn() { Advance(Duration(0)); }

  // ---- for the tables
  struct Timer {
    TimePoint due;
    uint64_t id;
    std::function<void()> fire;
  };
  void Enqueue(std::function<void()> work);
  uint64_t AddTimer(Duration after, std::function<void(uint64_t)> fire);
  void CancelTimer(uint64_t id);
  uint64_t NextId() { return ++last_id_; }
  const sp_host& table() const { return table_; }
  struct Store;
  Store& store() { return *store_; }

 private:
  void RunQueue();
  sp_host table_;
  std::vector<Timer> timers_;
  std::mutex queue_mutex_;
  std::deque<std::function<void()>> queue_;
  uint64_t last_id_ = 0;
  std::unique_ptr<Store> store_;
};

// The table of a plugin's first filter.
const sp_http_filter& EntryFilter(const sp_plugin_entry& entry, size_t index = 0);

// A document that a filter reads: its config or a list of route configs.
struct FakeDocument;

class FakeConfig {
 public:
  // Creates at once; `errors` says why it was refused.
  FakeConfig(FakeHost& host, const sp_http_filter& filter, std::string_view json, std::string name = "test");
  ~FakeConfig();
  FakeConfig(const FakeConfig&) = delete;
  FakeConfig& operator=(const FakeConfig&) = delete;

  bool ok() const { return created_ != nullptr; }
  // start and worker_start of one worker. False: one of them failed.
  bool Start();
  void Answer(size_t call, const FakeAnswer& answer);
  // What hooks get where the route has these configs, from least to most specific. Null, and `errors`, if refused.
  // Owned by the config.
  const void* Route(const std::vector<std::string>& jsons);

  Errors errors;
  std::vector<FakeCall> calls;
  std::set<std::string> owned_headers;
  std::vector<std::string> reasons;                        // id is the place + 1
  std::vector<std::pair<std::string, std::string>> slots;  // owner, key
  std::vector<std::string> series;
  std::set<uint32_t> histograms;  // by place in series
  bool ready = true;
  const void* published = nullptr;
  void* worker_state = nullptr;
  const std::string name;

  FakeHost& host() { return host_; }
  const sp_http_filter& filter() const { return filter_; }
  const void* created() const { return created_; }
  sp_config* abi() const { return abi_; }
  const std::string& cluster_name(uint32_t id) const { return cluster_names_[id]; }

 private:
  friend struct ConfigTable;
  FakeHost& host_;
  const sp_http_filter& filter_;
  sp_config* abi_ = nullptr;
  void* created_ = nullptr;
  bool started_ = false, worker_started_ = false;
  std::vector<std::string> cluster_names_;
  void (*retire_)(const void*) = nullptr;
  std::vector<std::unique_ptr<FakeDocument>> documents_;
  std::deque<std::unique_ptr<char[]>> memory_;
  std::vector<void*> routes_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

class FakeStream {
 public:
  // `effective`: what config.Route() gave, or null for the config itself.
  explicit FakeStream(FakeConfig& config, const void* effective = nullptr);
  ~FakeStream();  // complete and destroy, if a hook was called
  FakeStream(const FakeStream&) = delete;
  FakeStream& operator=(const FakeStream&) = delete;

  // The message, to be set before and looked at after.
  std::string method = "GET", scheme = "http", authority = "api.example.com", path = "/", query;
  std::string status = "200";
  Fields maps[4];  // by SP_REQUEST, SP_RESPONSE, SP_REQUEST_TRAILERS, SP_RESPONSE_TRAILERS
  Fields& request = maps[SP_REQUEST];
  Fields& response = maps[SP_RESPONSE];
  std::string bodies[2];

  void SetClient(std::string_view ip);  // address as text and bytes
  void SetFact(uint32_t id, std::string_view text);
  void SetFact(uint32_t id, int64_t number);
  void SetMetadata(std::string_view owner, std::string_view key, std::string_view text);
  void SetMetadata(std::string_view owner, std::string_view key, const sp_value& value);

  sp_result RequestHead(uint32_t flags = SP_F_END | SP_F_MSG_END);
  sp_result RequestBody(std::string_view more, uint32_t flags = 0);
  sp_result RequestTrailers();
  sp_result ResponseHead(uint32_t flags = SP_F_END | SP_F_MSG_END);
  sp_result ResponseBody(std::string_view more, uint32_t flags = 0);
  void Answer(size_t call, const FakeAnswer& answer);
  void Complete();

  std::optional<FakeReply> reply;
  std::vector<FakeCall> calls;
  std::vector<std::pair<uint32_t, sp_result>> resumed;  // direction, result
  bool aborted = false;
  int reroutes = 0;

  // First value in `map`, or "-" where there is none.
  std::string Header(uint32_t map, std::string_view name) const;
  std::vector<std::string> Values(uint32_t map, std::string_view name) const;
  // What the filter under test wrote; "-" where nothing.
  std::string Metadata(std::string_view key) const;

  FakeConfig& config() { return config_; }

 private:
  friend struct HttpTable;
  std::string_view Keep(std::string_view text);
  void Begin();
  void Event(const sp_event& event);

  FakeConfig& config_;
  const void* effective_;
  sp_stream* abi_;
  bool begun_ = false, completed_ = false;
  std::unique_ptr<char[]> instance_memory_;
  void* instance_ = nullptr;
  std::deque<std::string> texts_;  // never freed before the stream is
  std::deque<std::vector<sp_header>> lists_;
  std::deque<std::unique_ptr<char[]>> memory_;
  std::map<uint32_t, sp_value> facts_;
  std::map<std::pair<std::string, std::string>, sp_value> metadata_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace sp::testing
