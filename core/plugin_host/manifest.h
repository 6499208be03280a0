// Manifest: what a plugin's file says of itself, read without running or mapping any of it.
//
// The file is an ELF shared object with records in section `.sallyport` (api/plugin/sallyport/plugin.h). Reading it
// tells whether it can be loaded at all, each filter's schema, and whether it could be unloaded again. The bytes are
// not trusted to be well formed: every offset is checked (manifest_fuzz.cc). Pure functions, any thread.
//
//   ManifestResult result = ReadManifest(bytes);
//   if (!result.errors.empty()) … "not a shared object (the file starts with text)"
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sp::plugin_host {

inline constexpr size_t kMaxSchemaBytes = 256 * 1024;
inline constexpr size_t kMaxPluginFileBytes = size_t{1} << 30;

struct SchemaRecord {
  std::string filter;
  std::string json;  // parses as JSON; whether it is a schema that we understand is Schema's to say
};

struct ExtensionRecord {
  std::string id;  // `sallyport.http_filter/1`
  std::string filter;
};

// What of the object decides whether dlclose could ever unmap it (PLUGIN_ABI c13–c18).
struct UnloadFacts {
  std::vector<std::string> extra_exports;   // beside sallyport_plugin_entry; the first 8
  std::vector<std::string> unique_symbols;  // STB_GNU_UNIQUE: glibc never unmaps the object; the first 8
  size_t extra_export_count = 0;
  size_t unique_symbol_count = 0;
  bool static_tls = false;  // DF_STATIC_TLS: takes a share of a small reserve that is never given back
  bool no_delete = false;   // DF_1_NODELETE: asks never to be unmapped
  // One sentence for each thing that stands against unmapping; empty for a clean object.
  std::vector<std::string> Obstacles() const;
};

struct Manifest {
  std::string name;
  std::string version;
  uint32_t abi_major = 0;
  uint32_t abi_minor_needed = 0;
  uint32_t flags = 0;  // SP_PLUGIN_*
  std::vector<SchemaRecord> schemas;
  std::vector<SchemaRecord> route_schemas;
  std::vector<ExtensionRecord> extensions;  // as far as the file says; the table in memory decides
  std::vector<std::string> needed;          // DT_NEEDED: `libc.so.6`
  std::string run_path;                     // DT_RUNPATH or DT_RPATH
  UnloadFacts unload;

  bool resident() const;
  // It says so (SP_PLUGIN_UNLOADABLE), and nothing stands against it.
  bool can_unload() const;
};

// Either a manifest and no errors, or the errors: one sentence each, for people, without the file's name.
struct ManifestResult {
  std::optional<Manifest> manifest;
  std::vector<std::string> errors;
};

ManifestResult ReadManifest(std::string_view file);
// Reads the file first; `bytes`, where given, gets them.
ManifestResult ReadManifestFile(const std::string& path, std::string* bytes = nullptr);

}  // namespace sp::plugin_host
