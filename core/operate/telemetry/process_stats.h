// What the metrics page says of the process, under the names that Prometheus' clients use.
#pragma once

#include <string>

namespace sp::telemetry {

// Appends the series. What the system does not tell is left out.
void AppendProcessStats(std::string* page);

}  // namespace sp::telemetry
