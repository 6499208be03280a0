// A JWS in compact form (RFC 7515 3.1), taken apart: header.payload.signature.
//
// Nothing here trusts or checks a signature. The shape is strict (THREATS T80): at most kMaxTokenBytes before anything
// is split, exactly three parts, base64url without padding and with zero trailing bits, so that a token has exactly
// one spelling. Header members that name keys or places of keys (jku, jwk, x5u, x5c) are never read (T77).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "filters/jwt/refusal.h"

namespace sp::jwt {

inline constexpr size_t kMaxTokenBytes = 8 * 1024;
inline constexpr size_t kMaxKeyIdBytes = 256;

struct CompactToken {
  // Views into the token's text.
  std::string_view signing_input;    // header.payload, as signed
  std::string_view encoded_payload;  // as received

  // Decoded.
  std::string algorithm;  // as written; may be anything
  std::optional<std::string> key_id;
  std::string type;  // `typ`, lower case and without "application/" (RFC 7515 4.1.9); empty where absent
  std::string payload;
  std::string signature;
};

// kNone, kMalformed or kCritical.
Refusal ParseCompactToken(std::string_view text, CompactToken* token);

// A media type without the prefix that may be left out, lower case: as types are compared (RFC 8725 3.11).
std::string ShortType(std::string type);

}  // namespace sp::jwt
