// RouteSpec: one route as compiled, immutable: when it matches, what is done then, what is changed on the way.
//
// config/compile makes these from v1::Route and gives them to Table::Compile (table.h), which keeps them. Nothing in a
// RouteSpec points outside its table: clusters and other tables are named, with a number that is local to the table
// (set by Table::Compile) and resolved per snapshot. So a table that didn't change is shared by snapshots as it is.
//
//   RouteSpec users;
//   users.name = "users";
//   users.match.hosts.push_back(*HostPattern::Parse("api.example.com", &error));
//   users.match.path = *PathPattern::Parse(PathPattern::Kind::kPrefix, "/users/", false, &error);
//   users.match.methods.Add("GET");
//   users.action = ClusterAction::To("users");
//   auto table = Table::Compile("main", {std::move(users)});
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/clock.h"
#include "core/traffic/route/matcher.h"
#include "core/traffic/route/pattern.h"

namespace sp::route {

// ----------------------------------------------------------------------------------------------------- conditions

// All that is said must hold; what isn't said holds.
struct MatchSpec {
  std::vector<HostPattern> hosts;  // any of them; empty: every host
  PathPattern path;
  MethodMatcher methods;
  std::vector<HeaderMatcher> headers;  // all of them
  std::vector<QueryMatcher> query;     // all of them; looked at last
  uint32_t per_million = 1'000'000;    // holds for this share of requests, by Request::random
};

// -------------------------------------------------------------------------------------------------------- actions

// A cluster's name and its place in Table::clusters().
struct ClusterRef {
  std::string name;
  uint32_t local = 0;  // set by Table::Compile
};

struct HeaderOp {
  enum class Kind : uint8_t { kSet, kAdd, kSetIfAbsent, kRemove };
  Kind kind = Kind::kSet;
  std::string name;   // lower case
  std::string value;  // checked: no CR, LF, NUL; empty for kRemove
};

struct WeightedCluster {
  ClusterRef cluster;
  uint32_t weight = 1;
  std::vector<HeaderOp> request_headers;  // beside those of the route
  std::vector<HeaderOp> response_headers;
};

struct ClusterAction {
  std::vector<WeightedCluster> clusters;  // at least one
  uint32_t total_weight = 1;              // the sum, > 0

  static ClusterAction To(std::string_view name);
  // `random` uniform over 64 bits.
  const WeightedCluster& Pick(uint64_t random) const;
};

// A regular expression and what its matches become; see Regex::ReplaceAll.
struct RegexRewrite {
  std::shared_ptr<const Regex> regex;
  std::string substitution;
};
// What MatchSpec::path matched (PathPattern::MatchedPrefix) replaced; begins with `/`, or is empty to strip it.
struct PrefixRewrite {
  std::string replacement;
};
// The whole path. `{name}` stands for what the route's template captured under that name.
struct FullRewrite {
  std::string path;
};
using PathRewrite = std::variant<std::monostate, PrefixRewrite, FullRewrite, RegexRewrite>;

struct Redirect {
  std::string scheme;            // empty: as it was
  std::string host;              // empty: as it was
  std::optional<uint16_t> port;  // absent: as it was, or the scheme's where scheme or host change
  PathRewrite path;              // monostate: as it was
  uint16_t status = 302;         // 301, 302, 303, 307, 308
  bool strip_query = false;
};

struct Respond {
  uint16_t status = 200;
  std::string content_type;  // empty: none where there is no body, else `text/plain; charset=utf-8`
  std::string body;
  std::vector<HeaderOp> headers;
};

// `table: NAME`. The table's routes are tried in place of this one; when none matches the scan goes on after it, or
// with `exclusive` ends without a route.
struct Delegate {
  std::string table;
  bool exclusive = false;
  uint32_t local = 0;  // its place in Table::delegates(); set by Table::Compile
};

using Action = std::variant<ClusterAction, std::shared_ptr<const Redirect>, std::shared_ptr<const Respond>, Delegate>;

// -------------------------------------------------------------------------------------------------- modifications

struct HostRewrite {
  enum class Kind : uint8_t { kKeep, kLiteral, kEndpoint, kHeader };
  Kind kind = Kind::kKeep;
  std::string text;  // kLiteral: the authority; kHeader: the request header that holds it; kEndpoint: empty
};

struct Modifications {
  PathRewrite path;
  HostRewrite host;
  std::vector<HeaderOp> request_headers;
  std::vector<HeaderOp> response_headers;
  std::optional<Duration> timeout;       // of the whole exchange; zero: none; absent: the default
  std::optional<Duration> idle_timeout;  // without a byte either way; absent: the default
};

// Of a route with these modifications (null: none).
inline Duration IdleTimeoutOf(const Modifications* modifications) {
  constexpr Duration kDefault = std::chrono::seconds(60);
  return modifications != nullptr ? modifications->idle_timeout.value_or(kDefault) : kDefault;
}

// ---------------------------------------------------------------------------------------------------------- route

struct RouteSpec {
  static constexpr uint32_t kNoOverrides = 0;

  std::string name;  // for log, metrics, explain; may be empty
  MatchSpec match;
  Action action;
  std::shared_ptr<const Modifications> modifications;  // null: none
  uint16_t missing_cluster = 0;                        // status where the cluster doesn't exist; 0: refused at apply
  uint32_t overrides = kNoOverrides;                   // opaque here: the table's list of filter configs

  const Redirect* redirect() const { return Get<Redirect>(); }
  const Respond* respond() const { return Get<Respond>(); }
  const ClusterAction* cluster() const { return std::get_if<ClusterAction>(&action); }
  const Delegate* delegate() const { return std::get_if<Delegate>(&action); }

 private:
  template <typename T>
  const T* Get() const {
    const auto* held = std::get_if<std::shared_ptr<const T>>(&action);
    return held == nullptr ? nullptr : held->get();
  }
};

}  // namespace sp::route
