#include "core/config/compile/compiler.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <utility>

#include "core/config/compile/chains.h"
#include "core/config/compile/tables.h"
#include "core/config/defaults.h"
#include "sallyport/v1/gateway.pb.h"

namespace sp::config {

namespace v1 = ::sallyport::v1;

namespace {

constexpr size_t kMaxReferencedFile = 64 << 20;  // bytes

// What a limit of the whole process leaves for each worker.
uint32_t Share(uint64_t limit, uint32_t workers) {
  return static_cast<uint32_t>(std::min<uint64_t>((limit + workers - 1) / workers, UINT32_MAX));
}

std::shared_ptr<const cluster::ClusterSpec> CompileCluster(const v1::Cluster& from, uint32_t workers) {
  auto spec = std::make_shared<cluster::ClusterSpec>();
  spec->name = from.name();
  for (const v1::Endpoint& written : from.endpoints()) {
    cluster::EndpointSpec endpoint;
    endpoint.address = net::Address::Parse(written.address()).value_or(net::Address());
    endpoint.name = written.address();
    endpoint.weight = static_cast<uint32_t>(NumberOf(written, v1::Endpoint::kWeightFieldNumber));
    if (endpoint.weight > 0) spec->endpoints.push_back(std::move(endpoint));
  }
  const bool least =
      EnumOf(from.load_balancing(), v1::LoadBalancing::kPolicyFieldNumber) == v1::LoadBalancing::LEAST_REQUEST;
  spec->policy = least ? cluster::Policy::kLeastRequest : cluster::Policy::kRoundRobin;
  spec->connect_timeout = DurationOf(from, v1::Cluster::kConnectTimeoutFieldNumber);
  spec->idle_timeout = DurationOf(from.keep_alive(), v1::KeepAlive::kIdleTimeoutFieldNumber);
  spec->max_idle = static_cast<uint32_t>(NumberOf(from.keep_alive(), v1::KeepAlive::kConnectionsFieldNumber));
  spec->max_connections = Share(NumberOf(from.limits(), v1::ClusterLimits::kConnectionsFieldNumber), workers);
  spec->max_pending = Share(NumberOf(from.limits(), v1::ClusterLimits::kPendingRequestsFieldNumber), workers);
  return spec;
}

std::shared_ptr<const snapshot::AccessLogSpec> CompileAccessLog(const v1::Gateway& gateway, const v1::Listener& from,
                                                                const std::string& folder) {
  if (!from.has_access_log() && !gateway.has_access_log()) return nullptr;
  const v1::AccessLog& written = from.has_access_log() ? from.access_log() : gateway.access_log();
  auto spec = std::make_shared<snapshot::AccessLogSpec>();
  spec->path = written.path().empty() ? "stdout" : written.path();
  if (spec->path == "none") return nullptr;
  const bool is_file = spec->path != "stdout" && spec->path != "stderr" && !spec->path.starts_with('/');
  if (is_file) spec->path = folder + "/" + spec->path;
  spec->text = written.template_();
  const bool text = !spec->text.empty() || written.format() == v1::AccessLog::TEXT;
  spec->format = text ? snapshot::AccessLogSpec::Format::kText : snapshot::AccessLogSpec::Format::kJson;
  return spec;
}

void CompileLimits(const v1::Listener& from, snapshot::ListenerSpec* listener) {
  using L = v1::ListenerLimits;
  using T = v1::ListenerTimeouts;
  const L& limits = from.limits();
  http::HttpLimits& http = listener->rules.limits;
  http.max_target_bytes = static_cast<uint32_t>(NumberOf(limits, L::kTargetFieldNumber));
  http.max_header_bytes = static_cast<uint32_t>(NumberOf(limits, L::kHeaderBytesFieldNumber));
  http.max_header_count = static_cast<uint32_t>(NumberOf(limits, L::kHeaderCountFieldNumber));
  http.max_body_bytes = std::min<uint64_t>(FindNumber(limits, L::kBodyFieldNumber).value_or(INT64_MAX), INT64_MAX);
  listener->max_connections = limits.connections();
  listener->min_body_rate = NumberOf(limits, L::kBodyRateFieldNumber);
  const T& timeouts = from.timeouts();
  listener->timeouts.header = DurationOf(timeouts, T::kHeaderFieldNumber);
  listener->timeouts.body = DurationOf(timeouts, T::kBodyFieldNumber);
  listener->timeouts.request = FindDuration(timeouts, T::kRequestFieldNumber).value_or(Duration(0));
  listener->timeouts.idle = DurationOf(timeouts, T::kIdleFieldNumber);
  listener->timeouts.write = DurationOf(timeouts, T::kWriteFieldNumber);
  listener->rules.path.merge_slashes = BoolOf(from.path(), v1::PathOptions::kMergeSlashesFieldNumber);
  listener->rules.path.keep_encoded =
      EnumOf(from.path(), v1::PathOptions::kEncodedSeparatorsFieldNumber) == v1::PathOptions::KEEP;
}

std::shared_ptr<snapshot::ListenerSpec> CompileListener(ChainScope& scope, const v1::Listener& from,
                                                        const FieldPath& at, snapshot::Snapshot* snapshot) {
  auto listener = std::make_shared<snapshot::ListenerSpec>();
  listener->name = from.name();
  listener->address = net::Address::Parse(from.address()).value_or(net::Address());
  listener->route_table = from.route_table();
  CompileLimits(from, listener.get());
  std::vector<net::Cidr> trusted;
  for (const std::string& text : from.trusted_proxies()) {
    if (const auto cidr = net::Cidr::Parse(text)) trusted.push_back(*cidr);
  }
  listener->trusted_proxies = net::CidrSet(std::move(trusted));
  listener->access_log = CompileAccessLog(scope.gateway, from, scope.folder);
  CompileChain(scope, from, at, listener.get(), snapshot);
  listener->rules.managed = &listener->managed;
  return listener;
}

std::shared_ptr<const std::string> ReadReferenced(const std::string& folder, const std::string& name,
                                                  FieldError* error) {
  const std::string path = name.starts_with('/') ? name : folder + "/" + name;
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    error->message = "cannot read the file " + path;
    return nullptr;
  }
  auto bytes = std::make_shared<std::string>();
  bytes->resize(kMaxReferencedFile + 1);
  file.read(bytes->data(), static_cast<std::streamsize>(bytes->size()));
  bytes->resize(static_cast<size_t>(file.gcount()));
  if (bytes->size() > kMaxReferencedFile) {
    error->message = "the file " + path + " is larger than 64MiB";
    return nullptr;
  }
  return bytes;
}

std::shared_ptr<const std::string> ReadSecret(const v1::Gateway& gateway, const std::string& folder,
                                              const std::string& name, FieldError* error) {
  for (const v1::Secret& secret : gateway.secrets()) {
    if (secret.name() != name) continue;
    if (!secret.file().empty()) return ReadReferenced(folder, secret.file(), error);
    return std::make_shared<std::string>(secret.inline_());
  }
  error->message = "there is no secret \"" + name + "\"";
  return nullptr;
}

plugin_host::ReferenceLookup MakeLookup(const v1::Gateway& gateway, const std::string& folder,
                                        const snapshot::Snapshot& snapshot) {
  plugin_host::ReferenceLookup lookup;
  lookup.cluster = [&snapshot](const std::string& name) -> std::optional<FieldError> {
    if (snapshot.cluster_by_name.contains(name)) return std::nullopt;
    std::vector<std::string_view> names;
    for (const auto& [known, index] : snapshot.cluster_by_name) names.push_back(known);
    return FieldError{"", "there is no cluster \"" + name + "\"", std::string(Nearest(name, names))};
  };
  lookup.file = [&folder](const std::string& path, FieldError* error) { return ReadReferenced(folder, path, error); };
  lookup.secret = [&gateway, &folder](const std::string& name, FieldError* error) {
    return ReadSecret(gateway, folder, name, error);
  };
  return lookup;
}

// The cluster of each name that a table uses; validation has refused the missing ones that may not be.
void LinkClusters(snapshot::Snapshot* snapshot) {
  snapshot->links.resize(snapshot->tables.size());
  for (route::TableSlot slot = 0; slot < snapshot->tables.size(); ++slot) {
    for (const std::string& name : snapshot->tables.at(slot).clusters()) {
      const auto found = snapshot->cluster_by_name.find(name);
      snapshot->links[slot].clusters.push_back(found == snapshot->cluster_by_name.end() ? snapshot::kNoCluster
                                                                                        : found->second);
    }
  }
}

}  // namespace

