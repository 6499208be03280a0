#include "core/traffic/downstream/stats.h"

#include <cstddef>

namespace sp::downstream {

std::pair<const MetricSeries*, size_t> ListenerStats::Series() {
  using enum MetricKind;
  using S = ListenerStats;
  static constexpr std::string_view kResponses = "sallyport_listener_responses_total";
  static constexpr std::string_view kHelp = "Answers sent to clients.";
  static constexpr MetricSeries kSeries[] = {
      {"sallyport_listener_connections_total", "Connections accepted.", kCounter, offsetof(S, connections)},
      {"sallyport_listener_limit_total", "Times that accepting stopped at the connection limit.", kCounter,
       offsetof(S, connection_limit)},
      {"sallyport_listener_requests_total", "Requests received.", kCounter, offsetof(S, requests)},
      {kResponses, kHelp, kCounter, offsetof(S, status[0]), "class", "1xx"},
      {kResponses, kHelp, kCounter, offsetof(S, status[1]), "class", "2xx"},
      {kResponses, kHelp, kCounter, offsetof(S, status[2]), "class", "3xx"},
      {kResponses, kHelp, kCounter, offsetof(S, status[3]), "class", "4xx"},
      {kResponses, kHelp, kCounter, offsetof(S, status[4]), "class", "5xx"},
      {"sallyport_listener_request_bytes_total", "Bytes of request bodies.", kCounter, offsetof(S, request_bytes)},
      {"sallyport_listener_response_bytes_total", "Bytes of response bodies.", kCounter, offsetof(S, response_bytes)},
      {"sallyport_listener_plugin_failed_open_total", "Requests that went on without a filter that failed.", kCounter,
       offsetof(S, plugin_failed_open)},
      {"sallyport_listener_drain_aborted_total", "Exchanges ended by the time limit of a drain.", kCounter,
       offsetof(S, drain_aborted)},
      {"sallyport_listener_open_connections", "Open connections.", kGauge, offsetof(S, open_connections)},
      {"sallyport_listener_active_requests", "Requests under way.", kGauge, offsetof(S, active_requests)},
      {"sallyport_listener_duration_seconds", "From a request's first byte to its answer's last.", kHistogram,
       offsetof(S, duration)},
  };
  return {kSeries, std::size(kSeries)};
}

std::pair<const MetricSeries*, size_t> ReasonStats::Series() {
  static constexpr MetricSeries kSeries[] = {
      {"sallyport_reasons_total", "Exchanges that the gateway itself answered or ended, by reason.",
       MetricKind::kCounter, offsetof(ReasonStats, streams)},
  };
  return {kSeries, std::size(kSeries)};
}

}  // namespace sp::downstream
