#include "core/plugin_host/loader.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "core/base/log.h"
#include "core/plugin_host/attribution.h"
#include "core/plugin_host/generations.h"
#include "core/plugin_host/guard.h"

namespace sp::plugin_host {
namespace {

constexpr std::string_view kHttpFilter = "sallyport.http_filter/1";
constexpr uint32_t kKnownFilterFlags = SP_FILTER_GUARD | SP_FILTER_OVER_LIMIT_NOTIFY;
constexpr uint32_t kMaxExtensions = 64;
constexpr uint32_t kMaxInstanceSize = 64 * 1024;
constexpr uint32_t kMaxInstanceAlign = 64;
// What the first version of the table had before its functions.
constexpr uint32_t kMinFilterSize = offsetof(sp_http_filter, config_create);

std::string_view ViewOf(const sp_str& text) { return {text.ptr, text.len}; }

bool IsFilterName(std::string_view name) {
  return !name.empty() && name.size() <= 63 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  });
}

}  // namespace

std::unique_ptr<Library> LibraryLoader::Load(LoadRequest request, std::vector<std::string>* errors) {
  std::unique_ptr<Library> library(new Library);
  library->manifest_ = std::move(request.manifest);
  library->path_ = std::move(request.path);
  library->copy_path_ = std::move(request.copy_path);
  library->content_hash_ = std::move(request.content_hash);
  library->generation_ = request.generation;
  library->counts_ = std::move(request.counts);
  library->attribution_ = AddAttribution(library->manifest_.name, "", library->generation_);

  std::vector<std::string> own;
  LibraryLoader loader(library.get(), &own);
  const sp_plugin_entry* entry = loader.Map() ? loader.CheckedEntry() : nullptr;
  if (entry != nullptr) {
    for (uint32_t i = 0; i < entry->extension_count; ++i) loader.TakeExtension(entry->extensions[i]);
    if (library->filters_.empty() && own.empty()) own.emplace_back("offers nothing that this host knows");
    loader.CheckRecordsHaveFilters();
    if (own.empty()) loader.Init(*entry, request.host);
  }
  errors->insert(errors->end(), own.begin(), own.end());
  return own.empty() ? std::move(library) : nullptr;
}

bool LibraryLoader::Map() {
  {
    const Mark mark(ThisThread(), library_.attribution_, Hook::kInit);  // its constructors run
    library_.handle_ = dlopen(library_.copy_path_.c_str(), RTLD_NOW | RTLD_LOCAL);
  }
  if (library_.handle_ != nullptr) {
    library_.counts_->opened.fetch_add(1, std::memory_order_relaxed);
    return true;
  }
  // `<copy>: undefined symbol: foo`: the copy's name would mean nothing to anybody.
  std::string text = dlerror();
  for (size_t i = text.find(library_.copy_path_); i != std::string::npos; i = text.find(library_.copy_path_)) {
    const bool prefix = i == 0 && text.compare(library_.copy_path_.size(), 2, ": ") == 0;
    text.replace(i, library_.copy_path_.size() + (prefix ? 2 : 0), prefix ? "" : library_.path_);
  }
  errors_.push_back("cannot be mapped: " + text);
  for (std::string& warning : library_.manifest_.Warnings()) {
    if (warning.find("$ORIGIN") != std::string::npos) errors_.push_back(std::move(warning));
  }
  return false;
}

const sp_plugin_entry* LibraryLoader::CheckedEntry() {
  const auto* entry = static_cast<const sp_plugin_entry*>(dlsym(library_.handle_, "sallyport_plugin_entry"));
  const Manifest& manifest = library_.manifest_;
  if (entry == nullptr || entry->magic != SP_ENTRY_MAGIC || entry->size < sizeof(sp_plugin_entry)) {
    errors_.emplace_back("its sallyport_plugin_entry is not the constant that SP_PLUGIN makes");
    return nullptr;
  }
  if (entry->abi_major != manifest.abi_major || entry->abi_minor_needed > SP_ABI_MINOR ||
      entry->flags != manifest.flags || ViewOf(entry->name) != manifest.name ||
      ViewOf(entry->version) != manifest.version) {
    errors_.emplace_back("its sallyport_plugin_entry and its section .sallyport tell different things");
    return nullptr;
  }
  if (entry->extension_count > kMaxExtensions || (entry->extension_count > 0 && entry->extensions == nullptr)) {
    errors_.emplace_back("its list of extensions makes no sense");
    return nullptr;
  }
  return entry;
}

void LibraryLoader::TakeExtension(const sp_extension& extension) {
  if (extension.id.ptr == nullptr || extension.id.len > 128 || extension.table == nullptr) {
    errors_.emplace_back("its list of extensions makes no sense");
    return;
  }
  // Others are of kinds that this host does not use.
  if (ViewOf(extension.id) == kHttpFilter) TakeFilter(*static_cast<const sp_http_filter*>(extension.table));
}

void LibraryLoader::TakeFilter(const sp_http_filter& table) {
  if (table.size < kMinFilterSize) {
    errors_.push_back(fmt::format("a filter's table has a size of {} bytes, which no version had", table.size));
    return;
  }
  FilterDef def;
  def.table = InFullSize(table);
  if (def.table.name.ptr == nullptr || !IsFilterName(ViewOf(def.table.name))) {
    errors_.emplace_back("a filter's name is not made of letters, digits, '_', '-' and '.' alone");
    return;
  }
  def.name = ViewOf(def.table.name);
  const auto error = [&](std::string_view text) { errors_.push_back(fmt::format("filter \"{}\" {}", def.name, text)); };
  const uint32_t unknown = def.table.flags & ~kKnownFilterFlags;
  if (unknown != 0) error(fmt::format("has flags that this host does not know: {:#x}", unknown));
  const uint32_t align = def.table.instance_align;
  if ((align & (align - 1)) != 0 || align > kMaxInstanceAlign)
    error("has an instance_align that is no power of two <= 64");
  if (def.table.instance_size > kMaxInstanceSize) error("has an instance_size above 64 KiB");
  if (library_.FindFilter(def.name) != nullptr) {
    errors_.push_back(fmt::format("names that clash: two filters are called \"{}\"", def.name));
    return;
  }
  AttachSchemas(&def);
  library_.filters_.push_back(std::move(def));
}

