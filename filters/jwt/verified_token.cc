#include "filters/jwt/verified_token.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "filters/jwt/json.h"

namespace sp::jwt {
namespace {

using nlohmann::json;

constexpr size_t kBytesPerPayloadByte = 8;  // a tree of short members takes about that

// The provider whose issuer is exactly this; one that takes any issuer stands alone.
bool FindProvider(const json& claims, const std::vector<ProviderSpec>& providers, size_t* index) {
  auto issuer = claims.find("iss");
  for (size_t i = 0; i < providers.size(); ++i) {
    const std::string& wanted = providers[i].issuer;
    bool same = issuer != claims.end() && issuer->is_string() && issuer->get_ref<const std::string&>() == wanted;
    if (wanted.empty() || same) {
      *index = i;
      return true;
    }
  }
  return false;
}

Refusal CheckSignature(const CompactToken& token, Algorithm algorithm, const KeySet& keys) {
  KeySet::Candidates candidates = keys.Find(algorithm, token.key_id);
  for (size_t i = 0; i < candidates.count; ++i) {
    if (candidates.keys[i]->Verify(algorithm, token.signing_input, token.signature)) return Refusal::kNone;
  }
  if (token.key_id && keys.UsesIds() && !keys.HasId(*token.key_id)) return Refusal::kKeyId;
  return candidates.count > 0 ? Refusal::kSignature : Refusal::kAlgorithm;
}

}  // namespace

VerifiedToken::VerifiedToken() = default;
VerifiedToken::~VerifiedToken() = default;

size_t VerifiedToken::Footprint() const {
  size_t bytes = sizeof(VerifiedToken) + text.size() + encoded_payload.size() + scope.size();
  bytes += payload.size() * (1 + kBytesPerPayloadByte);
  for (const HeaderValue& header : headers) bytes += sizeof(header) + header.text.size();
  for (const SlotValue& slot : slots) bytes += sizeof(slot) + slot.text.size();
  return bytes;
}

Refusal ReadCandidate(std::string_view text, const std::vector<ProviderSpec>& providers, TokenCandidate* candidate) {
  Refusal refusal = ParseCompactToken(text, &candidate->token);
  if (refusal != Refusal::kNone) return refusal;
  candidate->claims = std::make_unique<json>();
  if (!ParseJson(candidate->token.payload, candidate->claims.get()) || !candidate->claims->is_object()) {
    return Refusal::kMalformed;
  }
  return FindProvider(*candidate->claims, providers, &candidate->provider) ? Refusal::kNone : Refusal::kIssuer;
}

Refusal Prove(const TokenCandidate& candidate, const ProviderSpec& provider, const KeySet& keys, int64_t now_ms,
              RegisteredClaims* registered) {
  const CompactToken& token = candidate.token;
  if (!provider.types.empty() &&
      std::find(provider.types.begin(), provider.types.end(), token.type) == provider.types.end()) {
    return Refusal::kType;
  }
  std::optional<Algorithm> algorithm = AlgorithmOf(token.algorithm);
  if (!algorithm || !provider.algorithms.Has(*algorithm)) return Refusal::kAlgorithm;
  Refusal refusal = CheckSignature(token, *algorithm, keys);
  if (refusal == Refusal::kNone) refusal = ReadRegisteredClaims(*candidate.claims, registered);
  if (refusal == Refusal::kNone) refusal = CheckTimes(*registered, provider.times, now_ms);
  return refusal;
}

}  // namespace sp::jwt
