#include "core/base/metric_registry.h"

namespace sp {

void* MetricRegistry::Place(Family& family, const Labels& labels, uint32_t shard, const Maker& make) {
  auto found = family.groups.find(labels);
  if (found == family.groups.end()) {
    Labels key = labels;
    if (blocks_ >= kMaxBlocks) {
      for (auto& [name, value] : key) value = "other";
    }
    found = family.groups.try_emplace(key, Group{key, {}}).first;
  }
  auto& block = found->second.shards[shard];
  if (!block) {
    block = make();
    ++blocks_;
  }
  return block.get();
}

void* MetricRegistry::RegisterBlock(std::type_index type, const Labels& labels, uint32_t shard, const Maker& make,
                                    std::pair<const MetricSeries*, size_t> series) {
  const std::lock_guard lock(mutex_);
  Family& family = families_[type];
  if (family.series.empty()) family.series.assign(series.first, series.first + series.second);
  return Place(family, labels, shard, make);
}

void* MetricRegistry::RegisterNamed(MetricKind kind, std::string_view name, std::string_view help, const Labels& labels,
                                    uint32_t shard, const Maker& make) {
  const std::lock_guard lock(mutex_);
  Family& family = named_[std::string(name)];
  if (family.series.empty()) {
    family.text.push_back(std::make_unique<std::string>(name));
    family.text.push_back(std::make_unique<std::string>(help));
    family.series.push_back({*family.text[0], *family.text[1], kind, 0});
  }
  return family.series[0].kind == kind ? Place(family, labels, shard, make) : nullptr;
}

void MetricRegistry::VisitFamily(const Family& family, const std::function<void(const Sample&)>& visit) {
  for (const MetricSeries& series : family.series) {
    for (const auto& [key, group] : family.groups) {
      Sample sample{&series, &group.labels};
      for (const auto& [shard, block] : group.shards) {
        const char* at = static_cast<const char*>(block.get()) + series.offset;
        if (series.kind == MetricKind::kCounter) {
          sample.value += static_cast<int64_t>(reinterpret_cast<const Counter*>(at)->value());
        } else if (series.kind == MetricKind::kGauge) {
          sample.value += reinterpret_cast<const Gauge*>(at)->value();
        } else {
          const auto* histogram = reinterpret_cast<const Histogram*>(at);
          for (size_t i = 0; i < std::size(sample.buckets); ++i) sample.buckets[i] += histogram->bucket(i);
          sample.sum_micros += histogram->sum_micros();
        }
      }
      visit(sample);
    }
  }
}

void MetricRegistry::Visit(const std::function<void(const Sample&)>& visit) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [type, family] : families_) VisitFamily(family, visit);
  for (const auto& [name, family] : named_) VisitFamily(family, visit);
}

size_t MetricRegistry::blocks() const {
  const std::lock_guard lock(mutex_);
  return blocks_;
}

}  // namespace sp
