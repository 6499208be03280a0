// Why a request was not let through, as one table: the reason in log and metrics, the status, RFC 6750's words.
//
// No sentence here, and nothing else that leaves this filter, holds text of a token or a key (THREATS T85).
#pragma once

#include <cstdint>
#include <string_view>

namespace sp::jwt {

enum class Refusal : uint8_t {
  kNone,
  kMissing,       // no token
  kMultiple,      // more than one, or credentials that are no token at all
  kMalformed,     // not a JWS in compact form whose parts are strict JSON objects
  kCritical,      // `crit`: asks for extensions, of which we know none (RFC 7515 4.1.11)
  kType,          // `typ` is not one of those wanted
  kAlgorithm,     // none, unknown, or not allowed for this provider
  kKeyId,         // no key of the set fits the token
  kSignature,     // a key fits, the signature doesn't
  kKeys,          // there is no key set: never loaded, or older than its max_age
  kExpired,       // exp
  kNotYetValid,   // nbf or iat lies ahead
  kIssuer,        // iss is no provider's
  kAudience,      // aud holds none of ours
  kInvalidClaim,  // a claim has a wrong type, or exp is missing
  kClaim,         // a claim hasn't a value that the policy asks for
  kScope,         // a scope is missing
};
inline constexpr int kRefusalCount = 17;

struct RefusalRow {
  std::string_view reason;  // "jwt.expired"
  uint32_t status;          // 400, 401, 403, 503
  std::string_view error;   // of RFC 6750 3.1; empty where no token was given
  std::string_view detail;  // a sentence for people
};

// For kNone a row of empty text.
const RefusalRow& RowOf(Refusal refusal);

}  // namespace sp::jwt
