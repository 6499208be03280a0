#include "core/operate/admin/pages.h"

#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "core/operate/telemetry/metrics_page.h"

namespace sp::admin {
namespace {

constexpr std::string_view kText = "text/plain; charset=utf-8";
constexpr std::string_view kJson = "application/json";

Page Problem(uint16_t status, std::string detail) { return {status, {}, std::move(detail)}; }

// `host` without its port and, of an IPv6 address, without brackets.
std::string_view WithoutPort(std::string_view host) {
  if (host.starts_with('[')) {
    const size_t end = host.find(']');
    return end == std::string_view::npos ? std::string_view() : host.substr(1, end - 1);
  }
  return host.substr(0, host.find(':'));
}

}  // namespace

struct Pages::Entry {
  std::string_view path;
  std::string_view help;
  bool probe;  // served where only probes are
};

const Pages::Entry Pages::kEntries[] = {
    {"/", "this list", false},
    {"/ready", "200 while the gateway takes requests, 503 with the reason while not", true},
    {"/live", "200 while the process runs its main loop", true},
    {"/metrics", "counters, in Prometheus' text format", true},
    {"/config", "the running configuration as YAML; ?format=json for JSON", false},
    {"/version", "versions of the program and of the configuration, as JSON", false},
};

Pages::Pages(const net::Address& address, bool probes_only, AdminSources sources)
    : address_(address), probes_only_(probes_only), sources_(std::move(sources)) {}

bool Pages::Serves(const Entry& entry) const { return entry.probe || !probes_only_; }

// A page of a foreign site may make a browser on this host send requests here, under a name that it lets resolve to
// 127.0.0.1 (DNS rebinding). Such a request carries that name as Host.
bool Pages::IsLocal(std::string_view host) const {
  const std::string_view name = WithoutPort(host);
  if (name == "localhost") return true;
  const auto ip = net::IpAddress::Parse(name);
  return ip && (ip->IsLoopback() || (!address_.any() && *ip == address_.ip()));
}

Page Pages::Answer(const http::RequestHead& head) const {
  if (!probes_only_ && !IsLocal(head.host)) {
    return Problem(403, "Host must be a loopback name or address, or the address of this port");
  }
  if (head.headers.Find("origin") != nullptr) return Problem(403, "not for pages of a browser: Origin is refused");

  const Entry* entry = nullptr;
  for (const Entry& candidate : kEntries) {
    if (candidate.path == head.path && Serves(candidate)) entry = &candidate;
  }
  if (entry == nullptr)
    return Problem(404, probes_only_ ? "there are /ready, /live and /metrics" : "GET / lists the pages");
  if (head.method != http::Method::kGet && head.method != http::Method::kHead) {
    return Problem(405, "pages are read with GET or HEAD");
  }
  if (entry->path == "/ready") return Ready();
  if (entry->path == "/live") return {200, kText, "live\n"};
  if (entry->path == "/metrics")
    return {200, telemetry::kMetricsContentType, telemetry::MetricsPage(*sources_.metrics)};
  if (entry->path == "/config") return Config(head.query);
  if (entry->path == "/version") return {200, kJson, sources_.version()};
  return Index();
}

Page Pages::Index() const {
  Page page{200, kText, {}};
  for (const Entry& entry : kEntries) {
    if (Serves(entry)) fmt::format_to(std::back_inserter(page.body), "{:<10} {}\n", entry.path, entry.help);
  }
  return page;
}

Page Pages::Ready() const {
  const ReadyState state = sources_.ready();
  if (state.ready) return {200, kText, "ready\n"};
  return {503, kText, fmt::format("not ready: {}\n", state.reason)};
}

Page Pages::Config(std::string_view query) const {
  if (query.empty() || query == "format=yaml") return {200, kText, sources_.config(false)};
  if (query == "format=json") return {200, kJson, sources_.config(true)};
  return Problem(400, "the query may be format=json or format=yaml");
}

}  // namespace sp::admin
