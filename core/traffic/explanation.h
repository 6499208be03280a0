// Explanation: what the gateway would do with a request, as data for people and machines: the routes that it passed and
// why, the route that took it, the filters with their configs there, and the action. Made by Explain (explain.h).
//
// A value; owns all its text. Neither filters nor upstreams are asked, so it is what holds until one of them does
// something.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/base/reason.h"

namespace sp::traffic {

struct ExplainedRequest {
  std::string method;
  std::string scheme;
  std::string authority;
  std::string host;  // as routes match it
  std::string path;  // normalised
  std::string query;
  bool has_query = false;
  std::string peer;    // who connected
  std::string client;  // who it is for, by X-Forwarded-For
  bool peer_trusted = false;
};

// A route's place, with its name if it has one.
struct ExplainedPlace {
  std::string table;
  uint32_t index = 0;
  std::string name;
};

// What became of one route that the scan came to.
struct ExplainedStep {
  ExplainedPlace place;
  uint32_t depth = 0;  // delegations above
  // `host`, `path`, `method`, `header`, `query`, `share`, `query_limit`: what did not hold; `match`; of a delegation
  // `enter` and, where nothing of its table matched, `leave`.
  std::string verdict;
  std::string wanted;
  std::string has;
};

struct ExplainedRoute {
  std::vector<ExplainedPlace> delegations;  // outermost first
  ExplainedPlace place;
  std::vector<std::pair<std::string, std::string>> params;  // of templates
};

struct ExplainedFilter {
  std::string name;
  std::string plugin;
  std::string filter;  // within the plugin
  std::string version;
  std::string disabled_by;  // `listener` or `route`; empty: it runs
  bool fail_open = false;
  std::vector<std::string> hooks;          // `request_head` …
  std::string config;                      // JSON, defaults filled in
  std::vector<std::string> route_configs;  // JSON, from least to most specific
};

struct ExplainedEndpoint {
  std::string name;
  uint32_t weight = 1;
  double share = 0;  // of the cluster's requests, 0 to 1
};

struct ExplainedCluster {
  std::string name;
  double share = 0;  // of the route's requests
  bool exists = false;
  uint16_t missing_status = 0;  // the answer where it does not exist
  std::string policy;
  Duration connect_timeout{0};
  std::vector<ExplainedEndpoint> endpoints;
  std::vector<std::string> request_headers;
  std::vector<std::string> response_headers;
};

struct ExplainedAction {
  enum class Kind : uint8_t { kForward, kRedirect, kRespond };
  Kind kind = Kind::kForward;
  std::vector<std::string> request_headers;  // `set x-a: 1`
  std::vector<std::string> response_headers;
  // kForward
  std::vector<ExplainedCluster> clusters;
  std::string path;  // with the query, as it goes upstream
  std::string authority;
  std::optional<Duration> timeout;  // of the whole exchange
  Duration idle_timeout{0};
  // The others
  uint16_t status = 0;
  std::string location;
  std::string content_type;
  std::string body;
};

struct Explanation {
  std::string listener;
  std::string address;
  std::string route_table;
  ExplainedRequest request;
  // What the gateway itself answers: a request that it refuses, no route, a rewrite that gives no path.
  Reason refusal = Reason::kNone;
  std::string refusal_detail;
  std::vector<ExplainedStep> steps;
  std::optional<ExplainedRoute> route;
  std::vector<ExplainedFilter> filters;
  std::optional<ExplainedAction> action;
  std::vector<std::string> notes;

  bool served() const { return refusal == Reason::kNone && route.has_value(); }
};

// Columns for people. Routes of another host or path are many in a large table: unless `all`, only the last few of
// them are shown, and long configs are cut.
std::string ToText(const Explanation& explanation, bool all);
// One JSON object, whole.
std::string ToJson(const Explanation& explanation);

}  // namespace sp::traffic
