#include "core/net/address.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace sp::net {
namespace {

constexpr std::array<uint8_t, 12> kV4Prefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

IpAddress FromV4(const void* four_bytes) {
  IpAddress ip;
  std::copy(kV4Prefix.begin(), kV4Prefix.end(), ip.bytes.begin());
  std::memcpy(ip.bytes.data() + kV4Prefix.size(), four_bytes, 4);
  return ip;
}

// The longest run of two or more zero groups, which `::` stands for; the first one of equals (RFC 5952 section 4.2).
struct Run {
  int start = -1;
  int length = 0;
};

Run LongestZeroRun(const std::array<uint16_t, 8>& groups) {
  Run best;
  for (int i = 0; i < 8;) {
    int end = i;
    while (end < 8 && groups[static_cast<size_t>(end)] == 0) ++end;
    if (end - i >= 2 && end - i > best.length) best = {i, end - i};
    i = end + 1;
  }
  return best;
}

// 0…65535 in decimal, no sign, no leading zero.
std::optional<uint16_t> ParsePort(std::string_view text) {
  if (text.empty() || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

}  // namespace

bool IpAddress::IsV4() const { return std::equal(kV4Prefix.begin(), kV4Prefix.end(), bytes.begin()); }

std::optional<IpAddress> IpAddress::Parse(std::string_view text) {
  char buffer[INET6_ADDRSTRLEN] = {};
  // A NUL within would end the text early for inet_pton.
  if (text.size() >= sizeof(buffer) || text.find('\0') != std::string_view::npos) return std::nullopt;
  std::copy(text.begin(), text.end(), buffer);
  uint8_t raw[16];
  if (inet_pton(AF_INET, buffer, raw) == 1) return FromV4(raw);
  if (inet_pton(AF_INET6, buffer, raw) != 1) return std::nullopt;
  IpAddress ip;
  std::memcpy(ip.bytes.data(), raw, sizeof(raw));
  return ip;
}

std::string IpAddress::ToString() const {
  if (IsV4()) return fmt::format("{}.{}.{}.{}", bytes[12], bytes[13], bytes[14], bytes[15]);
  std::array<uint16_t, 8> groups;
  for (size_t i = 0; i < 8; ++i) groups[i] = static_cast<uint16_t>(bytes[2 * i] << 8 | bytes[2 * i + 1]);
  const Run run = LongestZeroRun(groups);
  std::string out;
  for (int i = 0; i < 8; ++i) {
    if (i == run.start) {
      out += "::";
      i += run.length - 1;
      continue;
    }
    if (!out.empty() && out.back() != ':') out += ':';
    fmt::format_to(std::back_inserter(out), "{:x}", groups[static_cast<size_t>(i)]);
  }
  return out;
}

bool IpAddress::IsLoopback() const {
  if (IsV4()) return bytes[12] == 127;
  return std::all_of(bytes.begin(), bytes.end() - 1, [](uint8_t b) { return b == 0; }) && bytes[15] == 1;
}

std::optional<Address> Address::Parse(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = ParsePort(text.substr(colon + 1));
  if (!port) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  if (host.empty()) {
    Address every(IpAddress(), *port);
    every.any_ = true;
    return every;
  }
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  // Brackets for IPv6 and only for it, or `::1:80` would be read in two ways.
  if ((host.find(':') != std::string_view::npos) != bracketed) return std::nullopt;
  const auto ip = IpAddress::Parse(host);
  if (!ip) return std::nullopt;
  return Address(*ip, *port);
}

Address Address::FromSockaddr(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, address, sizeof(v4));
    return Address(FromV4(&v4.sin_addr), ntohs(v4.sin_port));
  }
  if (address->sa_family == AF_INET6) {
    sockaddr_in6 v6;
    std::memcpy(&v6, address, sizeof(v6));
    IpAddress ip;
    std::memcpy(ip.bytes.data(), &v6.sin6_addr, 16);
    return Address(ip, ntohs(v6.sin6_port));
  }
  return Address();
}

socklen_t Address::ToSockaddr(sockaddr_storage* out) const {
  std::memset(out, 0, sizeof(*out));
  if (ip_.IsV4()) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port_);
    std::memcpy(&v4.sin_addr, ip_.bytes.data() + 12, 4);
    std::memcpy(out, &v4, sizeof(v4));
    return sizeof(v4);
  }
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port_);
  std::memcpy(&v6.sin6_addr, ip_.bytes.data(), 16);
  std::memcpy(out, &v6, sizeof(v6));
  return sizeof(v6);
}

std::string Address::ToString() const {
  if (any_) return fmt::format(":{}", port_);
  return ip_.IsV4() ? fmt::format("{}:{}", ip_.ToString(), port_) : fmt::format("[{}]:{}", ip_.ToString(), port_);
}

}  // namespace sp::net
