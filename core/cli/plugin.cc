// sallyport plugin inspect FILE.so: what a plugin's file says of itself. The file is read, never mapped: none of its
// code runs.
#include <fmt/format.h>
#include <sallyport/plugin.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/cli/commands.h"
#include "core/plugin_host/manifest.h"

namespace sp::cli {
namespace {

using Json = nlohmann::ordered_json;
using plugin_host::Manifest;
using plugin_host::SchemaRecord;

struct Options {
  std::string file;
  std::string output = "text";
};

// One filter, or another kind of extension, as far as the records tell.
struct Part {
  std::string name;
  std::string kind;  // `sallyport.http_filter/1`; empty where the file does not say
  const SchemaRecord* schema = nullptr;
  const SchemaRecord* route_schema = nullptr;
};

std::vector<Part> PartsOf(const Manifest& manifest) {
  std::vector<Part> parts;
  const auto part = [&parts](const std::string& name) -> Part& {
    const auto found = std::find_if(parts.begin(), parts.end(), [&](const Part& p) { return p.name == name; });
    if (found != parts.end()) return *found;
    parts.push_back({name, {}});
    return parts.back();
  };
  for (const auto& record : manifest.schemas) part(record.filter).schema = &record;
  for (const auto& record : manifest.route_schemas) part(record.filter).route_schema = &record;
  for (const auto& record : manifest.extensions) {
    std::string& kind = part(record.filter).kind;
    kind += (kind.empty() ? "" : ", ") + record.id;
  }
  return parts;
}

// -------------------------------------------------------------------------------------------------------------- text

void PrintLine(std::string_view name, std::string_view value) { fmt::print("  {:<9}{}\n", name, value); }

void PrintSentences(std::string_view name, const std::vector<std::string>& sentences) {
  for (size_t i = 0; i < sentences.size(); ++i) PrintLine(i == 0 ? name : "", sentences[i]);
}

void PrintSchema(std::string_view name, const SchemaRecord* schema) {
  if (schema == nullptr) return fmt::print("    {}: no schema in the file\n", name);
  fmt::print("    {}:\n", name);
  const std::string text = Json::parse(schema->json).dump(2);
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    fmt::print("      {}\n", std::string_view(text).substr(begin, end - begin));
    begin = end + 1;
  }
}

void PrintText(const Manifest& manifest, size_t bytes) {
  fmt::print("{} {}\n", manifest.name, manifest.version);
  PrintLine("file", fmt::format("{} bytes", bytes));
  PrintLine("ABI", fmt::format("{}, needs {}.{} or later of it; this host speaks {}.{}", manifest.abi_major,
                               manifest.abi_major, manifest.abi_minor_needed, SP_ABI_MAJOR, SP_ABI_MINOR));
  const auto obstacles = manifest.Obstacles();
  PrintLine("unload", obstacles.empty()     ? "yes: a version that was replaced leaves memory"
                      : manifest.resident() ? "no, and another version needs a restart:"
                                            : "no: a version that was replaced stays in memory, unused:");
  PrintSentences("", obstacles);
  PrintSentences("warnings", manifest.Warnings());
  PrintLine("hooks", "only its code could tell, and none of it was run");
  for (const Part& part : PartsOf(manifest)) {
    fmt::print("\nfilter {}{}\n", part.name.empty() ? manifest.name : part.name,
               part.kind.empty() ? "" : fmt::format(" ({})", part.kind));
    PrintSchema("config", part.schema);
    PrintSchema("route config", part.route_schema);
  }
}

// -------------------------------------------------------------------------------------------------------------- JSON

Json Flags(const Manifest& manifest) {
  Json flags = Json::array();
  if (manifest.resident()) flags.push_back("resident");
  if ((manifest.flags & SP_PLUGIN_UNLOADABLE) != 0) flags.push_back("unloadable");
  return flags;
}

void PrintJson(const Manifest& manifest, size_t bytes) {
  Json out = {{"name", manifest.name},
              {"version", manifest.version},
              {"bytes", bytes},
              {"abi_major", manifest.abi_major},
              {"abi_minor_needed", manifest.abi_minor_needed},
              {"flags", Flags(manifest)},
              {"can_unload", manifest.can_unload()},
              {"obstacles", manifest.Obstacles()},
              {"warnings", manifest.Warnings()},
              {"needed", manifest.object.needed},
              {"filters", Json::array()}};
  for (const Part& part : PartsOf(manifest)) {
    Json filter = {{"name", part.name}};
    if (!part.kind.empty()) filter["kind"] = part.kind;
    if (part.schema != nullptr) filter["schema"] = Json::parse(part.schema->json);
    if (part.route_schema != nullptr) filter["route_schema"] = Json::parse(part.route_schema->json);
    out["filters"].push_back(std::move(filter));
  }
  fmt::print("{}\n", out.dump(2, ' ', false, Json::error_handler_t::replace));
}

int Inspect(const Options& options) {
  std::string bytes;
  const auto read = plugin_host::ReadManifestFile(options.file, &bytes);
  for (const std::string& error : read.errors) fmt::print(stderr, "{}: {}\n", options.file, error);
  if (!read.manifest) return 1;
  options.output == "json" ? PrintJson(*read.manifest, bytes.size()) : PrintText(*read.manifest, bytes.size());
  return 0;
}

}  // namespace

void AddPlugin(CLI::App& app, Run& run) {
  auto* plugin = app.add_subcommand("plugin", "For authors of plugins")->require_subcommand(1);
  auto* inspect = plugin->add_subcommand("inspect", "Print what a plugin's file says of itself, without running it");
  auto options = std::make_shared<Options>();
  inspect->add_option("FILE", options->file, "The shared object")->required();
  inspect->add_option("-o,--output", options->output, "text or json")->check(CLI::IsMember({"text", "json"}));
  inspect->callback([options, &run] { run = [options] { return Inspect(*options); }; });
}

}  // namespace sp::cli
