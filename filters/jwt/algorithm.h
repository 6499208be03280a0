// The signature algorithms of JOSE that this filter verifies, and sets of them.
//
// An algorithm belongs to one family, and a key fits algorithms of its own family only: that alone ends every attack
// that hands a public key to an HMAC (RFC 8725 3.1). `none` is not an algorithm here and can't be configured.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sp::jwt {

enum class Algorithm : uint8_t {
  kRs256,
  kRs384,
  kRs512,  // RSASSA-PKCS1-v1_5 (RFC 7518 3.3)
  kPs256,
  kPs384,
  kPs512,  // RSASSA-PSS (3.5)
  kEs256,
  kEs384,
  kEs512,  // ECDSA on P-256, P-384, P-521 (3.4)
  kEdDsa,  // Ed25519 (RFC 8037 3.1); RFC 9864 calls it "Ed25519"
  kHs256,
  kHs384,
  kHs512,  // HMAC (RFC 7518 3.2)
};
inline constexpr int kAlgorithmCount = 13;

enum class Family : uint8_t { kRsaPkcs1, kRsaPss, kEcdsa, kEdDsa, kHmac };

// By the exact name, which is case-sensitive (RFC 7515 4.1.1); nothing for `none` and all others.
std::optional<Algorithm> AlgorithmOf(std::string_view name);
std::string_view NameOf(Algorithm algorithm);
Family FamilyOf(Algorithm algorithm);
// Bytes that the algorithm's hash gives: 32, 48 or 64. For an HMAC that is also the least length of its key.
size_t HashBytesOf(Algorithm algorithm);

class AlgorithmSet {
 public:
  constexpr AlgorithmSet() = default;
  constexpr AlgorithmSet(Algorithm only) : bits_(BitOf(only)) {}
  // RS, PS, ES and EdDSA: what may come from a key set that everybody can read.
  static AlgorithmSet Asymmetric();
  static AlgorithmSet Hmac();

  constexpr bool Has(Algorithm algorithm) const { return (bits_ & BitOf(algorithm)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr void Add(Algorithm algorithm) { bits_ = static_cast<uint16_t>(bits_ | BitOf(algorithm)); }
  friend constexpr AlgorithmSet operator&(AlgorithmSet a, AlgorithmSet b) {
    return AlgorithmSet(static_cast<uint16_t>(a.bits_ & b.bits_));
  }
  friend constexpr AlgorithmSet operator|(AlgorithmSet a, AlgorithmSet b) {
    return AlgorithmSet(static_cast<uint16_t>(a.bits_ | b.bits_));
  }
  friend constexpr bool operator==(AlgorithmSet a, AlgorithmSet b) { return a.bits_ == b.bits_; }

 private:
  constexpr explicit AlgorithmSet(uint16_t bits) : bits_(bits) {}
  static constexpr uint16_t BitOf(Algorithm algorithm) {
    return static_cast<uint16_t>(1U << static_cast<int>(algorithm));
  }

  uint16_t bits_ = 0;
};

}  // namespace sp::jwt
