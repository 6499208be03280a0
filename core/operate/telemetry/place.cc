#include "core/operate/telemetry/place.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <utility>

#include "core/base/log.h"

namespace sp::telemetry {

std::pair<const MetricSeries*, size_t> PlaceStats::Series() {
  using enum MetricKind;
  static constexpr MetricSeries kSeries[] = {
      {"sallyport_access_log_lines_total", "Lines handed to the access log's writer.", kCounter,
       offsetof(PlaceStats, lines)},
      {"sallyport_access_log_dropped_total", "Lines for which the ring had no room.", kCounter,
       offsetof(PlaceStats, dropped)},
      {"sallyport_access_log_write_errors_total", "Failed attempts to open or to write the access log.", kCounter,
       offsetof(PlaceStats, write_errors)},
  };
  return {kSeries, std::size(kSeries)};
}

Place::Place(std::string path, uint32_t workers, MetricRegistry& registry) : path_(std::move(path)) {
  for (uint32_t i = 0; i < workers; ++i) rings_.push_back(std::make_unique<Ring>());
  for (uint32_t i = 0; i <= workers; ++i) stats_.push_back(registry.Register<PlaceStats>({{"path", path_}}, i));
}

Place::~Place() {
  if (is_file() && fd_ >= 0) ::close(fd_);
}

bool Place::Open() {
  int fd = path_ == "stdout" ? STDOUT_FILENO : STDERR_FILENO;
  // Non-blocking for a FIFO's sake: without a reader, opening one would wait for ever.
  constexpr int kFlags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  if (is_file()) fd = ::open(path_.c_str(), kFlags, 0640);
  struct stat status {};
  if (fd < 0 || ::fstat(fd, &status) != 0) {
    Fail(errno, "open");
    return false;
  }
  if (is_file() && fd_ >= 0) ::close(fd_);
  fd_ = fd;
  regular_ = S_ISREG(status.st_mode);
  return true;
}

void Place::Reopen() {
  if (is_file() && fd_ >= 0) Open();
}

bool Place::Drain() {
  blocked_ = false;
  for (size_t n = 0; n < rings_.size(); ++n) {
    const size_t i = (unfinished_ + n) % rings_.size();
    const Ring::Parts parts = rings_[i]->Peek();
    if (parts.size() == 0) continue;
    if (fd_ < 0 && !Open()) return false;
    const size_t written = Write(parts);
    rings_[i]->Pop(written);
    if (written < parts.size()) {
      unfinished_ = i;
      return false;
    }
  }
  return true;
}

size_t Place::Write(const Ring::Parts& parts) {
  size_t done = 0;
  while (done < parts.size()) {
    if (!regular_ && !HasRoom()) {
      blocked_ = true;
      break;
    }
    const long written = WriteOnce(parts, done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      blocked_ = true;
      break;
    }
    if (written < 0) {
      Fail(errno, "write");
      break;
    }
    done += static_cast<size_t>(written);
    if (std::exchange(failed_, false)) SP_LOG(kInfo, "access log {}: writing again", path_);
  }
  return done;
}

long Place::WriteOnce(const Ring::Parts& parts, size_t done) {
  iovec pieces[2];
  int count = 0;
  size_t skip = done;
  size_t room = regular_ ? SIZE_MAX : PIPE_BUF;
  for (std::string_view part : {parts.first, parts.second}) {
    const size_t skipped = std::min(skip, part.size());
    skip -= skipped;
    part.remove_prefix(skipped);
    part = part.substr(0, room);
    room -= part.size();
    if (!part.empty()) pieces[count++] = {const_cast<char*>(part.data()), part.size()};
  }
  return ::writev(fd_, pieces, count);
}

bool Place::HasRoom() const {
  pollfd wanted = {fd_, POLLOUT, 0};
  return ::poll(&wanted, 1, 0) != 0;  // an error counts as room: writing tells which
}

void Place::Fail(int error, const char* what) {
  stats_.back()->write_errors.Add();
  if (std::exchange(failed_, true)) return;
  SP_LOG(kWarn, "access log {}: can't {}: {}; tried again until it works", path_, what, std::strerror(error));
}

}  // namespace sp::telemetry
