// FileWatcher: tells when the content behind a path has changed: written in place, replaced by rename (editors, `mv`),
// or by a swapped symbolic link on the way (Kubernetes ConfigMaps), removed or back again.
//
// Events come from inotify on the folder of the path and on that of the file it leads to, so they survive replacement;
// a look every 2 s covers file systems that have no such events. A change is told once it has been still for 50 ms, so
// a file is not read half written by a writer that keeps writing; a reader must still expect any content.
//
// On the loop's thread. stat(2) may block: for the main thread, not for workers.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/base/timer_wheel.h"
#include "core/net/uv/loop.h"

namespace sp::uv {

class FileWatcher {
 public:
  // `on_change` runs in turns of the loop and must not destroy the watcher. What is there now is not a
  // change: make the watcher first, then read the file.
  FileWatcher(Loop& loop, std::string path, std::function<void()> on_change);
  ~FileWatcher();
  FileWatcher(const FileWatcher&) = delete;
  FileWatcher& operator=(const FileWatcher&) = delete;

  const std::string& path() const { return path_; }

 private:
  struct FolderWatch;
  // What stat says of the file; all zero where there is none.
  struct Mark {
    uint64_t device = 0, inode = 0, size = 0;
    int64_t modified = 0, changed = 0;  // ns
    friend bool operator==(const Mark&, const Mark&) = default;
  };
  Mark Look() const;
  void WatchFolders();
  void Watch(FolderWatch*& watch, const std::string& folder);
  void Poll();
  void OnEvent();
  void Settle();

  Loop& loop_;
  std::string path_;
  std::function<void()> on_change_;
  Mark told_;  // what the last notice was about
  Mark seen_;  // what the last look found
  Timer settle_;
  Timer poll_;
  FolderWatch* watches_[2] = {nullptr, nullptr};  // of the path's folder and of the real file's, if another
};

}  // namespace sp::uv
