// Library: one loaded plugin file, a generation. It is mapped from a private copy at a path of its own (the same path
// twice would give the old object again), its entry is checked against what the file said (manifest.h), and the tables
// of its filters are brought to this host's size.
//
// Made by Plugins (generations.h) on the config thread. Everything that can lead back into the plugin's code or data
// (a config, a published value, a queued drop) holds a shared_ptr. The last one may be dropped on any thread: the
// object is then destroyed on the config thread, where deinit runs and the file is unmapped, if that is safe.
// Immutable, any thread may read.
#pragma once

#include <sallyport/http_filter.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/plugin_host/manifest.h"
#include "core/plugin_host/schema.h"

namespace sp::plugin_host {

// One filter of a library.
struct FilterDef {
  std::string name;
  // Always of this host's size: members that an older plugin does not have are null. `size` is sizeof(sp_http_filter).
  sp_http_filter table{};
  std::shared_ptr<const Schema> schema;        // never null; any object, where the plugin has none
  std::shared_ptr<const Schema> route_schema;  // null: no route may configure it
  bool guard() const { return (table.flags & SP_FILTER_GUARD) != 0; }
};

class Library {
 public:
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
  ~Library();

  const Manifest& manifest() const { return manifest_; }
  const std::vector<FilterDef>& filters() const { return filters_; }
  // `filter` may be empty where there is one only; null where there is none of that name.
  const FilterDef* FindFilter(std::string_view filter) const;
  // Counts every file ever mapped by this process, from 1.
  uint32_t generation() const { return generation_; }
  // As it was asked for, and where its copy lies.
  const std::string& path() const { return path_; }
  const std::string& copy_path() const { return copy_path_; }
  // SHA-256 of the file, 32 bytes.
  const std::string& content_hash() const { return content_hash_; }

 private:
  friend class LibraryLoader;
  Library() = default;
  void Unmap();

  Manifest manifest_;
  std::vector<FilterDef> filters_;
  std::string path_;
  std::string copy_path_;
  std::string content_hash_;
  uint32_t generation_ = 0;
  uint32_t attribution_ = 0;
  void* handle_ = nullptr;
  void(SP_CALL* deinit_)(void) = nullptr;
  bool initialised_ = false;
  std::shared_ptr<struct LibraryCounts> counts_;
};

}  // namespace sp::plugin_host
