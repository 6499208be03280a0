// What a message must be before anything behind the codec sees it, the same for every HTTP version.
//
// A codec fills method_text, target (HTTP/1: as it stands in the request line; HTTP/2: `:path`, with scheme and
// authority from their pseudo-fields), version, and *all* fields into `headers`. ValidateRequest then walks the fields
// once:
//   1. framing and Host are taken out of the fields and decided (framing.h, authority.h)
//   2. hop-by-hop fields and those that Connection nominates are removed (T60); Upgrade and TE become members
//   3. managed names, and names that only look like managed, framing or identity names, are removed (T61, T62)
//   4. the target is taken apart and the path normalised (path.h, T47-T55)
// Nothing is repaired. On a refusal the head is good for logging only.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/reason.h"
#include "core/http/head.h"
#include "core/http/limits.h"
#include "core/http/name_set.h"
#include "core/http/path.h"

namespace sp::http {

// Of a listener.
struct RequestRules {
  HttpLimits limits;
  PathOptions path;
  // Names that a filter of the listener sets: removed at entry on every route (T62). May be null.
  const NameSet* managed = nullptr;
};

// Of a connection.
struct RequestPeer {
  bool tls = false;
  bool trusted = false;  // its word about the scheme counts (RFC 9110 section 7.4)
};

// What the fields said that the head has no place for.
struct ConnectionOptions {
  bool close = false;
  bool keep_alive = false;
  uint32_t aliases_dropped = 0;  // counted as `header.alias`
};

Reason ValidateRequest(RequestHead& head, const RequestRules& rules, const RequestPeer& peer,
                       ConnectionOptions* options);

// `method` is that of the request. kNone, kUpstreamStatus, kUpstreamFraming or kUpstreamHeader. Of a 101 the Upgrade
// token is kept in `head.upgrade`.
Reason ValidateResponse(ResponseHead& head, Method method, ConnectionOptions* options);

// Removes from trailers what RFC 9110 section 6.5.1 keeps out of them (routing, authentication, framing, hop-by-hop,
// request control) and managed names (T18). `*dropped` is how many, counted as `h1.trailer_dropped`. A trailer that
// would frame the message is refused: kH1ClTe.
Reason ValidateTrailers(HeaderMap& trailers, const NameSet* managed, size_t* dropped);

// RFC 9110 section 5.6.2; every one is also a valid (lower or mixed case) field name or method.
bool IsToken(std::string_view text);
// No CTL but HTAB, no DEL (RFC 9110 section 5.5).
bool IsFieldValue(std::string_view text);

}  // namespace sp::http
