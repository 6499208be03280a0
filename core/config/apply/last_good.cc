#include "core/config/apply/last_good.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "core/base/log.h"
#include "core/config/render.h"
#include "sallyport/v1/gateway.pb.h"

namespace sp::config {
namespace {

constexpr const char* kFile = "/last_good.yaml";
constexpr const char* kFolderLine = "# folder: ";

bool WriteAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    text.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

bool SyncFolder(const std::string& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool synced = ::fsync(fd) == 0;
  ::close(fd);
  return synced;
}

bool Replace(const std::string& state_dir, std::string_view text) {
  (void)::mkdir(state_dir.c_str(), 0700);
  const std::string path = state_dir + kFile, fresh = path + ".new";
  const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  const bool written = WriteAll(fd, text) && ::fsync(fd) == 0;
  ::close(fd);
  return written && ::rename(fresh.c_str(), path.c_str()) == 0 && SyncFolder(state_dir);
}

}  // namespace

void KeepLastGood(const sallyport::v1::Gateway& gateway, const std::string& folder) {
  const std::string state_dir =
      gateway.state_dir().starts_with('/') ? gateway.state_dir() : folder + "/" + gateway.state_dir();
  const std::string text = kFolderLine + folder + "\n" + RenderYaml(gateway, {.secrets = true, .is_secret = {}});
  if (!Replace(state_dir, text)) {
    SP_LOG(kError, "cannot keep the last good configuration in {}: {}", state_dir, std::strerror(errno));
  }
}

std::optional<LastGood> ReadLastGood(const std::string& state_dir) {
  std::ifstream file(state_dir + kFile, std::ios::binary);
  if (!file) return std::nullopt;
  std::stringstream text;
  text << file.rdbuf();
  LastGood last;
  last.text = text.str();
  if (last.text.starts_with(kFolderLine)) {
    const size_t start = std::strlen(kFolderLine);
    last.folder = last.text.substr(start, last.text.find('\n') - start);
  }
  return last;
}

}  // namespace sp::config
