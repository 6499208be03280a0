// sallyport explain FILE METHOD URL: which route, filters and endpoints a request would meet, and why no earlier route
// took it. Nothing is sent. Exit status 1 also where the gateway itself would refuse the request.
#include "core/traffic/explain.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/cli/commands.h"
#include "core/cli/offline.h"

namespace sp::cli {
namespace {

struct Options {
  OfflineOptions offline;
  std::string method;
  std::string url;
  std::vector<std::string> headers;
  std::string client_address = "127.0.0.1";
  std::string listener;
  std::string output = "text";
  bool all = false;
};

// As curl takes it: `name: value`.
std::pair<std::string, std::string> SplitField(std::string_view text) {
  const size_t colon = text.find(':');
  std::string_view value = text.substr(colon + 1);
  value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
  value.remove_suffix(value.size() - (value.find_last_not_of(" \t") + 1));
  return {std::string(text.substr(0, colon)), std::string(value)};
}

int Explain(const Options& options) {
  const auto compiled = CompileOffline(options.offline);
  if (compiled == nullptr) return 1;
  traffic::ExplainRequest request;
  request.method = options.method;
  request.url = options.url;
  for (const std::string& header : options.headers) request.headers.push_back(SplitField(header));
  request.peer = net::IpAddress::Parse(options.client_address).value();
  request.listener = options.listener;
  std::string error;
  const auto explanation = traffic::Explain(*compiled->snapshot, request, &error);
  if (!explanation) {
    fmt::print(stderr, "{}\n", error);
    return 1;
  }
  fmt::print("{}", options.output == "json" ? ToJson(*explanation) + "\n" : ToText(*explanation, options.all));
  return explanation->served() ? 0 : 1;
}

std::string CheckField(const std::string& text) {
  return text.find(':') == std::string::npos ? "write it as `name: value`" : "";
}

std::string CheckAddress(const std::string& text) { return net::IpAddress::Parse(text) ? "" : "is not an IP address"; }

}  // namespace

void AddExplain(CLI::App& app, Run& run) {
  auto* command = app.add_subcommand("explain", "Say what would become of a request, and why");
  auto options = std::make_shared<Options>();
  command->add_option("FILE", options->offline.file, "The configuration, YAML or JSON")->required();
  command->add_option("METHOD", options->method, "GET, POST, …")->required();
  command->add_option("URL", options->url, "http://host/path, or a path alone")->required();
  command->add_option("-H,--header", options->headers, "A header, `name: value`; may be repeated")
      ->allow_extra_args(false)
      ->check(CheckField);
  command->add_option("--client-address", options->client_address, "Who connects; default: 127.0.0.1")
      ->check(CheckAddress);
  command->add_option("--listener", options->listener,
                      "Where the request arrives; default: on the URL's port, else at the first listener");
  command->add_flag("--all", options->all, "Show every route that was passed, and configs in full");
  command->add_option("-o,--output", options->output, "text or json")->check(CLI::IsMember({"text", "json"}));
  command->add_option("--plugin-dir", options->offline.plugin_dir, "Where the standard plugins are");
  command->callback([options, &run] { run = [options] { return Explain(*options); }; });
}

}  // namespace sp::cli
