#include "core/plugin_host/manifest.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sallyport/plugin.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/plugin_host/document.h"
#include "core/plugin_host/elf_file.h"

namespace sp::plugin_host {
namespace {

constexpr std::string_view kEntryName = "sallyport_plugin_entry";
constexpr std::string_view kSectionName = ".sallyport";
constexpr uint32_t kKnownFlags = SP_PLUGIN_RESIDENT | SP_PLUGIN_UNLOADABLE;
constexpr size_t kNamesKept = 8;
constexpr size_t kMaxRecords = 1024;
constexpr size_t kMaxVersionBytes = 64;

// Names stand in paths, log lines and metric labels.
bool IsName(std::string_view text) {
  return !text.empty() && text.size() <= 63 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  });
}

bool IsPrintable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c >= 0x20 && c < 0x7f; });
}

// Reads the records into a manifest; each thing that is wrong is a sentence in `errors`.
class RecordReader {
 public:
  RecordReader(Manifest* manifest, std::vector<std::string>* errors) : manifest_(manifest), errors_(errors) {}

  void ReadAll(std::string_view section) {
    size_t records = 0;
    while (!section.empty() && errors_->size() < 16) {
      // The linker may leave zero bytes between the records of two object files.
      if (section.front() == '\0') {
        section.remove_prefix(std::min<size_t>(8, section.size()));
        continue;
      }
      const size_t size = ReadOne(section);
      if (size == 0) return;
      section.remove_prefix(size);
      if (++records > kMaxRecords) return Error("section .sallyport has more than {} records", kMaxRecords);
    }
    if (!identity_seen_ && errors_->empty()) Error("not a Sallyport plugin: section .sallyport has no identity");
  }

 private:
  template <typename... Args>
  void Error(fmt::format_string<Args...> format, Args&&... args) {
    errors_->push_back(fmt::format(format, std::forward<Args>(args)...));
  }

  // The size of the record at the start of `section`; 0 where reading can't go on.
  size_t ReadOne(std::string_view section) {
    const auto head = ElfFile::At<sp_record>(section, 0);
    if (!head || head->magic != SP_RECORD_MAGIC || head->size < sizeof(sp_record) || head->size > section.size() ||
        head->size % 8 != 0) {
      Error("section .sallyport is damaged");
      return 0;
    }
    // What a record of another major version means is not known; nothing more of the file is read.
    if (head->abi_major != SP_ABI_MAJOR) {
      Error("built for version {} of the plugin ABI; this host speaks version {}", head->abi_major, SP_ABI_MAJOR);
      return 0;
    }
    if (head->abi_minor_needed > SP_ABI_MINOR) {
      Error("needs version {}.{} of the plugin ABI; this host speaks {}.{}", head->abi_major, head->abi_minor_needed,
            SP_ABI_MAJOR, SP_ABI_MINOR);
      return 0;
    }
    manifest_->abi_major = head->abi_major;
    manifest_->abi_minor_needed = std::max(manifest_->abi_minor_needed, head->abi_minor_needed);
    ReadText(*head, section.substr(sizeof(sp_record), head->size - sizeof(sp_record)));
    return head->size;
  }

  void ReadText(const sp_record& head, std::string_view text) {
    const std::string_view first = ElfFile::TextAt(text, 0);
    const std::string_view second = ElfFile::TextAt(text, first.size() + 1);
    switch (head.kind) {
      case SP_RECORD_IDENTITY:
        return ReadIdentity(head.flags, first, second);
      case SP_RECORD_SCHEMA:
        return ReadSchema("schema", head.flags, first, second, &manifest_->schemas);
      case SP_RECORD_ROUTE_SCHEMA:
        return ReadSchema("route schema", head.flags, first, second, &manifest_->route_schemas);
      case SP_RECORD_EXTENSION:
        return ReadExtension(head.flags, first, second);
      default:
        return;  // of a later minor version, and not needed
    }
  }

  void ReadIdentity(uint32_t flags, std::string_view name, std::string_view version) {
    if (identity_seen_)
      return Error("names that clash: the file holds two plugins, \"{}\" and \"{}\"", manifest_->name, name);
    identity_seen_ = true;
    if (!IsName(name)) return Error("its name is not made of letters, digits, '_', '-' and '.' alone");
    if (version.size() > kMaxVersionBytes || !IsPrintable(version)) return Error("its version is not a short text");
    if ((flags & ~kKnownFlags) != 0)
      return Error("has flags that this host does not know: {:#x}", flags & ~kKnownFlags);
    if ((flags & kKnownFlags) == kKnownFlags) return Error("says that it is resident and can be unloaded, both");
    manifest_->name = name;
    manifest_->version = version;
    manifest_->flags = flags;
  }

