// From the text of a token to a verified one, or to the reason against it: all steps but those of a route.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "filters/jwt/filter_spec.h"
#include "filters/jwt/verified_token.h"

namespace sp::jwt {

struct Outcome {
  Refusal refusal = Refusal::kNone;
  size_t provider = 0;                   // whose token it says it is; not with kMalformed, kCritical, kIssuer
  std::unique_ptr<VerifiedToken> token;  // with kNone
};

// `ring`: what was fetched, or null where nothing was published yet. `told`, where not null, are newer keys for the
// provider of this token.
Outcome Authenticate(std::string_view text, const FilterSpec& spec, const KeyRing* ring, const CurrentKeys* told,
                     int64_t wall_ms);

// Whether a token that was verified once still is: its times, and the keys of its provider.
bool IsStillGood(const VerifiedToken& token, const FilterSpec& spec, const KeyRing* ring, int64_t wall_ms);

}  // namespace sp::jwt
