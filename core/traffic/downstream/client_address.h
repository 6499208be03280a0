// Who the client is, and what the next hop is told of it (THREATS T59).
//
// X-Forwarded-For is believed as far as its writers are trusted: from the right, every address in `trusted` is a proxy
// of ours, the first that isn't is the client. Anything that is no address ends the walk; the last good one stands.
// From a peer that isn't trusted the fields are removed.
#pragma once

#include "core/base/arena.h"
#include "core/http/head.h"
#include "core/net/cidr.h"

namespace sp::downstream {

struct ClientAddress {
  net::IpAddress ip;
  bool peer_trusted = false;
};

// Removes forwarding fields from `headers` where the peer isn't trusted.
ClientAddress FindClientAddress(http::HeaderMap& headers, const net::IpAddress& peer, const net::CidrSet& trusted);

// X-Forwarded-For with the peer at its end, X-Forwarded-Proto where a trusted peer has not said it.
void AddForwardingFields(http::RequestHead& head, std::string_view peer);

}  // namespace sp::downstream
