// What the tests of this folder share: a host of plugins with the tables of host_tables.h, its log kept for reading,
// and the plugins of this folder by name.
#pragma once

#include <sallyport/config.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/log.h"
#include "core/plugin_host/filter_config.h"
#include "core/plugin_host/generations.h"
#include "core/plugin_host/host_tables.h"

namespace sp::plugin_host {

// The process log while it lives.
class KeptLog {
 public:
  KeptLog() {
    Lines().clear();
    SetLogSink([](LogLevel, std::string_view message) {
      const std::lock_guard lock(Mutex());
      Lines().emplace_back(message);
    });
  }
  ~KeptLog() { SetLogSink(nullptr); }
  KeptLog(const KeptLog&) = delete;
  KeptLog& operator=(const KeptLog&) = delete;

  // How many lines hold `text`.
  size_t Count(std::string_view text) const {
    const std::lock_guard lock(Mutex());
    return static_cast<size_t>(std::count_if(
        Lines().begin(), Lines().end(), [&](const std::string& line) { return line.find(text) != std::string::npos; }));
  }

 private:
  static std::mutex& Mutex() {
    static std::mutex mutex;
    return mutex;
  }
  static std::vector<std::string>& Lines() {
    static std::vector<std::string> lines;
    return lines;
  }
};

inline std::string PluginPath(std::string_view name) {
  return std::string(SALLYPORT_BINARY_DIR) + "/test/plugins/lib" + std::string(name) + ".so";
}

struct TestHost {
  KeptLog log;
  sp_host services{};
  sp_config_host config_host{};
  std::unique_ptr<Plugins> plugins;
  std::unique_ptr<ConfigCache> configs;
  FieldErrors errors;
  std::vector<std::string> woken;

  TestHost() {
    FillServices(&services);
    FillConfigHost(&services, &config_host);
    PluginsOptions options;
    options.directories = {std::string(SALLYPORT_BINARY_DIR) + "/test/plugins"};
    options.host = &services;
    plugins = std::make_unique<Plugins>(options);
    configs = std::make_unique<ConfigCache>(&config_host, plugins->undertaker());
  }

  std::shared_ptr<Library> Open(std::string_view name) {
    return plugins->Open(name, "", FieldPath("plugins[0]"), &errors);
  }
  std::shared_ptr<Library> OpenFile(std::string_view name, const std::string& path) {
    return plugins->Open(name, path, FieldPath("plugins[0].path"), &errors);
  }
  ConfigRequest Request(std::shared_ptr<Library> library, std::string json) {
    ConfigRequest request;
    request.filter = &library->filters().front();
    request.plugin = library->manifest().name;
    request.name = "mine";
    request.json = std::move(json);
    request.at = FieldPath("listeners[0].filters[1].config");
    request.library = std::move(library);
    return request;
  }
  std::shared_ptr<FilterConfig> Create(std::shared_ptr<Library> library, std::string json,
                                       const ReferenceLookup& lookup = {}) {
    return configs->Get(Request(std::move(library), std::move(json)), lookup, &errors);
  }
  // All errors as text, and none left.
  std::string Errors() {
    std::string out;
    for (const FieldError& error : errors) out += error.ToString() + "\n";
    errors.clear();
    return out;
  }
};

}  // namespace sp::plugin_host
