#include "core/plugin_host/generations.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <system_error>
#include <utility>

#include "core/base/log.h"
#include "core/plugin_host/content_hash.h"
#include "core/plugin_host/copy_directory.h"
#include "core/plugin_host/loader.h"

namespace sp::plugin_host {
namespace {

// Generations are numbered over all of the process, so that a number in a log line names one mapping.
std::atomic<uint32_t> last_generation{0};

constexpr std::string_view kLibraryPrefix = "lib";
constexpr std::string_view kLibrarySuffix = ".so";

bool IsPlainName(std::string_view name) {
  return !name.empty() && name.size() <= 63 && name.front() != '.' && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  });
}

// What changes when a file's content does; empty where that can't be relied on, since the file was changed so lately
// that another change might leave the same times.
std::string StampOf(const std::string& path) {
  struct stat s;
  if (stat(path.c_str(), &s) != 0) return {};
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (now.tv_sec - s.st_ctim.tv_sec < 2) return {};
  return fmt::format("{}:{}:{}:{}.{}:{}.{}", s.st_dev, s.st_ino, s.st_size, s.st_mtim.tv_sec, s.st_mtim.tv_nsec,
                     s.st_ctim.tv_sec, s.st_ctim.tv_nsec);
}

}  // namespace

void Undertaker::Bury(std::function<void()> end) {
  if (OnConfigThread()) return end();
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(end));
  }
  if (wake_) wake_();
}

size_t Undertaker::Release() {
  size_t released = 0;
  while (true) {
    std::vector<std::function<void()>> now;
    {
      const std::lock_guard lock(mutex_);
      now.swap(waiting_);
    }
    if (now.empty()) return released;
    for (const auto& end : now) end();
    released += now.size();
  }
}

Plugins::Plugins(PluginsOptions options)
    : options_(std::move(options)),
      undertaker_(std::make_shared<Undertaker>(options_.wake)),
      counts_(std::make_shared<LibraryCounts>()),
      copies_(std::make_unique<CopyDirectory>(options_.copy_directory)) {
  undertaker_->SetConfigThread();
}

Plugins::~Plugins() {
  by_name_.clear();
  resident_.clear();
  Release();
}

std::vector<std::string> Plugins::StandardNames() const {
  std::vector<std::string> names;
  for (const std::string& directory : options_.directories) {
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(directory, ignored)) {
      const std::string file = entry.path().filename();
      if (!file.starts_with(kLibraryPrefix) || !file.ends_with(kLibrarySuffix)) continue;
      std::string name =
          file.substr(kLibraryPrefix.size(), file.size() - kLibraryPrefix.size() - kLibrarySuffix.size());
      if (IsPlainName(name)) names.push_back(std::move(name));
    }
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::string Plugins::FindStandard(std::string_view name, const FieldPath& at, FieldErrors* errors) const {
  if (IsPlainName(name)) {
    for (const std::string& directory : options_.directories) {
      std::string path = fmt::format("{}/{}{}{}", directory, kLibraryPrefix, name, kLibrarySuffix);
      std::error_code ignored;
      if (std::filesystem::exists(path, ignored)) return path;
    }
  }
  const std::vector<std::string> names = StandardNames();
  const std::vector<std::string_view> candidates(names.begin(), names.end());
  errors->push_back({at.str(), fmt::format("there is no plugin \"{}\"", name), std::string(Nearest(name, candidates))});
  return {};
}

std::shared_ptr<Library> Plugins::Open(std::string_view name, const std::string& path, const FieldPath& at,
                                       FieldErrors* errors) {
  const std::string file = path.empty() ? FindStandard(name, at, errors) : path;
  if (file.empty()) return nullptr;
  const std::string key(name);
  if (auto library = Unchanged(key, file)) return library;
  std::string stamp = StampOf(file);  // before reading: a change meanwhile is seen the next time
  std::vector<std::string> wrong;
  std::shared_ptr<Library> library = OpenFile(key, file, &wrong);
  for (const std::string& error : wrong) errors->push_back({at.str(), fmt::format("{}: {}", file, error), {}});
  if (library == nullptr) return nullptr;
  by_name_[key] = {library, file, std::move(stamp)};
  if (library->manifest().resident() && std::find(resident_.begin(), resident_.end(), library) == resident_.end()) {
    resident_.push_back(library);
  }
  return library;
}

std::shared_ptr<Library> Plugins::Unchanged(const std::string& name, const std::string& path) const {
  const auto seen = by_name_.find(name);
  if (seen == by_name_.end() || seen->second.path != path || seen->second.stamp.empty()) return nullptr;
  return StampOf(path) == seen->second.stamp ? seen->second.library : nullptr;
}

std::shared_ptr<Library> Plugins::OpenFile(const std::string& name, const std::string& path,
                                           std::vector<std::string>* errors) {
  std::string bytes;
  ManifestResult read = ReadManifestFile(path, &bytes);
  if (!read.manifest) {
    *errors = std::move(read.errors);
    return nullptr;
  }
  LoadRequest request;
  request.content_hash = Sha256(bytes);
  if (const auto known = by_content_.find(request.content_hash); known != by_content_.end()) {
    if (auto library = known->second.lock()) return library;
  }
  const auto seen = by_name_.find(name);
  if (seen != by_name_.end() && seen->second.library->manifest().resident()) {
    errors->push_back(
        fmt::format("the file has changed, but plugin \"{}\" says that it can't be replaced in a running process "
                    "(SP_PLUGIN_RESIDENT); restart to use the new file",
                    name));
    return nullptr;
  }
  request.generation = ++last_generation;
  std::string error;
  const std::string file_name = std::filesystem::path(path).filename();
  request.copy_path = copies_->Write(request.generation, file_name, bytes, &error);
  if (request.copy_path.empty()) {
    errors->push_back(std::move(error));
    return nullptr;
  }
  request.manifest = std::move(*read.manifest);
  request.path = path;
  request.host = options_.host;
  request.counts = counts_;
  const std::string hash = request.content_hash;
  std::unique_ptr<Library> loaded = LibraryLoader::Load(std::move(request), errors);
  if (loaded == nullptr) return nullptr;
  for (const std::string& warning : loaded->manifest().Warnings()) SP_LOG(kWarn, "plugin {}: {}", path, warning);
  std::shared_ptr<Library> library = Undertaker::Share(std::move(loaded), undertaker_);
  by_content_[hash] = library;
  return library;
}

void Plugins::Sweep() {
  std::unordered_map<const Library*, long> ours;
  for (const auto& [name, seen] : by_name_) ++ours[seen.library.get()];
  std::erase_if(by_name_, [&](const auto& entry) {
    const std::shared_ptr<Library>& library = entry.second.library;
    return library.use_count() == ours[library.get()]--;
  });
  std::erase_if(by_content_, [](const auto& entry) { return entry.second.expired(); });
}

std::vector<LibraryStatus> Plugins::List() const {
  std::vector<LibraryStatus> list;
  for (const auto& [hash, weak] : by_content_) {
    const auto library = weak.lock();
    if (library == nullptr) continue;
    LibraryStatus status;
    status.name = library->manifest().name;
    status.version = library->manifest().version;
    status.path = library->path();
    status.generation = library->generation();
    status.obstacles = library->manifest().Obstacles();
    status.holders = library.use_count() - 1 - std::count(resident_.begin(), resident_.end(), library);
    for (const auto& [name, seen] : by_name_) {
      if (seen.library != library) continue;
      status.current = true;
      status.name = name;
      --status.holders;
    }
    list.push_back(std::move(status));
  }
  std::sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.generation < b.generation; });
  return list;
}

}  // namespace sp::plugin_host
