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

// What of the object bears on unmapping it, and on how it gets along with other objects (PLUGIN_ABI c13–c18).
struct ObjectFacts {
  std::vector<std::string> extra_exports;   // beside sallyport_plugin_entry; the first 8
  std::vector<std::string> unique_symbols;  // STB_GNU_UNIQUE; the first 8
  size_t extra_export_count = 0;
  size_t unique_symbol_count = 0;
  bool static_tls = false;          // DF_STATIC_TLS
  bool no_delete = false;           // DF_1_NODELETE
  bool thread_destructors = false;  // imports __cxa_thread_atexit or its like
  std::vector<std::string> needed;  // DT_NEEDED: `libc.so.6`
  std::string run_path;             // DT_RUNPATH or DT_RPATH
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
  ObjectFacts object;

  bool resident() const;
  // One sentence for each thing that stands against unmapping the file; empty where it says that it may be unloaded
  // (SP_PLUGIN_UNLOADABLE) and nothing contradicts that.
  std::vector<std::string> Obstacles() const;
  bool can_unload() const { return Obstacles().empty(); }
  // What works, but will not be a pleasure: one sentence each, for `inspect`.
  std::vector<std::string> Warnings() const;
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