Compiler::Compiler(plugin_host::Plugins& plugins, plugin_host::ConfigCache& configs, uint32_t workers)
    : plugins_(plugins), configs_(configs), workers_(std::max<uint32_t>(workers, 1)) {}

Compiler::~Compiler() = default;

std::shared_ptr<const snapshot::Snapshot> Compiler::Compile(const v1::Gateway& gateway, const std::string& folder,
                                                            uint64_t version, FieldErrors* errors) {
  const size_t errors_before = errors->size();
  auto snapshot = std::make_shared<snapshot::Snapshot>();
  snapshot->version = version;
  std::unordered_map<std::string, std::shared_ptr<const cluster::ClusterSpec>> clusters;
  for (const v1::Cluster& from : gateway.clusters()) {
    auto spec = CompileCluster(from, workers_);
    const auto before = clusters_.find(from.name());
    if (before != clusters_.end() && *before->second == *spec) spec = before->second;
    clusters[from.name()] = spec;
    snapshot->cluster_by_name[spec->name] = static_cast<uint32_t>(snapshot->clusters.size());
    snapshot->clusters.push_back(std::move(spec));
  }
  std::unordered_map<std::string, std::shared_ptr<const CompiledTable>> tables;
  std::vector<std::shared_ptr<const route::Table>> set;
  for (int i = 0; i < gateway.route_tables_size(); ++i) {
    const v1::RouteTable& from = gateway.route_tables(i);
    const auto before = tables_.find(from.name());
    const FieldPath at = FieldPath("route_tables").Index(static_cast<size_t>(i));
    auto compiled = CompileTable(gateway, from, at, before == tables_.end() ? nullptr : before->second, errors);
    set.push_back(compiled->table);
    tables[from.name()] = std::move(compiled);
  }
  snapshot->tables = route::TableSet(std::move(set), errors);
  LinkClusters(snapshot.get());

  ChainScope scope{gateway, folder, plugins_, configs_, MakeLookup(gateway, folder, *snapshot), errors};
  std::vector<std::shared_ptr<const CompiledTable>> by_slot;
  for (route::TableSlot slot = 0; slot < snapshot->tables.size(); ++slot) {
    by_slot.push_back(tables[snapshot->tables.at(slot).name()]);
  }
  OverrideCompiler overrides(scope, by_slot, snapshot.get());
  for (int i = 0; i < gateway.listeners_size(); ++i) {
    const FieldPath at = FieldPath("listeners").Index(static_cast<size_t>(i));
    auto listener = CompileListener(scope, gateway.listeners(i), at, snapshot.get());
    if (errors->size() == errors_before) overrides.Compile(gateway.listeners(i), listener.get());
    snapshot->listeners.push_back(std::move(listener));
  }
  if (errors->size() != errors_before) return nullptr;
  tables_ = std::move(tables);
  clusters_ = std::move(clusters);
  return snapshot;
}

}  // namespace sp::config
