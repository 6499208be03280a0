// sallyport proxy --from :8080 --to 127.0.0.1:9001: a gateway with one listener and one cluster, no file.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <vector>

#include "core/cli/commands.h"
#include "core/config/validate/validate.h"
#include "core/server/gateway.h"
#include "sallyport/v1/gateway.pb.h"

namespace sp::cli {

namespace v1 = ::sallyport::v1;

namespace {

struct Options {
  std::string from;
  std::vector<std::string> to;
  uint32_t workers = 0;
};

int Proxy(const Options& options) {
  auto gateway = std::make_shared<v1::Gateway>();
  if (options.workers > 0) gateway->set_workers(options.workers);
  v1::Listener* listener = gateway->add_listeners();
  listener->set_name("proxy");
  listener->set_address(options.from);
  listener->set_route_table("proxy");
  v1::RouteTable* table = gateway->add_route_tables();
  table->set_name("proxy");
  v1::Route* route = table->add_routes();
  route->mutable_match()->mutable_path()->set_prefix("/");
  route->set_cluster("upstream");
  v1::Cluster* cluster = gateway->add_clusters();
  cluster->set_name("upstream");
  for (const std::string& to : options.to) cluster->add_endpoints()->set_address(to);
  const FieldErrors errors = config::Validate(*gateway);
  for (const FieldError& error : errors) {
    const bool from = error.path.starts_with("listeners");
    fmt::print(stderr, "{}: {}\n",
               from                                 ? "--from"
               : error.path.starts_with("clusters") ? "--to"
                                                    : error.path,
               error.message);
  }
  if (!errors.empty()) return 1;
  server::RunOptions run;
  run.inline_config = std::move(gateway);
  return server::Run(run);
}

}  // namespace

void AddProxy(CLI::App& app, Run& run) {
  auto* command = app.add_subcommand("proxy", "Forward one address to another, without a file");
  auto options = std::make_shared<Options>();
  command->add_option("--from", options->from, "Where to listen: `:8080`, `127.0.0.1:8080`")->required();
  command->add_option("--to", options->to, "Where to forward; several share the requests")->required();
  command->add_option("--workers", options->workers, "Worker threads; default: one per CPU");
  command->callback([options, &run] { run = [options] { return Proxy(*options); }; });
}

}  // namespace sp::cli
