// The WWW-Authenticate field of a refusal (RFC 6750 3, RFC 9728 5.1).
#pragma once

#include <string>
#include <string_view>

#include "filters/jwt/refusal.h"

namespace sp::jwt {

struct ChallengeSpec {
  std::string realm;
  std::string resource_metadata;  // URL of RFC 9728 metadata; empty: not said
};

// `scopes`: those that the route asks for, separated by spaces. Empty where the refusal is no matter of credentials.
std::string MakeChallenge(const ChallengeSpec& spec, Refusal refusal, std::string_view scopes);

// Printable ASCII without `"` and `\`: what may stand between quotes as it is.
bool IsPlainQuotable(std::string_view text);

}  // namespace sp::jwt
