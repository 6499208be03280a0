#include "core/operate/telemetry/process_stats.h"

#include <dirent.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <iterator>
#include <memory>
#include <optional>
#include <string_view>

namespace sp::telemetry {
namespace {

void Append(std::string_view name, std::string_view kind, std::string_view help, std::string_view value,
            std::string* page) {
  fmt::format_to(std::back_inserter(*page), "# HELP {0} {1}\n# TYPE {0} {2}\n{0} {3}\n", name, help, kind, value);
}

struct CloseFile {
  void operator()(FILE* file) const { std::fclose(file); }
  void operator()(DIR* folder) const { ::closedir(folder); }
};

std::optional<uint64_t> OpenDescriptors() {
  const std::unique_ptr<DIR, CloseFile> folder(::opendir("/proc/self/fd"));
  if (!folder) return std::nullopt;
  uint64_t count = 0;
  while (const dirent* entry = ::readdir(folder.get())) count += entry->d_name[0] != '.' ? 1 : 0;
  return count - 1;  // without the folder itself
}

struct Memory {
  uint64_t size;  // bytes
  uint64_t resident;
};

std::optional<Memory> MemoryInUse() {
  const std::unique_ptr<FILE, CloseFile> file(std::fopen("/proc/self/statm", "re"));
  uint64_t size;
  uint64_t resident;
  if (!file || std::fscanf(file.get(), "%" SCNu64 " %" SCNu64, &size, &resident) != 2) return std::nullopt;
  const auto page = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  return Memory{size * page, resident * page};
}

// Seconds since 1970: now, less the age of the process.
std::optional<double> StartTime() {
  const std::unique_ptr<FILE, CloseFile> file(std::fopen("/proc/self/stat", "re"));
  char text[1024];
  const size_t size = file ? std::fread(text, 1, sizeof(text) - 1, file.get()) : 0;
  text[size] = '\0';
  // The name in parentheses may hold anything; field 22 counts from behind it (proc(5)).
  const size_t name_end = std::string_view(text, size).rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  uint64_t start_ticks;
  constexpr const char* kFields =
      "%*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %" SCNu64;
  if (std::sscanf(text + name_end + 1, kFields, &start_ticks) != 1) return std::nullopt;
  timespec now;
  timespec since_boot;
  ::clock_gettime(CLOCK_REALTIME, &now);
  ::clock_gettime(CLOCK_BOOTTIME, &since_boot);
  const auto seconds = [](const timespec& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
  };
  const double started = static_cast<double>(start_ticks) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  return seconds(now) - seconds(since_boot) + started;
}

double CpuSeconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

void AppendProcessStats(std::string* page) {
  *page +=
      "# HELP sallyport_build_info Version of the running program.\n# TYPE sallyport_build_info gauge\n"
      "sallyport_build_info{version=\"" SALLYPORT_VERSION "\"} 1\n";
  // Once: the wall clock may be set later, the start does not move.
  static const std::optional<double> start = StartTime();
  if (start) {
    Append("process_start_time_seconds", "gauge", "When the process started, since 1970-01-01 UTC.",
           fmt::format("{:.2f}", *start), page);
  }
  Append("process_cpu_seconds_total", "counter", "Processor time, of user and system.",
         fmt::format("{:.6f}", CpuSeconds()), page);
  if (const auto memory = MemoryInUse()) {
    Append("process_resident_memory_bytes", "gauge", "Memory in use.", fmt::format("{}", memory->resident), page);
    Append("process_virtual_memory_bytes", "gauge", "Address space in use.", fmt::format("{}", memory->size), page);
  }
  if (const auto descriptors = OpenDescriptors()) {
    Append("process_open_fds", "gauge", "Open file descriptors.", fmt::format("{}", *descriptors), page);
  }
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
    Append("process_max_fds", "gauge", "Limit of open file descriptors.", fmt::format("{}", limit.rlim_cur), page);
  }
}

}  // namespace sp::telemetry
