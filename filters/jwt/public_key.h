// Public keys and signatures in OpenSSL's terms, from the parts that JWK and JWS write. Nothing throws; the thread's
// error queue is left as it was found, since the host's TLS reads the same queue.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "filters/jwt/algorithm.h"

struct evp_pkey_st;

namespace sp::jwt {

struct Curve {
  const char* group;  // "P-256", as JWK and OpenSSL both call it
  size_t coordinate_bytes;
  Algorithm algorithm;  // the one that goes with it
};
// Null for a curve that isn't supported.
const Curve* CurveOf(std::string_view name);

// Each gives a key that the caller owns, or null where the parts make none.
evp_pkey_st* MakeRsaKey(std::string_view modulus, std::string_view exponent);
// Coordinates of full length; null also where the point is not on the curve.
evp_pkey_st* MakeEcKey(const Curve& curve, std::string_view x, std::string_view y);
evp_pkey_st* MakeEd25519Key(std::string_view public_key);
void FreeKey(evp_pkey_st* key);

// The bits of an RSA modulus; the exponent as a number, 0 where it doesn't fit 63 bits.
int BitsOf(std::string_view big_endian);
uint64_t SmallNumber(std::string_view big_endian);
// One of the points whose order divides 8: anybody can sign for them.
bool IsLowOrderEd25519(std::string_view public_key);

bool VerifyWithPublicKey(evp_pkey_st* key, Algorithm algorithm, std::string_view signed_bytes,
                         std::string_view signature);
bool VerifyHmac(std::string_view secret, Algorithm algorithm, std::string_view signed_bytes, std::string_view mac);
void Wipe(std::string* bytes);
std::string Sha256Hex(std::string_view bytes);

}  // namespace sp::jwt
