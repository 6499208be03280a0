#include "core/operate/telemetry/access_log.h"

#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "core/base/log.h"
#include "core/operate/telemetry/format.h"
#include "core/operate/telemetry/writer.h"

namespace sp::telemetry {
namespace {

// What the sinks of one worker share.
struct Scratch {
  LineClock clock;
  const std::unique_ptr<char[]> line = std::make_unique_for_overwrite<char[]>(kMaxLineBytes);
};

class Sink final : public downstream::StreamRecordSink {
 public:
  Sink(std::shared_ptr<const LineFormat> format, Place& place, uint32_t worker, Scratch& scratch, Writer& writer)
      : format_(std::move(format)),
        ring_(place.ring(worker)),
        stats_(place.stats(worker)),
        scratch_(scratch),
        writer_(writer) {}

  void OnStreamEnd(const downstream::StreamRecord& record) override {
    char* const line = scratch_.line.get();
    const size_t size = format_->Write(record, scratch_.clock, line);
    if (!ring_.Push({line, size})) return stats_.dropped.Add();
    stats_.lines.Add();
    if (ring_.WantsWriter()) writer_.Call();
  }

 private:
  const std::shared_ptr<const LineFormat> format_;
  Ring& ring_;
  PlaceStats& stats_;
  Scratch& scratch_;
  Writer& writer_;
};

LineFormat Compile(const snapshot::AccessLogSpec& spec) {
  return spec.format == snapshot::AccessLogSpec::Format::kJson ? LineFormat::Json() : LineFormat::Text(spec.text);
}

}  // namespace

class AccessLogs::Impl {
 public:
  Impl(uint32_t workers, MetricRegistry& registry) : registry_(registry), scratch_(workers) {}

  downstream::StreamRecordSink* SinkFor(const snapshot::AccessLogSpec& spec, uint32_t worker) {
    const std::lock_guard lock(mutex_);
    std::vector<std::unique_ptr<Sink>>& sinks = sinks_[{spec.path, spec.format, spec.text}];
    if (sinks.empty() && !MakeSinks(spec, &sinks)) return nullptr;
    return sinks[worker].get();
  }
  Writer& writer() { return writer_; }

 private:
  using Key = std::tuple<std::string, snapshot::AccessLogSpec::Format, std::string>;

  bool MakeSinks(const snapshot::AccessLogSpec& spec, std::vector<std::unique_ptr<Sink>>* sinks) {
    Place* place = FindPlace(spec.path);
    if (place == nullptr || sinks_.size() * scratch_.size() > kMaxSinks) {
      SP_LOG(kError, "access log {}: too many different access logs since the start; this one is not written",
             spec.path);
      sinks_.erase({spec.path, spec.format, spec.text});
      return false;
    }
    const auto format = std::make_shared<const LineFormat>(Compile(spec));
    for (uint32_t i = 0; i < scratch_.size(); ++i) {
      sinks->push_back(std::make_unique<Sink>(format, *place, i, scratch_[i], writer_));
    }
    return true;
  }

  Place* FindPlace(const std::string& path) {
    const auto found = places_.find(path);
    if (found != places_.end()) return found->second;
    if (places_.size() >= kMaxPlaces) return nullptr;
    const auto workers = static_cast<uint32_t>(scratch_.size());
    Place& place = writer_.Add(std::make_unique<Place>(path, workers, registry_));
    return places_[path] = &place;
  }

  MetricRegistry& registry_;
  std::mutex mutex_;
  std::vector<Scratch> scratch_;  // by worker
  Writer writer_;
  std::map<std::string, Place*> places_;  // the writer's
  std::map<Key, std::vector<std::unique_ptr<Sink>>> sinks_;
};

AccessLogs::AccessLogs(uint32_t workers, MetricRegistry& registry) : impl_(std::make_unique<Impl>(workers, registry)) {}
AccessLogs::~AccessLogs() = default;

downstream::StreamRecordSink* AccessLogs::SinkFor(const std::shared_ptr<const snapshot::AccessLogSpec>& spec,
                                                  uint32_t worker) {
  return spec != nullptr ? impl_->SinkFor(*spec, worker) : nullptr;
}
void AccessLogs::Reopen() { impl_->writer().Reopen(); }
void AccessLogs::Flush() { impl_->writer().Flush(); }

}  // namespace sp::telemetry
