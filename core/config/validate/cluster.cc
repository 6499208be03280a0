// A cluster by itself: weights, endpoints named twice.

#include <fmt/format.h>

#include <unordered_map>

#include "core/config/defaults.h"
#include "core/config/validate/parts.h"
#include "sallyport/v1/cluster.pb.h"

namespace sp::config {

namespace v1 = ::sallyport::v1;

void CheckCluster(const v1::Cluster& cluster, const Place& place, Report& report) {
  const Place endpoints = place.Field("endpoints");
  uint64_t weights = 0;
  std::unordered_map<std::string_view, int> seen;
  for (int i = 0; i < cluster.endpoints_size(); ++i) {
    const v1::Endpoint& endpoint = cluster.endpoints(i);
    weights += endpoint.has_weight() ? endpoint.weight() : 1;
    const auto [other, added] = seen.emplace(endpoint.address(), i);
    if (added || endpoint.address().empty()) continue;
    const Place at = endpoints.Index(i);
    report.Add(at.Field("address"), fmt::format("is that of endpoint {} too; give it a weight instead", other->second));
  }
  if (cluster.endpoints_size() > 0 && weights == 0) report.Add(endpoints, "all have the weight 0");
}

}  // namespace sp::config
