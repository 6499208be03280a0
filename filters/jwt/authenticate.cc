#include "filters/jwt/authenticate.h"

#include <nlohmann/json.hpp>

namespace sp::jwt {
namespace {

CurrentKeys KeysOf(const FilterSpec& spec, const KeyRing* ring, size_t provider) {
  if (!spec.providers[provider].source) return {spec.providers[provider].fixed_keys, 0};
  return ring != nullptr ? ring->by_provider[provider] : CurrentKeys{};
}

std::string Joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += ' ';
    text += word;
  }
  return text;
}

// False where a claim that is to become a header can't be one.
bool Describe(const FilterSpec& spec, TokenCandidate candidate, VerifiedToken* token) {
  if (!MakeHeaders(spec.claim_headers, *candidate.claims, &token->headers)) return false;
  token->slots = MakeSlots(spec.claim_slots, *candidate.claims);
  token->scope = Joined(token->registered.scopes);
  if (!spec.payload_header.empty()) token->encoded_payload = candidate.token.encoded_payload;
  token->payload = std::move(candidate.token.payload);
  token->claims = std::move(candidate.claims);
  return true;
}

}  // namespace

Outcome Authenticate(std::string_view text, const FilterSpec& spec, const KeyRing* ring, const CurrentKeys* told,
                     int64_t wall_ms) {
  TokenCandidate candidate;
  Outcome outcome;
  outcome.refusal = ReadCandidate(text, spec.providers, &candidate);
  if (outcome.refusal != Refusal::kNone) return outcome;
  outcome.provider = candidate.provider;
  const ProviderSpec& provider = spec.providers[candidate.provider];
  CurrentKeys keys = told != nullptr ? *told : KeysOf(spec, ring, candidate.provider);
  if (!keys.keys) {
    outcome.refusal = Refusal::kKeys;
    return outcome;
  }
  auto token = std::make_unique<VerifiedToken>();
  outcome.refusal = Prove(candidate, provider, *keys.keys, wall_ms, &token->registered);
  if (outcome.refusal != Refusal::kNone) return outcome;
  token->text = text;
  token->provider = candidate.provider;
  token->key_version = keys.version;
  token->times = provider.times;
  if (!Describe(spec, std::move(candidate), token.get())) {
    outcome.refusal = Refusal::kInvalidClaim;
    return outcome;
  }
  outcome.token = std::move(token);
  return outcome;
}

bool IsStillGood(const VerifiedToken& token, const FilterSpec& spec, const KeyRing* ring, int64_t wall_ms) {
  if (CheckTimes(token.registered, token.times, wall_ms) != Refusal::kNone) return false;
  if (!spec.providers[token.provider].source) return true;
  return ring != nullptr && ring->by_provider[token.provider].keys != nullptr &&
         ring->by_provider[token.provider].version == token.key_version;
}

}  // namespace sp::jwt
