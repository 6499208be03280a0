// For tests: keys made on the spot, their JWKs, and tokens signed with them, right or in every wrong way.
#pragma once

#include <sallyport/sdk/base64url.hpp>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "filters/jwt/algorithm.h"
#include "filters/jwt/public_key.h"

namespace sp::jwt::testing {

using nlohmann::json;

inline void Check(bool ok) {
  if (!ok) throw std::runtime_error("OpenSSL failed in a test");
}

// One key pair or secret; copies share it.
class Signer {
 public:
  static Signer Rsa(unsigned bits = 2048) { return Signer(EVP_RSA_gen(bits)); }
  static Signer Ec(const char* curve) { return Signer(EVP_EC_gen(curve)); }
  static Signer Ed25519() { return Signer(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")); }
  static Signer Secret(std::string bytes) {
    Signer signer(nullptr);
    signer.secret_ = std::move(bytes);
    return signer;
  }

  // The public JWK (of a secret: the secret), with `more` merged in.
  json Jwk(const json& more = json::object()) const {
    json jwk = PlainJwk();
    jwk.update(more);
    return jwk;
  }

  std::string Sign(Algorithm algorithm, std::string_view input) const {
    return FamilyOf(algorithm) == Family::kHmac ? SignHmac(algorithm, input) : SignPublic(algorithm, input);
  }

 private:
  explicit Signer(EVP_PKEY* key) : key_(key, &EVP_PKEY_free) {}

  static const EVP_MD* Digest(Algorithm algorithm) {
    size_t bytes = HashBytesOf(algorithm);
    return bytes == 32 ? EVP_sha256() : bytes == 48 ? EVP_sha384() : EVP_sha512();
  }
  static const unsigned char* Bytes(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
  }

  std::string Number(const char* name, int pad = 0) const {
    BIGNUM* number = nullptr;
    Check(EVP_PKEY_get_bn_param(key_.get(), name, &number) == 1);
    std::string bytes(static_cast<size_t>(std::max(pad, BN_num_bytes(number))), '\0');
    BN_bn2binpad(number, reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
    BN_free(number);
    return sallyport::base64url_encode(bytes);
  }

  json PlainJwk() const {
    if (key_ == nullptr) return {{"kty", "oct"}, {"k", sallyport::base64url_encode(secret_)}};
    if (EVP_PKEY_get_base_id(key_.get()) == EVP_PKEY_RSA) {
      return {{"kty", "RSA"}, {"n", Number(OSSL_PKEY_PARAM_RSA_N)}, {"e", Number(OSSL_PKEY_PARAM_RSA_E)}};
    }
    if (EVP_PKEY_get_base_id(key_.get()) == EVP_PKEY_EC) {
      int bits = EVP_PKEY_get_bits(key_.get());
      int bytes = (bits + 7) / 8;
      return {{"kty", "EC"},
              {"crv", "P-" + std::to_string(bits)},
              {"x", Number(OSSL_PKEY_PARAM_EC_PUB_X, bytes)},
              {"y", Number(OSSL_PKEY_PARAM_EC_PUB_Y, bytes)}};
    }
    std::string raw(32, '\0');
    size_t length = raw.size();
    Check(EVP_PKEY_get_raw_public_key(key_.get(), reinterpret_cast<unsigned char*>(raw.data()), &length) == 1);
    return {{"kty", "OKP"}, {"crv", "Ed25519"}, {"x", sallyport::base64url_encode(raw)}};
  }

  std::string SignHmac(Algorithm algorithm, std::string_view input) const {
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    HMAC(Digest(algorithm), secret_.data(), static_cast<int>(secret_.size()), Bytes(input), input.size(), mac, &length);
    return std::string(reinterpret_cast<char*>(mac), length);
  }

  std::string SignPublic(Algorithm algorithm, std::string_view input) const {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    EVP_PKEY_CTX* key_context = nullptr;
    const EVP_MD* digest = FamilyOf(algorithm) == Family::kEdDsa ? nullptr : Digest(algorithm);
    Check(EVP_DigestSignInit(context, &key_context, digest, nullptr, key_.get()) == 1);
    if (FamilyOf(algorithm) == Family::kRsaPss) {
      EVP_PKEY_CTX_set_rsa_padding(key_context, RSA_PKCS1_PSS_PADDING);
      EVP_PKEY_CTX_set_rsa_pss_saltlen(key_context, RSA_PSS_SALTLEN_DIGEST);
    }
    size_t length = 0;
    Check(EVP_DigestSign(context, nullptr, &length, Bytes(input), input.size()) == 1);
    std::string signature(length, '\0');
    auto* to = reinterpret_cast<unsigned char*>(signature.data());
    Check(EVP_DigestSign(context, to, &length, Bytes(input), input.size()) == 1);
    signature.resize(length);
    EVP_MD_CTX_free(context);
    return FamilyOf(algorithm) == Family::kEcdsa ? RawOf(signature) : signature;
  }

  // r and s side by side, from DER.
  std::string RawOf(std::string_view der) const {
    const unsigned char* at = Bytes(der);
    ECDSA_SIG* pair = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
    int bytes = (EVP_PKEY_get_bits(key_.get()) + 7) / 8;
    std::string raw(static_cast<size_t>(2 * bytes), '\0');
    auto* to = reinterpret_cast<unsigned char*>(raw.data());
    BN_bn2binpad(ECDSA_SIG_get0_r(pair), to, bytes);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair), to + bytes, bytes);
    ECDSA_SIG_free(pair);
    return raw;
  }

  std::shared_ptr<EVP_PKEY> key_;
  std::string secret_;
};

// Generated once in a test program: an RSA key takes a while.
inline const Signer& RsaSigner() {
  static const Signer signer = Signer::Rsa();
  return signer;
}
inline const Signer& OtherRsaSigner() {
  static const Signer signer = Signer::Rsa();
  return signer;
}
inline const Signer& EdSigner() {
  static const Signer signer = Signer::Ed25519();
  return signer;
}

inline std::string SetOf(std::initializer_list<json> jwks) { return json{{"keys", json::array_t(jwks)}}.dump(); }

// A token of these texts, whatever they are, signed properly.
inline std::string SignTexts(const Signer& signer, Algorithm algorithm, std::string_view header,
                             std::string_view payload) {
  std::string input = sallyport::base64url_encode(header) + "." + sallyport::base64url_encode(payload);
  return input + "." + sallyport::base64url_encode(signer.Sign(algorithm, input));
}
// alg is filled in.
inline std::string MakeToken(const Signer& signer, Algorithm algorithm, const json& claims,
                             json header = json::object()) {
  if (!header.contains("alg")) header["alg"] = NameOf(algorithm);
  return SignTexts(signer, algorithm, header.dump(), claims.dump());
}

}  // namespace sp::jwt::testing
