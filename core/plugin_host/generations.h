// Plugins: the loaded plugin files of this process. A file whose content is mapped already is shared; a changed one
// becomes a new generation beside the old, which lives until its last config is gone.
//
// Config thread only, but for counts(). Opening changes nothing for what runs: a transaction that fails just drops what
// it opened. Release() must be posted to the config thread whenever `wake` was called.
#pragma once

#include <sallyport/plugin.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "core/base/field_error.h"
#include "core/plugin_host/library.h"

namespace sp::plugin_host {

// What became of the files that were mapped; read by metrics.
struct LibraryCounts {
  std::atomic<uint64_t> opened{0};
  std::atomic<uint64_t> serving{0};      // initialised and not yet over
  std::atomic<uint64_t> left_mapped{0};  // over, but still mapped: can't be unmapped safely
  std::atomic<uint64_t> unmapped{0};
};

// Objects whose end belongs on the config thread: dropped there, they go at once; dropped elsewhere, they wait here.
class Undertaker {
 public:
  explicit Undertaker(std::function<void()> wake) : wake_(std::move(wake)) {}
  // The thread that calls is the config thread from now on.
  void SetConfigThread() { config_thread_.store(std::this_thread::get_id()); }
  bool OnConfigThread() const { return config_thread_.load() == std::this_thread::get_id(); }
  // Config thread: ends what waits; returns how many.
  size_t Release();
  // Any thread.
  void Bury(std::function<void()> end);

  // A shared_ptr whose object is deleted on the config thread.
  template <typename T>
  static std::shared_ptr<T> Share(std::unique_ptr<T> object, std::shared_ptr<Undertaker> undertaker) {
    return std::shared_ptr<T>(
        object.release(), [undertaker = std::move(undertaker)](T* last) { undertaker->Bury([last] { delete last; }); });
  }

 private:
  std::function<void()> wake_;  // any thread; may be empty
  std::atomic<std::thread::id> config_thread_{};
  std::mutex mutex_;
  std::vector<std::function<void()>> waiting_;
};

// For admin and `inspect`: a file that is mapped.
struct LibraryStatus {
  std::string name;  // resource name it was opened for last
  std::string version;
  std::string path;
  uint32_t generation = 0;
  bool current = false;                // the newest of its name
  long holders = 0;                    // configs and others that keep it
  std::vector<std::string> obstacles;  // why it will stay mapped; empty: it will be unmapped
};

struct PluginsOptions {
  std::vector<std::string> directories;  // of standard plugins, first match: `--plugin-dir`, `<exe>/../lib/…`
  std::string copy_directory;     // for the private copies; empty: the first usable of $TMPDIR, /tmp, /var/tmp …
  const sp_host* host = nullptr;  // given to init; must outlive every library
  std::function<void()> wake;     // see above
};

class Plugins {
 public:
  // The calling thread is the config thread.
  explicit Plugins(PluginsOptions options);
  ~Plugins();

  // Opens the plugin resource `name`. `path` empty: a standard plugin, `lib<name>.so` in one of the directories. Null
  // and all that is wrong in `errors`, with path `at`; then nothing of the plugin ran, as far as the file can tell.
  std::shared_ptr<Library> Open(std::string_view name, const std::string& path, const FieldPath& at,
                                FieldErrors* errors);
  // Names of the standard plugins that are there.
  std::vector<std::string> StandardNames() const;

  // After a commit: lets go of libraries that no config uses any more. (The newest of a name is kept until then, so
  // that trying again after a failed transaction does not map it again.)
  void Sweep();
  // Ends what waits to be ended on this thread.
  size_t Release() { return undertaker_->Release(); }

  const std::shared_ptr<Undertaker>& undertaker() const { return undertaker_; }
  const LibraryCounts& counts() const { return *counts_; }
  std::vector<LibraryStatus> List() const;

 private:
  // What was opened last under a name, and what its file looked like then.
  struct Seen {
    std::shared_ptr<Library> library;
    std::string path;
    std::string stamp;  // device, inode, size, times; empty where it must be read again
  };
  std::string FindStandard(std::string_view name, const FieldPath& at, FieldErrors* errors) const;
  std::shared_ptr<Library> OpenFile(const std::string& name, const std::string& path, std::vector<std::string>* errors);
  std::shared_ptr<Library> Unchanged(const std::string& name, const std::string& path) const;

  PluginsOptions options_;
  std::shared_ptr<Undertaker> undertaker_;
  std::shared_ptr<LibraryCounts> counts_;
  std::unique_ptr<class CopyDirectory> copies_;
  std::unordered_map<std::string, std::weak_ptr<Library>> by_content_;
  std::unordered_map<std::string, Seen> by_name_;
  std::vector<std::shared_ptr<Library>> resident_;
};

}  // namespace sp::plugin_host
