// AccessLogs: one line for each finished exchange, written without a worker ever waiting.
//
//   worker 0 ─► formats into its scratch ─► ring (1 MiB) ─┐
//   worker 1 ─► formats into its scratch ─► ring (1 MiB) ─┴► writer thread ─► stdout, stderr or a file
//
// A ring belongs to one worker and one place (path); worker and writer share nothing else. A line that finds no room in
// its ring is dropped and counted (`sallyport_access_log_dropped_total`). The writer looks every 100 ms, and sooner
// when a ring is half full. A place that can't be written to (full disk, pipe nobody reads) is tried again at each
// look, while its rings keep the oldest lines.
//
//   AccessLogs logs(workers, registry);
//   StreamRecordSink* sink = logs.SinkFor(listener.access_log, worker);   // on the worker's thread
//   sink->OnStreamEnd(record);
//   logs.Reopen();                                                        // SIGUSR1, after logrotate moved the file
//
// Sinks and rings live as long as AccessLogs, for configurations come and go; there are at most kMaxPlaces places and
// kMaxSinks sinks, beyond which SinkFor gives nothing. Destroyed after the workers have ended: what is in the rings is
// written first, as far as that takes no longer than a second.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/base/metric_registry.h"
#include "core/traffic/downstream/stream_record.h"
#include "core/traffic/snapshot/listener_spec.h"

namespace sp::telemetry {

class AccessLogs {
 public:
  static constexpr size_t kMaxPlaces = 256;
  static constexpr size_t kMaxSinks = 65'536;

  // `registry` must outlive it.
  AccessLogs(uint32_t workers, MetricRegistry& registry);
  AccessLogs(const AccessLogs&) = delete;
  AccessLogs& operator=(const AccessLogs&) = delete;
  ~AccessLogs();

  // Any thread. The sink is for that worker's thread alone, the same one for equal specs. Null for a null spec.
  downstream::StreamRecordSink* SinkFor(const std::shared_ptr<const snapshot::AccessLogSpec>& spec, uint32_t worker);
  // Any thread. Files are opened anew, once what was logged before is in the old one; returns without waiting.
  void Reopen();
  // Any thread but a worker's: waits until what was logged before is written (and what Reopen asked for is done), a
  // second at most.
  void Flush();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sp::telemetry
