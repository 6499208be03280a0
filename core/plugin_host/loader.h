// LibraryLoader: from a file whose manifest is good to a Library: map, compare the entry with the manifest, take over
// the filters, init. Config thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/plugin_host/library.h"

namespace sp::plugin_host {

struct LoadRequest {
  Manifest manifest;
  std::string path;       // for messages
  std::string copy_path;  // what is mapped
  std::string content_hash;
  uint32_t generation = 0;
  const sp_host* host = nullptr;
  std::shared_ptr<LibraryCounts> counts;
};

class LibraryLoader {
 public:
  // Null, and at least one sentence in `errors`. Takes the copy over: it is removed when it is mapped no more.
  static std::unique_ptr<Library> Load(LoadRequest request, std::vector<std::string>* errors);

 private:
  LibraryLoader(Library* library, std::vector<std::string>* errors) : library_(*library), errors_(*errors) {}
  bool Map();
  const sp_plugin_entry* CheckedEntry();
  void TakeExtension(const sp_extension& extension);
  void TakeFilter(const sp_http_filter& table);
  void AttachSchemas(FilterDef* def);
  std::shared_ptr<const Schema> SchemaOf(const FilterDef& def, std::string_view what, const sp_str& in_table,
                                         const std::vector<SchemaRecord>& records);
  void CheckRecordsHaveFilters();
  void Init(const sp_plugin_entry& entry, const sp_host* host);

  Library& library_;
  std::vector<std::string>& errors_;
};

// A table of the plugin's in this host's size: what an older plugin does not have is zero, what a newer one has beyond
// is left out. Only whole 8-byte words are taken, so that no half pointer is.
template <typename Table>
Table InFullSize(const Table& table) {
  Table full{};
  size_t size = table.size;
  if (size > sizeof(Table)) size = sizeof(Table);
  __builtin_memcpy(&full, &table, size & ~size_t{7});
  full.size = sizeof(Table);
  return full;
}

}  // namespace sp::plugin_host
