#include "core/traffic/route/search.h"

#include <algorithm>

namespace sp::route {

BucketsOfRoutes::BucketsOfRoutes(const std::vector<std::vector<uint32_t>>& buckets) {
  begins_.reserve(buckets.size() + 1);
  begins_.push_back(0);
  for (const std::vector<uint32_t>& of_route : buckets) {
    buckets_.insert(buckets_.end(), of_route.begin(), of_route.end());
    begins_.push_back(static_cast<uint32_t>(buckets_.size()));
  }
  buckets_.shrink_to_fit();
}

bool BucketsOfRoutes::Has(uint32_t route, uint32_t bucket) const {
  const auto begin = buckets_.begin() + begins_[route];
  const auto end = buckets_.begin() + begins_[route + 1];
  return std::binary_search(begin, end, bucket);
}

}  // namespace sp::route
