// The claims of a token whose signature holds (RFC 7519 4), and where in them a policy looks.
//
// A registered claim of a wrong type is a refusal, never "absent" (THREATS T79). Times are milliseconds since 1970.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "filters/jwt/refusal.h"

namespace sp::jwt {

// Names one claim: the name itself, or where it starts with `/` a JSON pointer (RFC 6901): `/realm_access/roles`.
class ClaimPath {
 public:
  // Nothing where the pointer is not well formed.
  static std::optional<ClaimPath> Parse(std::string_view text);
  // Null where there is no such claim.
  const nlohmann::json* Find(const nlohmann::json& claims) const;

 private:
  std::vector<std::string> steps_;
};

struct RegisteredClaims {
  std::optional<std::string> issuer;
  std::optional<std::string> subject;
  std::vector<std::string> audiences;
  std::vector<std::string> scopes;  // of `scope` and `scp`, each a text with spaces or a list
  std::optional<int64_t> expires_ms;
  std::optional<int64_t> not_before_ms;
  std::optional<int64_t> issued_ms;
};

// kNone or kInvalidClaim.
Refusal ReadRegisteredClaims(const nlohmann::json& claims, RegisteredClaims* registered);

// What a provider asks of every token's times. Skew is in favour of the token, at both ends.
struct TimeRules {
  int64_t skew_ms = 0;
  bool require_expiry = true;
};
// kNone, kExpired, kNotYetValid, or kInvalidClaim where exp is needed and missing.
Refusal CheckTimes(const RegisteredClaims& claims, const TimeRules& rules, int64_t now_ms);

}  // namespace sp::jwt