  void ReadSchema(std::string_view what, uint32_t flags, std::string_view filter, std::string_view json,
                  std::vector<SchemaRecord>* to) {
    if (flags != 0) return Error("has flags that this host does not know: {:#x}", flags);
    if (!IsName(filter)) return Error("a {} has no proper filter name", what);
    const auto same = [&](const SchemaRecord& other) { return other.filter == filter; };
    if (std::any_of(to->begin(), to->end(), same)) {
      return Error("names that clash: two {}s for the filter \"{}\"", what, filter);
    }
    if (json.size() > kMaxSchemaBytes) {
      return Error("the {} of filter \"{}\" is too large: {} bytes, {} are allowed", what, filter, json.size(),
                   kMaxSchemaBytes);
    }
    std::string error;
    if (!Document::Parse(json, &error)) return Error("the {} of filter \"{}\" is not JSON: {}", what, filter, error);
    to->push_back({std::string(filter), std::string(json)});
  }

  void ReadExtension(uint32_t flags, std::string_view id, std::string_view filter) {
    if (flags != 0) return Error("has flags that this host does not know: {:#x}", flags);
    if (id.empty() || id.size() > 128 || !IsPrintable(id)) return Error("an extension has no proper id");
    if (!filter.empty() && !IsName(filter)) return Error("an extension has no proper filter name");
    const auto same = [&](const ExtensionRecord& other) { return other.id == id && other.filter == filter; };
    if (std::any_of(manifest_->extensions.begin(), manifest_->extensions.end(), same)) {
      return Error("names that clash: two filters are called \"{}\"", filter);
    }
    manifest_->extensions.push_back({std::string(id), std::string(filter)});
  }

  Manifest* manifest_;
  std::vector<std::string>* errors_;
  bool identity_seen_ = false;
};

void Count(std::string_view name, std::vector<std::string>* kept, size_t* count) {
  if (kept->size() < kNamesKept) kept->emplace_back(name);
  ++*count;
}

