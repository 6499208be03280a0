// Request and MatchResult: what a route table is asked, and what it answers.
//
//   Query query(head.query, arena);
//   MatchResult result;
//   tables.Match(*tables.Find("main"), Request::Of(head, query, random.Next()), result);
//   if (result.route != nullptr) …
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "core/http/head.h"
#include "core/traffic/route/query.h"
#include "core/traffic/route/route.h"

namespace sp::route {

// A view of what routes look at; valid while the head is.
struct Request {
  std::string_view host;  // RequestHead::host
  std::string_view path;  // normalised; empty where the request has none
  http::Method method = http::Method::kGet;
  std::string_view method_text;
  const http::HeaderMap* headers = nullptr;
  Query* query = nullptr;
  uint64_t random = 0;         // decides MatchSpec::per_million
  uint16_t default_port = 80;  // of the scheme: the port where `host` names none

  static Request Of(const http::RequestHead& head, Query& query, uint64_t random) {
    const uint16_t port = head.scheme == "https" ? 443 : 80;
    return {head.host, head.path, head.method, head.method_text, &head.headers, &query, random, port};
  }
};

// A table's place in its TableSet.
using TableSlot = uint32_t;

struct Delegation {
  TableSlot table;  // where the delegating entry stands
  uint32_t index;   // its place there
  const RouteSpec* entry;
};

struct MatchResult {
  static constexpr size_t kMaxDepth = 8;    // delegations on the way to one route
  static constexpr size_t kMaxParams = 16;  // the route's own first, then those of the entries above it
  // Delegations that may be tried for one request; beyond it there is no route. Tables that delegate to tables that
  // delegate multiply, and that product is nobody's intention.
  static constexpr uint32_t kMaxDelegations = 10'000;

  enum class Outcome : uint8_t {
    kRoute,
    kNone,            // 404 route.none
    kExclusive,       // 404 route.none: an exclusive delegation had no route
    kQueryLimit,      // 400 query.limit: a matcher had to look at too many parameters
    kDelegationLimit  // 404 route.none
  };

  Outcome outcome = Outcome::kNone;
  const RouteSpec* route = nullptr;  // kRoute only; lives as long as the TableSet
  TableSlot table = 0;               // where it stands
  uint32_t index = 0;                // its place there
  // kRoute: the delegating entries on the way, outermost first. Otherwise where the scan ended.
  std::array<Delegation, kMaxDepth> chain;
  uint8_t depth = 0;
  uint8_t param_count = 0;
  std::array<PathParam, kMaxParams> params;
  // Index probes and candidates looked at: what the match cost, independent of the clock.
  uint32_t steps = 0;

  // The value captured under `name`; `nullptr` where there is none.
  const std::string_view* Param(std::string_view name) const;

  // For those that fill it: the route that was found below `chain`, with what it captures of `path`.
  void Take(const RouteSpec& taken, TableSlot at_table, uint32_t at_index, std::string_view path);
  void Clear();
};

}  // namespace sp::route
