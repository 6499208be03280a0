#include "core/traffic/host/worker.h"

#include <sallyport/config.h>

#include <string>

#include "core/plugin_host/config_object.h"

namespace sp::host {
namespace {

thread_local Worker* current = nullptr;

}  // namespace

Worker* Worker::Current() { return current; }
void Worker::MakeCurrent() { current = this; }

void* Worker::SeriesOf(const sp_config& c, uint32_t series) {
  auto& known = series_[&c];
  if (known.size() < c.metrics.size()) known.resize(c.metrics.size());
  if (known[series] != nullptr) return known[series];
  const auto& metric = c.metrics[series];
  Labels labels = {{"plugin", c.plugin}, {"filter", c.filter}};
  labels.insert(labels.end(), metric.labels.begin(), metric.labels.end());
  const std::string name = "sallyport_plugin_" + metric.name;
  constexpr std::string_view kHelp = "Defined by the plugin.";
  if (metric.kind == SP_METRIC_COUNTER) {
    known[series] = metrics_.RegisterOne<Counter>(MetricKind::kCounter, name, kHelp, labels, index_);
  } else if (metric.kind == SP_METRIC_GAUGE) {
    known[series] = metrics_.RegisterOne<Gauge>(MetricKind::kGauge, name, kHelp, labels, index_);
  } else {
    known[series] = metrics_.RegisterOne<Histogram>(MetricKind::kHistogram, name, kHelp, labels, index_);
  }
  return known[series];
}

void Worker::MetricAdd(const sp_config& c, uint32_t series, int64_t n) {
  void* at = SeriesOf(c, series);
  if (at == nullptr) return;  // another plugin has a series of this name and another kind
  switch (c.metrics[series].kind) {
    case SP_METRIC_COUNTER:
      return static_cast<Counter*>(at)->Add(static_cast<uint64_t>(n));
    case SP_METRIC_GAUGE:
      return static_cast<Gauge*>(at)->Add(n);
    default:
      return static_cast<Histogram*>(at)->Observe(static_cast<uint64_t>(n));
  }
}

}  // namespace sp::host
