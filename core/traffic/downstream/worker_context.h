// WorkerContext: what the connections of one worker share. Owned by the worker, outlives them all.
#pragma once

#include <sallyport/http_filter.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "core/base/metric_registry.h"
#include "core/http/date.h"
#include "core/http/h1/server_connection.h"
#include "core/net/reactor.h"
#include "core/plugin_host/attribution.h"
#include "core/traffic/downstream/stats.h"
#include "core/traffic/snapshot/worker_snapshot.h"

namespace sp::downstream {

struct WorkerContext {
  net::Reactor& reactor;
  MetricRegistry& metrics;
  uint32_t worker = 0;
  const sp_http* http = nullptr;                // the ABI's table of stream functions
  plugin_host::Marker* marker = nullptr;        // of the worker's thread
  snapshot::WorkerSnapshot* current = nullptr;  // what new streams run
  http::HttpDate date;
  h1::ServerCounters h1_counters;
  uint64_t next_connection_id = 1;
  // Our entry in Via, one per process (RFC 9110 section 7.6.3): a request that carries it already goes in a circle.
  std::string via;

  // A date that is right for this turn.
  const http::HttpDate& Date() {
    date.Update(reactor.wall());
    return date;
  }
  // Counts an exchange that ended for `reason` (a token).
  void CountReason(std::string_view reason);
  std::map<std::string, ReasonStats*, std::less<>> reasons;

  WorkerContext(net::Reactor& r, MetricRegistry& m, uint32_t w) : reactor(r), metrics(m), worker(w) {}
};

}  // namespace sp::downstream
