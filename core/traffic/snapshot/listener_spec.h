// ListenerSpec: a listener as compiled, immutable, shared by all workers and by snapshots in which it is equal.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/http/validate.h"
#include "core/net/address.h"
#include "core/net/cidr.h"
#include "core/traffic/filter/chain_spec.h"
#include "core/traffic/snapshot/route_configs.h"

namespace sp::snapshot {

struct ListenerTimeouts {
  Duration header = std::chrono::seconds(10);
  Duration body = std::chrono::seconds(30);
  Duration request{0};  // 0: none
  Duration idle = std::chrono::seconds(75);
  Duration write = std::chrono::seconds(60);
};

// Where and how a listener's access log is written; `key` tells one writer from another.
struct AccessLogSpec {
  enum class Format : uint8_t { kJson, kText };
  std::string path;  // `stdout`, `stderr` or a file
  Format format = Format::kJson;
  std::string text;  // template
  friend bool operator==(const AccessLogSpec&, const AccessLogSpec&) = default;
};

struct ListenerSpec {
  std::string name;
  net::Address address;
  std::string route_table;
  filter::ChainSpec chain;
  RouteConfigTree route_configs;
  http::NameSet managed;  // request headers that filters of this listener own
  http::RequestRules rules;
  ListenerTimeouts timeouts;
  uint32_t max_connections = 0;  // over all workers; 0: what the limit of open files leaves
  uint64_t min_body_rate = 500;  // bytes per second
  net::CidrSet trusted_proxies;
  std::shared_ptr<const AccessLogSpec> access_log;  // null: none
};

}  // namespace sp::snapshot
