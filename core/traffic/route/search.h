// Search: one pass over an index for the first route from a place on. It is shown candidates, in any order and some of
// them twice, asks each whether it really matches, and keeps the earliest; whatever can't beat that one is passed over.
#pragma once

#include <cstdint>
#include <vector>

#include "core/traffic/route/judge.h"
#include "core/traffic/route/match.h"

namespace sp::route {

// Which of an index's host buckets each route stands in.
class BucketsOfRoutes {
 public:
  // `buckets[i]` ascending, once each.
  explicit BucketsOfRoutes(const std::vector<std::vector<uint32_t>>& buckets);
  BucketsOfRoutes() = default;

  bool Has(uint32_t route, uint32_t bucket) const;
  size_t bytes() const { return (begins_.capacity() + buckets_.capacity()) * sizeof(uint32_t); }

 private:
  std::vector<uint32_t> begins_;  // one more than there are routes
  std::vector<uint32_t> buckets_;
};

class Search {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  Search(const std::vector<RouteSpec>& routes, const BucketsOfRoutes& buckets, const Request& request, uint32_t from)
      : routes_(routes), buckets_(buckets), request_(request), from_(from) {}

  // Candidates shown from now on must stand in this bucket, whose host condition holds.
  void EnterBucket(uint32_t bucket) { bucket_ = bucket; }
  void Consider(uint32_t route) {
    if (route < from_ || route >= best_) return;
    ++steps_;
    uint32_t condition = 0;
    const Verdict verdict =
        buckets_.Has(route, bucket_) ? JudgeBesidesHost(routes_[route], request_, &condition) : Verdict::kHost;
    if (verdict != Verdict::kMatched && verdict != Verdict::kQueryLimit) return;
    best_ = route;
    verdict_ = verdict;
  }
  void CountStep() { ++steps_; }

  // Only routes in [from, best) are of interest.
  uint32_t from() const { return from_; }
  uint32_t best() const { return best_; }
  // kMatched or kQueryLimit, of the best.
  Verdict verdict() const { return verdict_; }
  uint32_t steps() const { return steps_; }
  const Request& request() const { return request_; }

 private:
  const std::vector<RouteSpec>& routes_;
  const BucketsOfRoutes& buckets_;
  const Request& request_;
  uint32_t from_;
  uint32_t best_ = kNone;
  uint32_t bucket_ = 0;
  uint32_t steps_ = 0;
  Verdict verdict_ = Verdict::kMatched;
};

}  // namespace sp::route
