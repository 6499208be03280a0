#include "core/plugin_host/copy_directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace sp::plugin_host {
namespace {

constexpr std::string_view kPrefix = "sallyport-plugins-";

bool Executable(const std::string& directory) {
  struct statvfs status;
  return statvfs(directory.c_str(), &status) == 0 && (status.f_flag & (ST_NOEXEC | ST_RDONLY)) == 0;
}

// Removes directories of ours whose process is gone: nobody holds their lock.
void RemoveStale(const std::string& parent) {
  std::error_code ignored;
  std::vector<std::string> candidates;
  for (const auto& entry : std::filesystem::directory_iterator(parent, ignored)) {
    if (entry.path().filename().string().starts_with(kPrefix)) candidates.push_back(entry.path());
  }
  for (const std::string& path : candidates) {
    struct stat status;
    if (lstat(path.c_str(), &status) != 0 || !S_ISDIR(status.st_mode) || status.st_uid != geteuid()) continue;
    const int lock = open((path + "/lock").c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (lock < 0) continue;  // being made by another process just now
    if (flock(lock, LOCK_EX | LOCK_NB) == 0) std::filesystem::remove_all(path, ignored);
    close(lock);
  }
}

bool WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

}  // namespace

CopyDirectory::CopyDirectory(std::string parent) : parent_(std::move(parent)) {}

CopyDirectory::~CopyDirectory() {
  if (path_.empty()) return;
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
  close(lock_);
}

std::string CopyDirectory::Make() {
  std::vector<std::string> parents{parent_};
  if (parent_.empty()) {
    const char* from_environment = std::getenv("TMPDIR");
    parents = {from_environment == nullptr ? "" : from_environment, "/tmp", "/var/tmp", "/dev/shm"};
  }
  std::string tried;
  for (const std::string& parent : parents) {
    if (parent.empty()) continue;
    if (!tried.empty()) tried += ", ";
    tried += parent;
    if (!Executable(parent)) continue;
    RemoveStale(parent);
    std::string path = fmt::format("{}/{}XXXXXX", parent, kPrefix);
    if (mkdtemp(path.data()) == nullptr) continue;
    lock_ = open((path + "/lock").c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (lock_ >= 0 && flock(lock_, LOCK_EX | LOCK_NB) == 0) {
      path_ = path;
      return {};
    }
    if (lock_ >= 0) close(lock_);
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  return fmt::format("no directory for plugin copies: none of {} can hold files that may be run; set TMPDIR", tried);
}

std::string CopyDirectory::Write(uint32_t number, std::string_view name, std::string_view bytes, std::string* error) {
  if (path_.empty()) *error = Make();
  if (path_.empty()) return {};
  const std::string path = fmt::format("{}/{}-{}", path_, number, name);
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
  if (fd < 0 || !WriteAll(fd, bytes)) {
    *error = fmt::format("can't write a copy to {}: {}", path, std::strerror(errno));
    if (fd >= 0) close(fd);
    unlink(path.c_str());
    return {};
  }
  close(fd);
  return path;
}

}  // namespace sp::plugin_host
