// Place: where lines of an access log go, stdout, stderr or a file, and the rings that lead there, one of each worker.
//
// But for the rings' other ends, everything belongs to the writer thread. A regular file is written with what is there
// in one writev; anything else (pipe, terminal, socket) is shared with other processes and so not made non-blocking: it
// is asked whether it has room, and given no more than a pipe surely takes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/metric_registry.h"
#include "core/operate/telemetry/ring.h"

namespace sp::telemetry {

// What is counted of a place: lines by each worker, errors by the writer.
struct PlaceStats {
  Counter lines;
  Counter dropped;
  Counter write_errors;
  static std::pair<const MetricSeries*, size_t> Series();
};

class Place {
 public:
  // `path` is `stdout`, `stderr` or a file's.
  Place(std::string path, uint32_t workers, MetricRegistry& registry);
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place();

  Ring& ring(uint32_t worker) { return *rings_[worker]; }
  PlaceStats& stats(uint32_t worker) { return *stats_[worker]; }

  // ------------------------------------------------------------------------------------------------ the writer's
  // Writes what is in the rings now. False if some of it is left.
  bool Drain();
  // Opens a file anew; the old one stays where that fails.
  void Reopen();
  // The descriptor to wait for until Drain can go on; -1: none, look again later.
  int blocked_on() const { return blocked_ ? fd_ : -1; }

 private:
  bool is_file() const { return path_ != "stdout" && path_ != "stderr"; }
  bool Open();
  // Bytes of `parts` written; less than all where the place is full or fails.
  size_t Write(const Ring::Parts& parts);
  long WriteOnce(const Ring::Parts& parts, size_t done);
  bool HasRoom() const;
  void Fail(int error, const char* what);

  const std::string path_;
  std::vector<std::unique_ptr<Ring>> rings_;
  std::vector<PlaceStats*> stats_;  // the last one is the writer's
  int fd_ = -1;
  bool regular_ = false;
  bool blocked_ = false;
  bool failed_ = false;    // told in the log, until a write succeeds
  size_t unfinished_ = 0;  // the ring to begin with: its line may be half written
};

}  // namespace sp::telemetry
