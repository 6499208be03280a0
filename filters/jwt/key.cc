#include "filters/jwt/key.h"

#include <sallyport/sdk/base64url.hpp>

#include <nlohmann/json.hpp>

#include "filters/jwt/compact_token.h"
#include "filters/jwt/public_key.h"

namespace sp::jwt {
namespace {

using nlohmann::json;

// A member that must be a string, or nothing.
std::optional<std::string_view> TextOf(const json& jwk, const char* name) {
  auto member = jwk.find(name);
  if (member == jwk.end() || !member->is_string()) return std::nullopt;
  return member->get_ref<const std::string&>();
}

// A member that must be base64url of at least one byte.
bool BytesOf(const json& jwk, const char* name, std::string* bytes) {
  std::optional<std::string_view> text = TextOf(jwk, name);
  std::optional<std::string> decoded = text ? sallyport::base64url_decode(*text) : std::nullopt;
  if (!decoded || decoded->empty()) return false;
  *bytes = std::move(*decoded);
  return true;
}

AlgorithmSet Refuse(KeyFault* fault, std::string_view text) {
  fault->text = text;
  return {};
}

// `use` and `key_ops`, where they are there, must name signatures (RFC 7517 4.2, 4.3).
bool IsForSignatures(const json& jwk) {
  if (jwk.contains("use") && TextOf(jwk, "use") != "sig") return false;
  auto operations = jwk.find("key_ops");
  if (operations == jwk.end()) return true;
  if (!operations->is_array()) return false;
  for (const json& operation : *operations) {
    if (operation == "verify") return true;
  }
  return false;
}

}  // namespace

void Key::FreePublicKey::operator()(evp_pkey_st* key) const { FreeKey(key); }
Key::Secret::~Secret() { Wipe(&bytes); }

std::optional<Key> Key::FromJwk(const json& jwk, AlgorithmSet wanted, KeyFault* fault) {
  *fault = {"is not an object with a kty"};
  if (!jwk.is_object()) return std::nullopt;
  std::optional<std::string_view> type = TextOf(jwk, "kty");
  if (!type) return std::nullopt;
  fault->text = "is not for signatures (use, key_ops)";
  if (!IsForSignatures(jwk)) return std::nullopt;

  Key key;
  fault->text = "has a kid that is no text of at most 256 bytes";
  if (jwk.contains("kid")) {
    std::optional<std::string_view> id = TextOf(jwk, "kid");
    if (!id || id->size() > kMaxKeyIdBytes) return std::nullopt;
    key.id_ = *id;
  }
  key.algorithms_ = key.TakeMaterial(*type, jwk, fault);
  if (key.algorithms_.empty()) return std::nullopt;

  bool is_secret = key.secret_ != nullptr && !(wanted & AlgorithmSet::Hmac()).empty();
  if (jwk.contains("alg")) {
    std::optional<Algorithm> bound = AlgorithmOf(TextOf(jwk, "alg").value_or(""));
    *fault = {"has an alg that does not fit it", is_secret && bound && FamilyOf(*bound) == Family::kHmac};
    if (!bound || !key.algorithms_.Has(*bound)) return std::nullopt;
    key.algorithms_ = *bound;
    is_secret = is_secret && wanted.Has(*bound);
  }
  *fault = {"is for other algorithms than those allowed", is_secret};
  key.algorithms_ = key.algorithms_ & wanted;
  if (key.algorithms_.empty()) return std::nullopt;
  return key;
}

AlgorithmSet Key::TakeMaterial(std::string_view type, const json& jwk, KeyFault* fault) {
  if (type == "RSA") return TakeRsa(jwk, fault);
  if (type == "EC") return TakeEc(jwk, fault);
  if (type == "OKP") return TakeEd25519(jwk, fault);
  if (type == "oct") return TakeSecret(jwk, fault);
  return Refuse(fault, "has a kty that is not supported");
}

AlgorithmSet Key::TakeRsa(const json& jwk, KeyFault* fault) {
  std::string modulus;
  std::string exponent;
  if (!BytesOf(jwk, "n", &modulus) || !BytesOf(jwk, "e", &exponent)) return Refuse(fault, "has no valid n and e");
  if (modulus.size() > kMaxRsaBits / 8 + 1) return Refuse(fault, "is an RSA key of more than 8192 bits");
  int bits = BitsOf(modulus);
  if (bits < kMinRsaBits) return Refuse(fault, "is an RSA key of fewer than 2048 bits");
  if (bits > kMaxRsaBits) return Refuse(fault, "is an RSA key of more than 8192 bits");
  // An even one is no RSA key, 1 makes every message its own signature, and a huge one is only slow.
  uint64_t e = SmallNumber(exponent);
  if (e < 3 || e % 2 == 0 || e > UINT32_MAX) return Refuse(fault, "is an RSA key with an exponent that is not sound");
  if (static_cast<uint8_t>(modulus.back()) % 2 == 0) return Refuse(fault, "is no RSA key: its modulus is even");
  public_key_.reset(MakeRsaKey(modulus, exponent));
  if (!public_key_) return Refuse(fault, "is no RSA key");
  AlgorithmSet fit;
  for (Algorithm a : {Algorithm::kRs256, Algorithm::kRs384, Algorithm::kRs512, Algorithm::kPs256, Algorithm::kPs384,
                      Algorithm::kPs512}) {
    fit.Add(a);
  }
  return fit;
}

AlgorithmSet Key::TakeEc(const json& jwk, KeyFault* fault) {
  const Curve* curve = CurveOf(TextOf(jwk, "crv").value_or(""));
  if (curve == nullptr) return Refuse(fault, "is on a curve that is not supported");
  std::string x;
  std::string y;
  // Full length (RFC 7518 6.2.1.2).
  if (!BytesOf(jwk, "x", &x) || !BytesOf(jwk, "y", &y) || x.size() != curve->coordinate_bytes ||
      y.size() != curve->coordinate_bytes) {
    return Refuse(fault, "has no valid x and y");
  }
  public_key_.reset(MakeEcKey(*curve, x, y));
  if (!public_key_) return Refuse(fault, "is no point of its curve");
  return curve->algorithm;
}

AlgorithmSet Key::TakeEd25519(const json& jwk, KeyFault* fault) {
  if (TextOf(jwk, "crv") != "Ed25519") return Refuse(fault, "is on a curve that is not supported");
  std::string x;
  if (!BytesOf(jwk, "x", &x) || x.size() != 32) return Refuse(fault, "has no valid x");
  if (IsLowOrderEd25519(x)) return Refuse(fault, "is a point of low order");
  public_key_.reset(MakeEd25519Key(x));
  if (!public_key_) return Refuse(fault, "is no Ed25519 key");
  return Algorithm::kEdDsa;
}

AlgorithmSet Key::TakeSecret(const json& jwk, KeyFault* fault) {
  std::string bytes;
  if (!BytesOf(jwk, "k", &bytes) || bytes.size() > kMaxSecretBytes) return Refuse(fault, "has no valid k");
  secret_ = std::make_unique<Secret>(std::move(bytes));
  AlgorithmSet fit;  // never with a hash longer than the secret (RFC 7518 3.2)
  for (Algorithm a : {Algorithm::kHs256, Algorithm::kHs384, Algorithm::kHs512}) {
    if (secret_->bytes.size() >= HashBytesOf(a)) fit.Add(a);
  }
  fault->is_short_secret = fit.empty();
  return fit.empty() ? Refuse(fault, "is a secret of fewer than 32 bytes") : fit;
}

bool Key::Verify(Algorithm algorithm, std::string_view signed_bytes, std::string_view signature) const {
  if (!algorithms_.Has(algorithm)) return false;
  if (FamilyOf(algorithm) == Family::kHmac) {
    return secret_ != nullptr && VerifyHmac(secret_->bytes, algorithm, signed_bytes, signature);
  }
  return public_key_ != nullptr && VerifyWithPublicKey(public_key_.get(), algorithm, signed_bytes, signature);
}

}  // namespace sp::jwt
