#include "core/traffic/cluster/cluster_state.h"

#include <utility>

namespace sp::cluster {

ClusterState::ClusterState(std::shared_ptr<const ClusterSpec> spec, MetricRegistry& metrics, uint32_t worker)
    : spec_(std::move(spec)), stats_(metrics.Register<ClusterStats>({{"cluster", spec_->name}}, worker)) {
  endpoints_.resize(spec_->endpoints.size());
  for (size_t i = 0; i < endpoints_.size(); ++i) {
    const EndpointSpec& endpoint = spec_->endpoints[i];
    endpoints_[i].spec = &endpoint;
    endpoints_[i].stats =
        metrics.Register<EndpointStats>({{"cluster", spec_->name}, {"endpoint", endpoint.name}}, worker);
    if (endpoint.weight != spec_->endpoints[0].weight) weighted_ = true;
    total_weight_ += endpoint.weight;
  }
  // Workers begin at different endpoints, so that few requests don't all meet the first.
  if (!endpoints_.empty()) next_ = worker % endpoints_.size();
}

EndpointState* ClusterState::Pick(Random& random) {
  if (total_weight_ == 0) return nullptr;
  return spec_->policy == Policy::kLeastRequest ? PickLessBusy(random) : PickInTurn();
}

EndpointState& ClusterState::AtRandom(Random& random) {
  if (!weighted_) return endpoints_[random.Below(endpoints_.size())];
  uint64_t at = random.Below(total_weight_);
  for (EndpointState& endpoint : endpoints_) {
    if (at < endpoint.spec->weight) return endpoint;
    at -= endpoint.spec->weight;
  }
  return endpoints_.back();
}

// Of two at random, the one with fewer requests under way: close to the least busy of all, without a herd.
EndpointState* ClusterState::PickLessBusy(Random& random) {
  EndpointState& first = AtRandom(random);
  EndpointState& second = AtRandom(random);
  return first.stats->active_requests.value() <= second.stats->active_requests.value() ? &first : &second;
}

// Smooth weighted round robin: every endpoint earns its weight, the richest is chosen and pays the sum.
EndpointState* ClusterState::PickInTurn() {
  if (!weighted_) {
    EndpointState& picked = endpoints_[next_];
    next_ = next_ + 1 == endpoints_.size() ? 0 : next_ + 1;
    return &picked;
  }
  int64_t sum = 0;
  EndpointState* richest = nullptr;
  for (EndpointState& endpoint : endpoints_) {
    endpoint.credit += endpoint.spec->weight;
    sum += endpoint.spec->weight;
    if (richest == nullptr || endpoint.credit > richest->credit) richest = &endpoint;
  }
  richest->credit -= sum;
  return richest;
}

}  // namespace sp::cluster
