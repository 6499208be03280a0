#include "filters/jwt/requirements.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace sp::jwt {
namespace {

using nlohmann::json;

constexpr int64_t kExactInteger = int64_t{1} << 53;

bool Holds(const std::vector<std::string>& list, const std::string& text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

bool HoldsAny(const std::vector<std::string>& list, const std::vector<std::string>& wanted) {
  return std::any_of(wanted.begin(), wanted.end(), [&](const std::string& text) { return Holds(list, text); });
}

bool EqualsNumber(const json& claim, double wanted) {
  if (claim.is_number_unsigned() && claim.get<uint64_t>() > static_cast<uint64_t>(kExactInteger)) return false;
  if (claim.is_number_integer() && claim.get<int64_t>() < -kExactInteger) return false;
  return claim.is_number() && claim.get<double>() == wanted;
}

bool Equals(const json& claim, const ClaimRule::Value& wanted) {
  if (const auto* text = std::get_if<std::string>(&wanted)) {
    return claim.is_string() && claim.get_ref<const std::string&>() == *text;
  }
  if (const auto* truth = std::get_if<bool>(&wanted)) return claim.is_boolean() && claim.get<bool>() == *truth;
  return EqualsNumber(claim, std::get<double>(wanted));
}

bool EqualsAny(const json& claim, const std::vector<ClaimRule::Value>& wanted) {
  return std::any_of(wanted.begin(), wanted.end(), [&](const ClaimRule::Value& value) { return Equals(claim, value); });
}

}  // namespace

bool WrittenRequirements::AsksForSomething() const {
  return (audiences && !audiences->empty()) || (scopes && !scopes->empty()) || (any_scopes && !any_scopes->empty()) ||
         (claims && !claims->empty());
}

void Requirements::Overlay(WrittenRequirements above) {
  if (above.AsksForSomething()) {
    require = true;
    allow_missing = false;
  }
  require = above.require.value_or(require);
  allow_missing = above.allow_missing.value_or(allow_missing);
  if (above.audiences) audiences = std::move(above.audiences);
  if (above.scopes) scopes = std::move(*above.scopes);
  if (above.any_scopes) any_scopes = std::move(*above.any_scopes);
  if (above.claims) claims = std::move(*above.claims);
}

Refusal Requirements::Check(const RegisteredClaims& registered, const json& all,
                            const std::vector<std::string>& provider_audiences) const {
  const std::vector<std::string>& accepted = audiences ? *audiences : provider_audiences;
  if (!accepted.empty() && !HoldsAny(registered.audiences, accepted)) return Refusal::kAudience;
  for (const ClaimRule& rule : claims) {
    if (!Matches(rule, all)) return Refusal::kClaim;
  }
  for (const std::string& scope : scopes) {
    if (!Holds(registered.scopes, scope)) return Refusal::kScope;
  }
  if (!any_scopes.empty() && !HoldsAny(registered.scopes, any_scopes)) return Refusal::kScope;
  return Refusal::kNone;
}

std::string Requirements::ScopeText() const {
  std::string text;
  for (const std::vector<std::string>* list : {&scopes, &any_scopes}) {
    for (const std::string& scope : *list) {
      if (!text.empty()) text += ' ';
      text += scope;
    }
  }
  return text;
}

bool Matches(const ClaimRule& rule, const json& claims) {
  const json* claim = rule.path.Find(claims);
  if (claim == nullptr || claim->is_null()) return false;
  if (rule.any_of.empty() || EqualsAny(*claim, rule.any_of)) return true;
  return claim->is_array() && std::any_of(claim->begin(), claim->end(),
                                          [&](const json& element) { return EqualsAny(element, rule.any_of); });
}

}  // namespace sp::jwt
