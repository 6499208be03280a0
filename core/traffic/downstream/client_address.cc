#include "core/traffic/downstream/client_address.h"

namespace sp::downstream {
namespace {

using http::HeaderField;
using http::HeaderId;

bool IsForwardingField(const HeaderField& field) {
  switch (field.id) {
    case HeaderId::kXForwardedFor:
    case HeaderId::kXForwardedProto:
    case HeaderId::kXForwardedHost:
    case HeaderId::kXForwardedPort:
    case HeaderId::kXForwardedPrefix:
    case HeaderId::kXRealIp:
    case HeaderId::kForwarded:
      return true;
    default:
      return false;
  }
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Walks one line from the right. False when the walk is over.
bool Walk(std::string_view line, const net::CidrSet& trusted, net::IpAddress& client) {
  while (true) {
    const size_t comma = line.rfind(',');
    const std::string_view item = Trim(comma == std::string_view::npos ? line : line.substr(comma + 1));
    const auto ip = net::IpAddress::Parse(item);
    if (!ip) return false;
    client = *ip;
    if (!trusted.Contains(*ip)) return false;
    if (comma == std::string_view::npos) return true;
    line = line.substr(0, comma);
  }
}

}  // namespace

ClientAddress FindClientAddress(http::HeaderMap& headers, const net::IpAddress& peer, const net::CidrSet& trusted) {
  ClientAddress client{peer, !trusted.empty() && trusted.Contains(peer)};
  if (!client.peer_trusted) {
    headers.RemoveIf(IsForwardingField);
    return client;
  }
  for (size_t i = headers.size(); i-- > 0;) {
    if (headers[i].id != HeaderId::kXForwardedFor) continue;
    if (!Walk(headers[i].value, trusted, client.ip)) break;
  }
  return client;
}

void AddForwardingFields(http::RequestHead& head, std::string_view peer) {
  auto& headers = head.headers;
  if (!headers.Has(HeaderId::kXForwardedFor)) {
    headers.Add(HeaderId::kXForwardedFor, peer);
  } else {
    Arena& arena = headers.arena();
    std::string_view joined;
    for (const HeaderField& field : headers) {
      if (field.id != HeaderId::kXForwardedFor) continue;
      joined = arena.Extend(joined, field.value);
      joined = arena.Extend(joined, ", ");
    }
    headers.Set(HeaderId::kXForwardedFor, arena.Extend(joined, peer));
  }
  if (!headers.Has(HeaderId::kXForwardedProto)) headers.Add(HeaderId::kXForwardedProto, head.scheme);
}

}  // namespace sp::downstream
