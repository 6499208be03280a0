// Addresses: well-formed for what they are for, no two that would listen in one place, the operator's ports off the
// network, and no cluster that leads to them (a route to 127.0.0.1:9901 would publish the admin page, THREATS T123).

#include <fmt/format.h>

#include <optional>
#include <string>
#include <vector>

#include "core/config/validate/parts.h"
#include "core/net/address.h"
#include "sallyport/v1/gateway.pb.h"

namespace sp::config {

namespace v1 = ::sallyport::v1;

namespace {

bool IsUnspecified(const net::IpAddress& ip) {
  return ip == net::IpAddress::Parse("0.0.0.0") || ip == net::IpAddress::Parse("::");
}

bool IsUnixPath(std::string_view text) { return text.starts_with("unix:"); }

// An address that something listens on, and who.
struct Bound {
  net::Address address;
  std::string who;
};

// Whether both would take the same connections. A wildcard takes its own family, `:80` both.
bool Overlap(const net::Address& a, const net::Address& b) {
  if (a.port() != b.port() || a.port() == 0) return false;
  if (a.any() || b.any() || a.ip() == b.ip()) return true;
  const bool same_family = a.ip().IsV4() == b.ip().IsV4();
  return same_family && (IsUnspecified(a.ip()) || IsUnspecified(b.ip()));
}

class Addresses {
 public:
  explicit Addresses(Report& report) : report_(report) {}

  void Listen(std::string_view text, const Place& place, std::string who) {
    if (text.empty()) return;
    const auto address = net::Address::Parse(text);
    if (!address) return report_.Add(place, Malformed(text));
    Bind(*address, place, std::move(who));
  }

  // Of the operator: loopback.
  void ListenPrivately(std::string_view text, const Place& place, std::string who) {
    if (text.empty()) return;
    const auto address = net::Address::Parse(text);
    if (!address) return report_.Add(place, Malformed(text));
    if (address->any() || !address->ip().IsLoopback()) {
      report_.Add(place, "must be a loopback address: off this host it would need mutual TLS, which it has not",
                  "127.0.0.1:" + std::to_string(address->port()));
      return;
    }
    private_.push_back({*address, who});
    Bind(*address, place, std::move(who));
  }

  void Connect(std::string_view text, const Place& place) {
    if (text.empty()) return;
    const auto address = net::Address::Parse(text);
    if (!address || address->any() || address->port() == 0 || IsUnspecified(address->ip())) {
      report_.Add(place, "must be an IP address and port such as 127.0.0.1:9001", Loopback(text));
      return;
    }
    for (const Bound& bound : private_) {
      if (bound.address == *address) {
        report_.Add(place, fmt::format("is the address of {}: no route may lead there", bound.who));
      }
    }
  }

 private:
  void Bind(const net::Address& address, const Place& place, std::string who) {
    for (const Bound& bound : bound_) {
      if (!Overlap(bound.address, address)) continue;
      report_.Add(place, fmt::format("is taken by {} ({})", bound.who, bound.address.ToString()));
      return;
    }
    bound_.push_back({address, std::move(who)});
  }

  static std::string Malformed(std::string_view text) {
    if (IsUnixPath(text)) return "must be an IP address and port: unix sockets come with a later version";
    return "must be an address such as 0.0.0.0:8080, [::]:8080 or :8080";
  }

  static std::string Loopback(std::string_view text) {
    constexpr std::string_view kName = "localhost:";
    return text.starts_with(kName) ? "127.0.0.1:" + std::string(text.substr(kName.size())) : std::string();
  }

  Report& report_;
  std::vector<Bound> bound_;
  std::vector<Bound> private_;
};

}  // namespace

void CheckAddresses(const v1::Gateway& gateway, Report& report) {
  Addresses addresses(report);
  const Place root;
  const Place admin = root.Field("admin");
  addresses.ListenPrivately(gateway.admin().address(), admin.Field("address"), "admin");
  const Place control_plane = root.Field("control_plane");
  addresses.ListenPrivately(gateway.control_plane().address(), control_plane.Field("address"), "control_plane");
  addresses.Listen(gateway.admin().probes(), admin.Field("probes"), "admin.probes");
  const Place listeners = root.Field("listeners");
  for (int i = 0; i < gateway.listeners_size(); ++i) {
    const v1::Listener& listener = gateway.listeners(i);
    const Place place = listeners.Index(i);
    addresses.Listen(listener.address(), place.Field("address"), fmt::format("listener \"{}\"", listener.name()));
  }
  const Place clusters = root.Field("clusters");
  for (int i = 0; i < gateway.clusters_size(); ++i) {
    const Place cluster = clusters.Index(i);
    const Place endpoints = cluster.Field("endpoints");
    for (int j = 0; j < gateway.clusters(i).endpoints_size(); ++j) {
      const Place endpoint = endpoints.Index(j);
      addresses.Connect(gateway.clusters(i).endpoints(j).address(), endpoint.Field("address"));
    }
  }
}

}  // namespace sp::config
