// CopyDirectory: where the private copies of plugin files lie. A plugin is mapped from a copy at a path of its own: the
// loader would give the old object for the old path, and an editor or a build may write into the original while it
// runs. Copies stay while they are mapped, so that debuggers and backtraces find them, and go with the process.
//
// The directory belongs to one process, which holds a lock on a file in it; directories of processes that died are
// found by their free lock and removed. Config thread only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sp::plugin_host {

class CopyDirectory {
 public:
  // `parent` empty: the first of $TMPDIR, /tmp, /var/tmp, /dev/shm where files can be written and mapped as code.
  explicit CopyDirectory(std::string parent);
  CopyDirectory(const CopyDirectory&) = delete;
  CopyDirectory& operator=(const CopyDirectory&) = delete;
  ~CopyDirectory();

  // The path of a new file `<number>-<name>` with these bytes; empty, and `error` set, where that fails.
  std::string Write(uint32_t number, std::string_view name, std::string_view bytes, std::string* error);

 private:
  std::string Make();

  std::string parent_;
  std::string path_;
  int lock_ = -1;
};

}  // namespace sp::plugin_host
