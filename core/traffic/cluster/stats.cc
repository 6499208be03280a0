#include "core/traffic/cluster/stats.h"

#include <cstddef>

namespace sp::cluster {

std::pair<const MetricSeries*, size_t> ClusterStats::Series() {
  using enum MetricKind;
  using S = ClusterStats;
  static constexpr std::string_view kResponses = "sallyport_cluster_responses_total";
  static constexpr std::string_view kResponsesHelp = "Final answers of the cluster's endpoints.";
  static constexpr MetricSeries kSeries[] = {
      {"sallyport_cluster_requests_total", "Attempts sent to the cluster.", kCounter, offsetof(S, requests)},
      {"sallyport_cluster_retries_total", "Attempts that repeated one.", kCounter, offsetof(S, retries)},
      {"sallyport_cluster_connect_failures_total", "Connections refused or unreachable.", kCounter,
       offsetof(S, connect_failures)},
      {"sallyport_cluster_connect_timeouts_total", "Connections not accepted in time.", kCounter,
       offsetof(S, connect_timeouts)},
      {"sallyport_cluster_no_endpoint_total", "Requests for which there was no endpoint.", kCounter,
       offsetof(S, no_endpoint)},
      {"sallyport_cluster_pending_overflow_total", "Requests refused at a limit of the cluster.", kCounter,
       offsetof(S, pending_overflow)},
      {"sallyport_cluster_early_responses_total", "Answers complete before the request was sent.", kCounter,
       offsetof(S, early_responses)},
      {"sallyport_cluster_stray_bytes_total", "Idle connections closed because they sent something.", kCounter,
       offsetof(S, stray_bytes)},
      {kResponses, kResponsesHelp, kCounter, offsetof(S, status[0]), "class", "1xx"},
      {kResponses, kResponsesHelp, kCounter, offsetof(S, status[1]), "class", "2xx"},
      {kResponses, kResponsesHelp, kCounter, offsetof(S, status[2]), "class", "3xx"},
      {kResponses, kResponsesHelp, kCounter, offsetof(S, status[3]), "class", "4xx"},
      {kResponses, kResponsesHelp, kCounter, offsetof(S, status[4]), "class", "5xx"},
      {"sallyport_cluster_failed_attempts_total", "Attempts that ended without a final answer.", kCounter,
       offsetof(S, failed)},
      {"sallyport_cluster_active_requests", "Requests under way.", kGauge, offsetof(S, active_requests)},
      {"sallyport_cluster_connections", "Open connections.", kGauge, offsetof(S, connections)},
      {"sallyport_cluster_duration_seconds", "From the attempt's start to the end of its answer.", kHistogram,
       offsetof(S, duration)},
  };
  return {kSeries, std::size(kSeries)};
}

std::pair<const MetricSeries*, size_t> EndpointStats::Series() {
  using enum MetricKind;
  using S = EndpointStats;
  static constexpr MetricSeries kSeries[] = {
      {"sallyport_endpoint_requests_total", "Attempts sent to the endpoint.", kCounter, offsetof(S, requests)},
      {"sallyport_endpoint_failures_total", "Attempts that failed.", kCounter, offsetof(S, failures)},
      {"sallyport_endpoint_active_requests", "Requests under way.", kGauge, offsetof(S, active_requests)},
      {"sallyport_endpoint_connections", "Open connections.", kGauge, offsetof(S, connections)},
  };
  return {kSeries, std::size(kSeries)};
}

}  // namespace sp::cluster
