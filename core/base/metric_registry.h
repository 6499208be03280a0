// MetricRegistry: where the counters of all workers are found again by a scrape.
//
// Counters live in plain structs ("blocks") that one worker writes. A block type describes its series once:
//
//   struct ClusterStats {
//     Counter requests;
//     Histogram duration;
//     static std::pair<const MetricSeries*, size_t> Series();
//   };   // Series(): an array of {name, help, kind, offsetof(ClusterStats, requests)}
//
// Register(labels, shard) gives the block of these labels and that shard (a worker's number), the same one as before if
// it exists: counters go on over reloads. A scrape adds the shards up. Register locks; it is for snapshots and
// listeners, not for requests. Blocks are never freed while the registry lives; their number is bounded: beyond
// kMaxBlocks everybody shares one block per type whose label values are all `other`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <typeindex>
#include <utility>
#include <vector>

#include "core/base/counter.h"

namespace sp {

using Labels = std::vector<std::pair<std::string, std::string>>;

enum class MetricKind : uint8_t { kCounter, kGauge, kHistogram };

struct MetricSeries {
  std::string_view name;
  std::string_view help;
  MetricKind kind;
  size_t offset;                // in the block
  std::string_view label = {};  // one more label that tells series of one name apart: class="2xx"
  std::string_view value = {};
};

class MetricRegistry {
 public:
  static constexpr size_t kMaxBlocks = 200'000;

  template <typename Block>
  Block* Register(const Labels& labels, uint32_t shard) {
    return static_cast<Block*>(RegisterBlock(
        typeid(Block), labels, shard, [] { return std::shared_ptr<void>(std::make_shared<Block>()); },
        Block::Series()));
  }
  // A single series whose name is known at run time only (plugins). Type must be Counter, Gauge or Histogram.
  template <typename Type>
  Type* RegisterOne(MetricKind kind, std::string_view name, std::string_view help, const Labels& labels,
                    uint32_t shard) {
    return static_cast<Type*>(
        RegisterNamed(kind, name, help, labels, shard, [] { return std::shared_ptr<void>(std::make_shared<Type>()); }));
  }

  struct Sample {
    const MetricSeries* series;
    const Labels* labels;
    int64_t value = 0;  // counter, gauge
    uint64_t buckets[Histogram::kBoundsMicros.size() + 1] = {};
    uint64_t sum_micros = 0;
  };
  // Every series with its shards added up, those of one name together. Any thread.
  void Visit(const std::function<void(const Sample&)>& visit) const;
  size_t blocks() const;

 private:
  using Maker = std::function<std::shared_ptr<void>()>;
  struct Group {  // the shards of one block
    Labels labels;
    std::map<uint32_t, std::shared_ptr<void>> shards;
  };
  struct Family {  // blocks of one type
    std::vector<MetricSeries> series;
    std::map<Labels, Group> groups;
    std::vector<std::unique_ptr<std::string>> text;  // that the series of RegisterNamed view
  };
  void* RegisterBlock(std::type_index type, const Labels& labels, uint32_t shard, const Maker& make,
                      std::pair<const MetricSeries*, size_t> series);
  void* RegisterNamed(MetricKind kind, std::string_view name, std::string_view help, const Labels& labels,
                      uint32_t shard, const Maker& make);
  void* Place(Family& family, const Labels& labels, uint32_t shard, const Maker& make);
  static void VisitFamily(const Family& family, const std::function<void(const Sample&)>& visit);

  mutable std::mutex mutex_;
  std::map<std::type_index, Family> families_;
  std::map<std::string, Family, std::less<>> named_;
  size_t blocks_ = 0;
};

}  // namespace sp