void LibraryLoader::AttachSchemas(FilterDef* def) {
  const Manifest& manifest = library_.manifest_;
  def->schema = SchemaOf(*def, "schema", def->table.schema, manifest.schemas);
  if (def->schema == nullptr) def->schema = Schema::AnyObject();
  def->route_schema = SchemaOf(*def, "route schema", def->table.route_schema, manifest.route_schemas);
  if (def->route_schema != nullptr && def->table.route_create == nullptr) {
    errors_.push_back(fmt::format("filter \"{}\" has a route schema, but no route_create", def->name));
  }
}

// From the file's record or the table, the same in both where both have it; null where there is none.
std::shared_ptr<const Schema> LibraryLoader::SchemaOf(const FilterDef& def, std::string_view what,
                                                      const sp_str& in_table,
                                                      const std::vector<SchemaRecord>& records) {
  if (in_table.len > kMaxSchemaBytes || (in_table.len > 0 && in_table.ptr == nullptr)) {
    errors_.push_back(fmt::format("the {} of filter \"{}\" is too large", what, def.name));
    return nullptr;
  }
  std::string_view text = ViewOf(in_table);
  const auto record = std::find_if(records.begin(), records.end(), [&](const auto& r) { return r.filter == def.name; });
  if (record != records.end()) {
    if (!text.empty() && text != record->json) {
      errors_.push_back(
          fmt::format("filter \"{}\" has one {} in its table and another in section .sallyport", def.name, what));
    }
    text = record->json;
  }
  if (text.empty()) return nullptr;
  std::vector<std::string> wrong;
  auto schema = Schema::Compile(text, &wrong);
  for (const std::string& error : wrong) {
    errors_.push_back(fmt::format("the {} of filter \"{}\" can't be used: {}", what, def.name, error));
  }
  return schema;
}

// A record for a filter that does not exist is a misspelt name, and the filter that was meant would take any config.
void LibraryLoader::CheckRecordsHaveFilters() {
  const auto check = [&](const std::string& filter, std::string_view what) {
    if (library_.filters_.empty() || library_.FindFilter(filter) != nullptr) return;
    errors_.push_back(
        fmt::format("section .sallyport has a {} for a filter \"{}\", which it does not offer", what, filter));
  };
  for (const SchemaRecord& record : library_.manifest_.schemas) check(record.filter, "schema");
  for (const SchemaRecord& record : library_.manifest_.route_schemas) check(record.filter, "route schema");
  for (const ExtensionRecord& record : library_.manifest_.extensions) {
    if (record.id == kHttpFilter) check(record.filter, "record");
  }
}

void LibraryLoader::Init(const sp_plugin_entry& entry, const sp_host* host) {
  library_.deinit_ = entry.deinit;
  if (entry.init != nullptr) {
    const Mark mark(ThisThread(), library_.attribution_, Hook::kInit);
    std::string thrown;
    const sp_status status = Guard([&] { return entry.init(host); }, &thrown);
    if (!thrown.empty()) {
      errors_.push_back("init threw an exception: " + thrown);
      return;
    }
    if (status != SP_OK) {
      errors_.push_back(fmt::format("init failed (status {})", status));
      return;
    }
  }
  library_.initialised_ = true;
  library_.counts_->serving.fetch_add(1, std::memory_order_relaxed);
}

const FilterDef* Library::FindFilter(std::string_view filter) const {
  if (filter.empty()) return filters_.size() == 1 ? &filters_.front() : nullptr;
  const auto found =
      std::find_if(filters_.begin(), filters_.end(), [&](const auto& def) { return def.name == filter; });
  return found == filters_.end() ? nullptr : &*found;
}

Library::~Library() {
  if (initialised_) {
    if (deinit_ != nullptr) {
      const Mark mark(ThisThread(), attribution_, Hook::kDeinit);
      std::string thrown;
      Guard([&] { return deinit_(), SP_OK; }, &thrown);
      if (!thrown.empty()) SP_LOG(kError, "plugin {}: deinit threw an exception: {}", manifest_.name, thrown);
    }
    counts_->serving.fetch_sub(1, std::memory_order_relaxed);
  }
  Unmap();
  RemoveAttribution(attribution_);
}

// Only where the plugin asked for it and the file has nothing against it, and only counted as unmapped where it is.
void Library::Unmap() {
  if (handle_ == nullptr) {
    unlink(copy_path_.c_str());
    return;
  }
  bool mapped = true;
  if (manifest_.can_unload()) {
    const Mark mark(ThisThread(), attribution_, Hook::kDeinit);  // its destructors run
    dlclose(handle_);
    void* still = dlopen(copy_path_.c_str(), RTLD_NOLOAD | RTLD_LAZY);
    mapped = still != nullptr;
    if (mapped) dlclose(still);
  }
  if (!mapped) {
    unlink(copy_path_.c_str());
    counts_->unmapped.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  counts_->left_mapped.fetch_add(1, std::memory_order_relaxed);
  SP_LOG(kDebug, "plugin {} (generation {}) is over but stays mapped: {}", manifest_.name, generation_,
         manifest_.can_unload() ? "something in it is still in use" : manifest_.Obstacles().front());
}

}  // namespace sp::plugin_host
