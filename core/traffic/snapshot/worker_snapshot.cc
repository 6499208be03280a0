#include "core/traffic/snapshot/worker_snapshot.h"

#include <cstddef>

namespace sp::snapshot {

std::pair<const MetricSeries*, size_t> RouteStats::Series() {
  using enum MetricKind;
  using S = RouteStats;
  static constexpr std::string_view kResponses = "sallyport_route_responses_total";
  static constexpr std::string_view kHelp = "Answers to requests of the route.";
  static constexpr MetricSeries kSeries[] = {
      {"sallyport_route_requests_total", "Requests that matched the route.", kCounter, offsetof(S, requests)},
      {kResponses, kHelp, kCounter, offsetof(S, status[0]), "class", "1xx"},
      {kResponses, kHelp, kCounter, offsetof(S, status[1]), "class", "2xx"},
      {kResponses, kHelp, kCounter, offsetof(S, status[2]), "class", "3xx"},
      {kResponses, kHelp, kCounter, offsetof(S, status[3]), "class", "4xx"},
      {kResponses, kHelp, kCounter, offsetof(S, status[4]), "class", "5xx"},
      {"sallyport_route_duration_seconds", "From the request's first byte to the answer's last.", kHistogram,
       offsetof(S, duration)},
  };
  return {kSeries, std::size(kSeries)};
}

WorkerSnapshot::WorkerSnapshot(std::shared_ptr<const Snapshot> spec, MetricRegistry& metrics, uint32_t worker)
    : spec_(std::move(spec)), metrics_(metrics), worker_(worker) {
  clusters_.resize(spec_->clusters.size());
  chains_.resize(spec_->listeners.size());
  route_stats_.resize(spec_->tables.size());
}

RouteStats& WorkerSnapshot::StatsOf(route::TableSlot slot, uint32_t index) {
  const route::Table& table = spec_->tables.at(slot);
  auto& stats = route_stats_[slot];
  if (stats.empty()) stats.resize(table.routes().size());
  if (stats[index] == nullptr) {
    stats[index] =
        metrics_.Register<RouteStats>({{"route_table", table.name()}, {"route", table.routes()[index].name}}, worker_);
  }
  return *stats[index];
}

}  // namespace sp::snapshot
