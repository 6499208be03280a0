// One key that signatures are verified with: a public key or a shared secret, bound to the algorithms it may serve.
//
// Made from a JWK (RFC 7517), whose kty, crv, alg, use and key_ops all narrow what the key is for (THREATS T77). A key
// that is weak or wrong is refused here, once, and not at each signature (T78). Immutable; any thread.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "filters/jwt/algorithm.h"

struct evp_pkey_st;  // OpenSSL's EVP_PKEY

namespace sp::jwt {

inline constexpr int kMinRsaBits = 2048;
inline constexpr int kMaxRsaBits = 8192;  // verifying takes the square of it
inline constexpr size_t kMaxSecretBytes = 4096;

// Why a JWK is no key for us, in words that hold nothing of it.
struct KeyFault {
  std::string_view text;
  bool is_short_secret = false;
};

class Key {
 public:
  // A key that `wanted` leaves something to do, or nothing and why.
  static std::optional<Key> FromJwk(const nlohmann::json& jwk, AlgorithmSet wanted, KeyFault* fault);

  const std::optional<std::string>& id() const { return id_; }
  AlgorithmSet algorithms() const { return algorithms_; }
  // `algorithm` must be one of algorithms().
  bool Verify(Algorithm algorithm, std::string_view signed_bytes, std::string_view signature) const;

 private:
  struct FreePublicKey {
    void operator()(evp_pkey_st* key) const;
  };
  struct Secret {  // wiped when it goes
    explicit Secret(std::string from) : bytes(std::move(from)) {}
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    ~Secret();
    std::string bytes;
  };

  Key() = default;
  // Each fills in the key and gives what it could be used for; an empty set and *fault where it is refused.
  AlgorithmSet TakeMaterial(std::string_view type, const nlohmann::json& jwk, KeyFault* fault);
  AlgorithmSet TakeRsa(const nlohmann::json& jwk, KeyFault* fault);
  AlgorithmSet TakeEc(const nlohmann::json& jwk, KeyFault* fault);
  AlgorithmSet TakeEd25519(const nlohmann::json& jwk, KeyFault* fault);
  AlgorithmSet TakeSecret(const nlohmann::json& jwk, KeyFault* fault);

  std::optional<std::string> id_;
  AlgorithmSet algorithms_;
  std::unique_ptr<evp_pkey_st, FreePublicKey> public_key_;
  std::unique_ptr<Secret> secret_;
};

}  // namespace sp::jwt
