// The page that Prometheus scrapes: text exposition format 0.0.4 of every series in the registry, and of the process.
//
// HELP and TYPE stand once per name, all series of a name together; histograms are cumulative and in seconds. Bytes
// that are no UTF-8 become U+FFFD, since one such label would make a scraper refuse the whole page. Time is linear in
// the series. Any thread; the registry is locked meanwhile.
#pragma once

#include <string>

#include "core/base/metric_registry.h"

namespace sp::telemetry {

inline constexpr const char* kMetricsContentType = "text/plain; version=0.0.4; charset=utf-8";

std::string MetricsPage(const MetricRegistry& registry);

}  // namespace sp::telemetry
