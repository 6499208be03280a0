#include "filters/jwt/algorithm.h"

#include <array>

namespace sp::jwt {
namespace {

struct Row {
  std::string_view name;
  Family family;
  uint8_t hash_bytes;
};

// In the order of the enumeration. SHA-512 is Ed25519's own.
constexpr std::array<Row, kAlgorithmCount> kRows{{{"RS256", Family::kRsaPkcs1, 32},
                                                  {"RS384", Family::kRsaPkcs1, 48},
                                                  {"RS512", Family::kRsaPkcs1, 64},
                                                  {"PS256", Family::kRsaPss, 32},
                                                  {"PS384", Family::kRsaPss, 48},
                                                  {"PS512", Family::kRsaPss, 64},
                                                  {"ES256", Family::kEcdsa, 32},
                                                  {"ES384", Family::kEcdsa, 48},
                                                  {"ES512", Family::kEcdsa, 64},
                                                  {"EdDSA", Family::kEdDsa, 64},
                                                  {"HS256", Family::kHmac, 32},
                                                  {"HS384", Family::kHmac, 48},
                                                  {"HS512", Family::kHmac, 64}}};

const Row& RowOf(Algorithm algorithm) { return kRows[static_cast<size_t>(algorithm)]; }

AlgorithmSet Where(bool hmac) {
  AlgorithmSet set;
  for (int i = 0; i < kAlgorithmCount; ++i) {
    if ((kRows[i].family == Family::kHmac) == hmac) set.Add(static_cast<Algorithm>(i));
  }
  return set;
}

}  // namespace

std::optional<Algorithm> AlgorithmOf(std::string_view name) {
  for (int i = 0; i < kAlgorithmCount; ++i) {
    if (kRows[i].name == name) return static_cast<Algorithm>(i);
  }
  if (name == "Ed25519") return Algorithm::kEdDsa;
  return std::nullopt;
}

std::string_view NameOf(Algorithm algorithm) { return RowOf(algorithm).name; }
Family FamilyOf(Algorithm algorithm) { return RowOf(algorithm).family; }
size_t HashBytesOf(Algorithm algorithm) { return RowOf(algorithm).hash_bytes; }

AlgorithmSet AlgorithmSet::Asymmetric() { return Where(false); }
AlgorithmSet AlgorithmSet::Hmac() { return Where(true); }

}  // namespace sp::jwt
