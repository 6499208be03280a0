// A token that was found good, with everything that requests need of it; and the steps to that finding.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "filters/jwt/claims.h"
#include "filters/jwt/compact_token.h"
#include "filters/jwt/identity.h"
#include "filters/jwt/provider.h"
#include "filters/jwt/refusal.h"

namespace sp::jwt {

struct VerifiedToken {
  VerifiedToken();
  VerifiedToken(const VerifiedToken&) = delete;
  VerifiedToken& operator=(const VerifiedToken&) = delete;
  ~VerifiedToken();
  // Bytes of memory that it keeps, about.
  size_t Footprint() const;

  std::string text;  // the whole token
  size_t provider = 0;
  uint64_t key_version = 0;
  TimeRules times;
  RegisteredClaims registered;
  std::unique_ptr<nlohmann::json> claims;
  std::string payload;          // as JSON text
  std::string encoded_payload;  // as received; empty where no header wants it
  std::string scope;            // all scopes, separated by spaces
  std::vector<HeaderValue> headers;
  std::vector<SlotValue> slots;
};

// What a token says of itself before anything is proved, and the provider it would have to be checked by.
struct TokenCandidate {
  CompactToken token;
  std::unique_ptr<nlohmann::json> claims;
  size_t provider = 0;
};

// Takes the token apart and finds its provider by `iss`: kNone, kMalformed, kCritical or kIssuer.
Refusal ReadCandidate(std::string_view text, const std::vector<ProviderSpec>& providers, TokenCandidate* candidate);

// The type, the algorithm, the signature, the claims, the times, in this order. kKeyId: these keys have no such id, so
// a newer set might.
Refusal Prove(const TokenCandidate& candidate, const ProviderSpec& provider, const KeySet& keys, int64_t now_ms,
              RegisteredClaims* registered);

}  // namespace sp::jwt
