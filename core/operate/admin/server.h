// Server: the HTTP pages for operators, orchestrators and scrapers: /ready /live /metrics /config /version.
//
// The same strict HTTP/1.1 codec as the proxy's, on the main thread's loop. One request a connection, GET and HEAD
// only; nothing here changes anything. A browser must not read it for a foreign page (THREATS T123): Host has to be
// local (a loopback name or address, or the address that is listened on), a request with Origin is refused, and every
// page is plain text or JSON with `nosniff`.
//
// `probes_only` serves /ready, /live and /metrics alone, to whatever Host: load balancers call it by many names.
//
//   std::string error;
//   auto admin = admin::Server::Open(loop, *net::Address::Parse("127.0.0.1:9901"), false, sources, &error);
//
// On the loop's thread; destroyed before the loop. At most kMaxConnections: who has not sent a request yet makes room,
// oldest first, so that idle connections can't keep a probe out.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "core/base/metric_registry.h"
#include "core/net/address.h"
#include "core/net/uv/loop.h"

namespace sp::admin {

struct ReadyState {
  bool ready = false;
  std::string reason;  // while not ready: `starting`, `draining`
};

// Where the pages come from; called on the loop's thread. `metrics` and what the functions use outlive the server.
struct AdminSources {
  std::function<ReadyState()> ready;
  std::function<std::string(bool json)> config;  // the running configuration, as YAML or JSON
  std::function<std::string()> version;          // JSON
  const MetricRegistry* metrics = nullptr;
};

class Server {
 public:
  static constexpr size_t kMaxConnections = 64;

  // Listens at once. Null, and `*error` filled, when the address can't be had.
  static std::unique_ptr<Server> Open(uv::Loop& loop, const net::Address& address, bool probes_only,
                                      AdminSources sources, std::string* error);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // With the port that the system chose where 0 was asked.
  const net::Address& address() const;
  size_t connections() const;

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sp::admin
