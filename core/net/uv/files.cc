#include "core/net/uv/files.h"

#include <sys/stat.h>

#include <cstdlib>
#include <utility>

#include "core/net/uv/native.h"

namespace sp::uv {
namespace {

constexpr Duration kStill = std::chrono::milliseconds(50);
constexpr Duration kPoll = std::chrono::seconds(2);

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// The folder that the file is really in, behind symbolic links; empty if there is no file.
std::string RealFolderOf(const std::string& path) {
  char* real = ::realpath(path.c_str(), nullptr);
  if (real == nullptr) return {};
  const std::string folder = FolderOf(real);
  std::free(real);
  return folder;
}

int64_t Nanoseconds(const timespec& t) { return int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec; }

}  // namespace

struct FileWatcher::FolderWatch {
  uv_fs_event_t event;
  FileWatcher* owner;
  std::string folder;

  void Close() {
    owner = nullptr;
    uv_close(reinterpret_cast<uv_handle_t*>(&event),
             [](uv_handle_t* closed) { delete static_cast<FolderWatch*>(closed->data); });
  }
};

FileWatcher::FileWatcher(Loop& loop, std::string path, std::function<void()> on_change)
    : loop_(loop), path_(std::move(path)), on_change_(std::move(on_change)), told_(Look()), seen_(told_) {
  settle_.Bind([](void* self) { static_cast<FileWatcher*>(self)->Settle(); }, this);
  poll_.Bind([](void* self) { static_cast<FileWatcher*>(self)->Poll(); }, this);
  WatchFolders();
  Poll();
}

FileWatcher::~FileWatcher() {
  for (FolderWatch* watch : watches_) {
    if (watch != nullptr) watch->Close();
  }
}

FileWatcher::Mark FileWatcher::Look() const {
  struct stat found {};
  if (::stat(path_.c_str(), &found) != 0) return {};
  return {found.st_dev, found.st_ino, static_cast<uint64_t>(found.st_size), Nanoseconds(found.st_mtim),
          Nanoseconds(found.st_ctim)};
}

void FileWatcher::WatchFolders() {
  const std::string folder = FolderOf(path_);
  Watch(watches_[0], folder);
  const std::string real = RealFolderOf(path_);
  Watch(watches_[1], real == folder ? std::string() : real);
}

// Where the system has no more watches to give, Poll still sees changes.
void FileWatcher::Watch(FolderWatch*& watch, const std::string& folder) {
  if (watch != nullptr && watch->folder == folder) return;
  if (watch != nullptr) std::exchange(watch, nullptr)->Close();
  if (folder.empty()) return;
  watch = new FolderWatch{{}, this, folder};
  uv_fs_event_init(&loop_.native().loop, &watch->event);
  watch->event.data = watch;
  const auto on_event = [](uv_fs_event_t* event, const char*, int, int) {
    FileWatcher* owner = static_cast<FolderWatch*>(event->data)->owner;
    if (owner == nullptr) return;
    const Turn turn(owner->loop_);
    owner->OnEvent();
  };
  if (uv_fs_event_start(&watch->event, on_event, folder.c_str(), 0) != 0) std::exchange(watch, nullptr)->Close();
}

// Something happened in a folder, to any file of it.
void FileWatcher::OnEvent() {
  if (!settle_.pending()) loop_.reactor().timers().Start(settle_, loop_.reactor().now() + kStill);
}

void FileWatcher::Poll() {
  if (Look() != told_) OnEvent();
  loop_.reactor().timers().Start(poll_, loop_.reactor().now() + kPoll);
}

void FileWatcher::Settle() {
  const Mark mark = Look();
  if (mark == told_) {
    seen_ = mark;
    return;
  }
  if (mark != seen_) {
    seen_ = mark;
    OnEvent();
    return;
  }
  told_ = mark;
  WatchFolders();
  on_change_();
}

}  // namespace sp::uv
