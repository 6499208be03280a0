// What a route asks of a request beyond a token that verifies: audience, scopes, claims. Decided anew for each request,
// also where the token came from the cache (THREATS T83).
//
// Requirements are merged from the filter's config and the route configs, least to most specific (Overlay). A part that
// is written replaces the same part of what is below. Asking for something implies that a token is needed: a level that
// names scopes, claims or audiences and says nothing of `require` or `allow_missing` undoes both from below it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "filters/jwt/claims.h"
#include "filters/jwt/refusal.h"

namespace sp::jwt {

// One claim that must be there and, where values are given, equal one of them, or be a list that holds one.
struct ClaimRule {
  using Value = std::variant<bool, double, std::string>;  // numbers: at most 2^53, which doubles hold exactly
  ClaimPath path;
  std::vector<Value> any_of;
};

// As one level writes them; what is absent says nothing.
struct WrittenRequirements {
  std::optional<bool> require;
  std::optional<bool> allow_missing;
  std::optional<std::vector<std::string>> audiences;
  std::optional<std::vector<std::string>> scopes;
  std::optional<std::vector<std::string>> any_scopes;
  std::optional<std::vector<ClaimRule>> claims;

  bool AsksForSomething() const;
};

struct Requirements {
  bool require = true;                                // false: tokens aren't looked at
  bool allow_missing = false;                         // no token: let through, without an identity; a bad one never is
  std::optional<std::vector<std::string>> audiences;  // instead of the provider's
  std::vector<std::string> scopes;                    // all of them
  std::vector<std::string> any_scopes;                // one of them
  std::vector<ClaimRule> claims;                      // all of them

  void Overlay(WrittenRequirements above);
  // kNone, kAudience, kClaim or kScope. `provider_audiences`: where this has none of its own; none at all: any will do.
  Refusal Check(const RegisteredClaims& registered, const nlohmann::json& claims,
                const std::vector<std::string>& provider_audiences) const;
  // The scopes to name in a challenge, separated by spaces (RFC 6750 3).
  std::string ScopeText() const;
};

bool Matches(const ClaimRule& rule, const nlohmann::json& claims);

}  // namespace sp::jwt
