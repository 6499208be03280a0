// A token of a stranger, in a field of a stranger: found, taken apart, read, refused. Never verified: no key is known
// to the fuzzer, so a token that is proved is a fault.
#include <sallyport/sdk/base64url.hpp>

#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "filters/jwt/identity.h"
#include "filters/jwt/json.h"
#include "filters/jwt/requirements.h"
#include "filters/jwt/token_places.h"
#include "filters/jwt/verified_token.h"

namespace sp::jwt {
namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

const std::vector<ProviderSpec>& Providers() {
  static const std::vector<ProviderSpec> providers = [] {
    std::vector<ProviderSpec> list(1);
    list[0].algorithms = AlgorithmSet::Asymmetric();
    constexpr std::string_view kKeys =
        R"({"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},)"
        R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
        R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]})";
    list[0].fixed_keys = ParseKeySet(kKeys, list[0].algorithms).keys;
    return list;
  }();
  return providers;
}

// One token has one spelling.
void CheckSpelling(std::string_view text, const CompactToken& token) {
  const std::string again = std::string(token.signing_input) + "." + sallyport::base64url_encode(token.signature);
  Require(again == text);
  Require(sallyport::base64url_encode(token.payload) == token.encoded_payload);
}

void ReadClaims(const nlohmann::json& claims) {
  RegisteredClaims registered;
  if (ReadRegisteredClaims(claims, &registered) == Refusal::kNone) {
    CheckTimes(registered, {60'000, true}, 1'700'000'000'000);
    Requirements requirements;
    requirements.scopes = {"a"};
    requirements.claims.push_back({*ClaimPath::Parse("/a/0"), {1.0, true, std::string("x")}});
    requirements.Check(registered, claims, {"x"});
  }
  for (const auto& claim : claims) {
    std::optional<std::string> text = HeaderText(claim);
    if (text) Require(text->find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
    SlotValue::Of({}, claim);
  }
}

void ReadToken(std::string_view text) {
  TokenCandidate candidate;
  if (ReadCandidate(text, Providers(), &candidate) != Refusal::kNone) return;
  CheckSpelling(text, candidate.token);
  RegisteredClaims registered;
  const ProviderSpec& provider = Providers()[0];
  const Refusal refusal = Prove(candidate, provider, *provider.fixed_keys, 0, &registered);
  Require(refusal == Refusal::kAlgorithm || refusal == Refusal::kSignature || refusal == Refusal::kKeyId ||
          candidate.token.payload == "Example of Ed25519 signing");
  ReadClaims(*candidate.claims);
}

void FindToken(std::string_view text) {
  static const TokenPlaces places{true, {"x-token"}, {"session"}, {"access_token"}};
  TokenFinder finder;
  finder.AddAuthorization(text);
  finder.AddCookies(places, text);
  finder.AddQuery(places, text);
  if (finder.Result() == Refusal::kNone) ReadToken(finder.token());
  const std::string without = WithoutParameter(text, "access_token");
  TokenFinder again;
  again.AddQuery(places, without);
  Require(again.Result() == Refusal::kMissing);
}

}  // namespace
}  // namespace sp::jwt

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sp::jwt;
  const std::string text(reinterpret_cast<const char*>(data), size);
  ReadToken(text);
  FindToken(text);
  // The same bytes as JSON of a payload, which random bytes seldom reach through base64url.
  nlohmann::json value;
  if (ParseJson(text, &value)) {
    nlohmann::json again;
    Require(ParseJson(value.dump(), &again));
    if (value.is_object()) ReadClaims(value);
  }
  ReadToken(sallyport::base64url_encode(R"({"alg":"EdDSA"})") + "." + sallyport::base64url_encode(text) + ".c2ln");
  ReadToken(sallyport::base64url_encode(text) + ".e30.c2ln");
  return 0;
}