// Symbols that a linker adds without being asked.
bool IsLinkersOwn(std::string_view name) {
  constexpr std::string_view kNames[] = {"_end", "_edata", "__bss_start", "_init", "_fini", "end", "edata"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

void ReadSymbol(const Elf64_Sym& symbol, std::string_view name, ObjectFacts* facts, const Elf64_Sym** entry,
                Elf64_Sym* storage) {
  const unsigned binding = ELF64_ST_BIND(symbol.st_info);
  if (symbol.st_shndx == SHN_UNDEF) {
    if (name == "__cxa_thread_atexit" || name == "__cxa_thread_atexit_impl") facts->thread_destructors = true;
    return;
  }
  if (binding == STB_GNU_UNIQUE) Count(name, &facts->unique_symbols, &facts->unique_symbol_count);
  if (name == kEntryName) {
    *storage = symbol;
    *entry = storage;
    return;
  }
  const unsigned visibility = ELF64_ST_VISIBILITY(symbol.st_other);
  if (binding == STB_LOCAL || visibility == STV_HIDDEN || visibility == STV_INTERNAL || IsLinkersOwn(name)) return;
  Count(name, &facts->extra_exports, &facts->extra_export_count);
}

std::string CheckEntrySymbol(const ElfFile& elf, ObjectFacts* facts) {
  const auto symbols = elf.SectionOfType(SHT_DYNSYM);
  const Elf64_Sym* entry = nullptr;
  Elf64_Sym storage;
  for (size_t i = 1; symbols; ++i) {
    const auto symbol = ElfFile::At<Elf64_Sym>(symbols->bytes, i);
    if (!symbol) break;
    const std::string_view name = ElfFile::TextAt(symbols->strings, symbol->st_name);
    if (!name.empty()) ReadSymbol(*symbol, name, facts, &entry, &storage);
  }
  if (entry == nullptr) return fmt::format("it does not export {}", kEntryName);
  // The smallest entry that any host of this major version understands.
  if (ELF64_ST_TYPE(entry->st_info) != STT_OBJECT || entry->st_size < sizeof(sp_plugin_entry)) {
    return fmt::format("its {} is not the constant that SP_PLUGIN makes", kEntryName);
  }
  return {};
}

// True where the file is an executable after all (a PIE has the type of a shared object).
bool ReadDynamic(const ElfFile& elf, ObjectFacts* facts) {
  const auto dynamic = elf.SectionOfType(SHT_DYNAMIC);
  bool executable = false;
  for (size_t i = 0; dynamic; ++i) {
    const auto entry = ElfFile::At<Elf64_Dyn>(dynamic->bytes, i);
    if (!entry || entry->d_tag == DT_NULL) break;
    const uint64_t value = entry->d_un.d_val;
    switch (entry->d_tag) {
      case DT_FLAGS:
        facts->static_tls = (value & DF_STATIC_TLS) != 0;
        break;
      case DT_FLAGS_1:
        facts->no_delete = (value & DF_1_NODELETE) != 0;
        executable = (value & DF_1_PIE) != 0;
        break;
      case DT_NEEDED:
        if (facts->needed.size() < 256) facts->needed.emplace_back(ElfFile::TextAt(dynamic->strings, value));
        break;
      case DT_RPATH:
      case DT_RUNPATH:
        facts->run_path = ElfFile::TextAt(dynamic->strings, value);
        break;
      default:
        break;
    }
  }
  return executable;
}

std::string ReadWhole(int fd, std::string* bytes) {
  struct stat status;
  if (fstat(fd, &status) != 0) return std::strerror(errno);
  if (!S_ISREG(status.st_mode)) return S_ISDIR(status.st_mode) ? "it is a directory" : "it is not a regular file";
  const auto size = static_cast<size_t>(status.st_size);
  if (size > kMaxPluginFileBytes) return "the file is too large";
  bytes->resize(size);
  size_t have = 0;
  while (have < size) {
    const ssize_t n = read(fd, bytes->data() + have, size - have);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::strerror(errno);
    if (n == 0) break;
    have += static_cast<size_t>(n);
  }
  bytes->resize(have);
  return {};
}

}  // namespace

bool Manifest::resident() const { return (flags & SP_PLUGIN_RESIDENT) != 0; }

std::vector<std::string> Manifest::Obstacles() const {
  std::vector<std::string> out;
  if (resident()) {
    out.emplace_back("it says that it must stay (SP_PLUGIN_RESIDENT)");
  } else if ((flags & SP_PLUGIN_UNLOADABLE) == 0) {
    out.emplace_back("it does not say that it can be unloaded (SP_PLUGIN_UNLOADABLE)");
  }
  if (object.no_delete) out.emplace_back("it is linked with -z nodelete");
  if (object.unique_symbol_count > 0) {
    out.push_back(
        fmt::format("it has {} GNU_UNIQUE symbols ({}…), which keep an object mapped for ever; link it with a "
                    "version script or compile with -fno-gnu-unique",
                    object.unique_symbol_count, object.unique_symbols.front()));
  }
  return out;
}

std::vector<std::string> Manifest::Warnings() const {
  std::vector<std::string> out;
  if (object.extra_export_count > 0) {
    out.push_back(
        fmt::format("it exports {} symbols beside {} ({}), which may bind to namesakes in other libraries; "
                    "link it with a version script",
                    object.extra_export_count, kEntryName, fmt::join(object.extra_exports, ", ")));
  }
  if (object.static_tls) {
    out.emplace_back("it uses initial-exec thread-local storage: only about a dozen generations fit into a process");
  }
  if (object.thread_destructors) {
    out.emplace_back("it may register thread-local destructors, which keep it mapped until the worker threads end");
  }
  if (object.run_path.find("$ORIGIN") != std::string::npos || object.run_path.find("${ORIGIN}") != std::string::npos) {
    out.emplace_back("it looks for libraries beside itself ($ORIGIN), but runs from a copy elsewhere");
  }
  return out;
}

ManifestResult ReadManifest(std::string_view file) {
  ManifestResult result;
  std::string error;
  const auto elf = ElfFile::Open(file, &error);
  if (!elf) return {std::nullopt, {error}};

  Manifest manifest;
  if (ReadDynamic(*elf, &manifest.object)) return {std::nullopt, {"an executable, not a shared object"}};
  const auto section = elf->SectionNamed(kSectionName);
  if (!section) return {std::nullopt, {"not a Sallyport plugin: it has no section .sallyport"}};
  RecordReader(&manifest, &result.errors).ReadAll(*section);
  if (!result.errors.empty()) return result;
  error = CheckEntrySymbol(*elf, &manifest.object);
  if (!error.empty()) return {std::nullopt, {error}};
  result.manifest = std::move(manifest);
  return result;
}

ManifestResult ReadManifestFile(const std::string& path, std::string* bytes) {
  std::string own;
  if (bytes == nullptr) bytes = &own;
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return {std::nullopt, {errno == ENOENT ? std::string("there is no such file") : std::strerror(errno)}};
  const std::string error = ReadWhole(fd, bytes);
  close(fd);
  if (!error.empty()) return {std::nullopt, {error}};
  return ReadManifest(*bytes);
}

}  // namespace sp::plugin_host
