// Address: where a listener listens, an endpoint answers, a peer calls from. A value; no DNS.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sp::net {

// An IP address as 16 bytes; IPv4 as ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2), so that both compare in one way.
struct IpAddress {
  std::array<uint8_t, 16> bytes{};
  bool IsV4() const;
  // Dotted or RFC 5952 text. A zone (`%eth0`) or anything else that isn't an address: nothing.
  static std::optional<IpAddress> Parse(std::string_view text);
  std::string ToString() const;
  bool IsLoopback() const;
  friend bool operator==(const IpAddress&, const IpAddress&) = default;
  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;
};

class Address {
 public:
  Address() = default;
  Address(IpAddress ip, uint16_t port) : ip_(ip), port_(port) {}
  // `127.0.0.1:80`, `[::1]:80`, `:80` (every IPv4 and IPv6 address). Nothing for anything else.
  static std::optional<Address> Parse(std::string_view text);
  static Address FromSockaddr(const sockaddr* address);

  const IpAddress& ip() const { return ip_; }
  uint16_t port() const { return port_; }
  Address WithPort(uint16_t port) const {
    Address other = *this;
    other.port_ = port;
    return other;
  }
  bool any() const { return any_; }  // written as `:80`: listen on every address of both families
  // Length of what was written to `out`.
  socklen_t ToSockaddr(sockaddr_storage* out) const;
  std::string ToString() const;
  friend bool operator==(const Address&, const Address&) = default;
  friend auto operator<=>(const Address&, const Address&) = default;

 private:
  IpAddress ip_;
  uint16_t port_ = 0;
  bool any_ = false;
};

}  // namespace sp::net
