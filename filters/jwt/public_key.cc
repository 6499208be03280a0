#include "filters/jwt/public_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <array>
#include <memory>

namespace sp::jwt {
namespace {

template <auto kFree>
struct Free {
  template <typename T>
  void operator()(T* thing) const {
    kFree(thing);
  }
};
template <typename T, auto kFree>
using Owned = std::unique_ptr<T, Free<kFree>>;
using Number = Owned<BIGNUM, BN_free>;
using PublicKey = Owned<EVP_PKEY, EVP_PKEY_free>;
using KeyContext = Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using DigestContext = Owned<EVP_MD_CTX, EVP_MD_CTX_free>;

// Drops what OpenSSL put into the thread's error queue meanwhile.
class QuietErrors {
 public:
  QuietErrors() { ERR_set_mark(); }
  ~QuietErrors() { ERR_pop_to_mark(); }
  QuietErrors(const QuietErrors&) = delete;
  QuietErrors& operator=(const QuietErrors&) = delete;
};

const unsigned char* Bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
Number NumberOf(std::string_view big_endian) {
  return Number(BN_bin2bn(Bytes(big_endian), static_cast<int>(big_endian.size()), nullptr));
}

const EVP_MD* DigestOf(Algorithm algorithm) {
  switch (HashBytesOf(algorithm)) {
    case 32:
      return EVP_sha256();
    case 48:
      return EVP_sha384();
    default:
      return EVP_sha512();
  }
}

PublicKey FromParameters(const char* type, OSSL_PARAM_BLD* builder) {
  Owned<OSSL_PARAM, OSSL_PARAM_free> parameters(OSSL_PARAM_BLD_to_param(builder));
  KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* made = nullptr;
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
    return nullptr;
  }
  return PublicKey(made);
}

// Not for Ed25519, where OpenSSL checks nothing.
bool IsSound(EVP_PKEY* key) {
  KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  return context && EVP_PKEY_public_check(context.get()) == 1;
}

// r and s of equal, full length (RFC 7518 3.4), as the DER that OpenSSL reads; empty where they are no such pair.
std::string DerOf(std::string_view raw, size_t coordinate_bytes) {
  if (raw.size() != 2 * coordinate_bytes) return {};
  Owned<ECDSA_SIG, ECDSA_SIG_free> pair(ECDSA_SIG_new());
  Number r = NumberOf(raw.substr(0, coordinate_bytes));
  Number s = NumberOf(raw.substr(coordinate_bytes));
  if (!pair || !r || !s || BN_is_zero(r.get()) || BN_is_zero(s.get())) return {};
  if (ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1) return {};
  r.release();
  s.release();
  unsigned char* der = nullptr;
  int length = i2d_ECDSA_SIG(pair.get(), &der);
  if (length <= 0) return {};
  std::string text(reinterpret_cast<char*>(der), static_cast<size_t>(length));
  OPENSSL_free(der);
  return text;
}

size_t CoordinateBytes(Algorithm algorithm) { return algorithm == Algorithm::kEs512 ? 66 : HashBytesOf(algorithm); }

bool SetPss(EVP_PKEY_CTX* context, const EVP_MD* digest) {
  // Salt as long as the hash, and MGF1 with the same hash (RFC 7518 3.5).
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_mgf1_md(context, digest) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
}

}  // namespace

const Curve* CurveOf(std::string_view name) {
  static constexpr std::array<Curve, 3> kCurves{
      {{"P-256", 32, Algorithm::kEs256}, {"P-384", 48, Algorithm::kEs384}, {"P-521", 66, Algorithm::kEs512}}};
  for (const Curve& curve : kCurves) {
    if (name == curve.group) return &curve;
  }
  return nullptr;
}

evp_pkey_st* MakeRsaKey(std::string_view modulus, std::string_view exponent) {
  QuietErrors quiet;
  Number n = NumberOf(modulus);
  Number e = NumberOf(exponent);
  Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> builder(OSSL_PARAM_BLD_new());
  if (!n || !e || !builder || OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1) {
    return nullptr;
  }
  return FromParameters("RSA", builder.get()).release();
}

evp_pkey_st* MakeEcKey(const Curve& curve, std::string_view x, std::string_view y) {
  QuietErrors quiet;
  std::string point = "\x04";  // uncompressed (SEC 1 2.3.3)
  point.append(x).append(y);
  Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> builder(OSSL_PARAM_BLD_new());
  if (!builder || OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve.group, 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) != 1) {
    return nullptr;
  }
  PublicKey key = FromParameters("EC", builder.get());
  return key && IsSound(key.get()) ? key.release() : nullptr;
}

evp_pkey_st* MakeEd25519Key(std::string_view public_key) {
  QuietErrors quiet;
  return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, Bytes(public_key), public_key.size());
}

void FreeKey(evp_pkey_st* key) { EVP_PKEY_free(key); }

int BitsOf(std::string_view big_endian) {
  Number number = NumberOf(big_endian);
  return number ? BN_num_bits(number.get()) : 0;
}

uint64_t SmallNumber(std::string_view big_endian) {
  uint64_t number = 0;
  for (char c : big_endian) {
    if (number >> 55 != 0) return 0;
    number = (number << 8) | static_cast<uint8_t>(c);
  }
  return number;
}

bool IsLowOrderEd25519(std::string_view public_key) {
  // y coordinates, little endian, of the points of order 1, 2, 4 and 8, and the two other spellings of 0 and 1. The
  // last bit is the sign of x.
  static constexpr std::array<std::string_view, 7> kPoints{
      std::string_view("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 32),
      std::string_view("\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 32),
      std::string_view("\x26\xe8\x95\x8f\xc2\xb2\x27\xb0\x45\xc3\xf4\x89\xf2\xef\x98\xf0"
                       "\xd5\xdf\xac\x05\xd3\xc6\x33\x39\xb1\x38\x02\x88\x6d\x53\xfc\x05",
                       32),
      std::string_view("\xc7\x17\x6a\x70\x3d\x4d\xd8\x4f\xba\x3c\x0b\x76\x0d\x10\x67\x0f"
                       "\x2a\x20\x53\xfa\x2c\x39\xcc\xc6\x4e\xc7\xfd\x77\x92\xac\x03\x7a",
                       32),
      std::string_view("\xec\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
                       "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
                       32),
      std::string_view("\xed\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
                       "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
                       32),
      std::string_view("\xee\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
                       "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
                       32)};
  std::string y(public_key);
  if (y.empty()) return true;
  y.back() = static_cast<char>(static_cast<uint8_t>(y.back()) & 0x7f);
  for (std::string_view point : kPoints) {
    if (y == point) return true;
  }
  return false;
}

bool VerifyWithPublicKey(evp_pkey_st* key, Algorithm algorithm, std::string_view signed_bytes,
                         std::string_view signature) {
  QuietErrors quiet;
  Family family = FamilyOf(algorithm);
  std::string der;
  if (family == Family::kEcdsa) {
    der = DerOf(signature, CoordinateBytes(algorithm));
    if (der.empty()) return false;
    signature = der;
  } else if (family == Family::kEdDsa && signature.size() != 64) {
    return false;
  }
  const EVP_MD* digest = family == Family::kEdDsa ? nullptr : DigestOf(algorithm);
  DigestContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* key_context = nullptr;
  if (!context || EVP_DigestVerifyInit(context.get(), &key_context, digest, nullptr, key) != 1) return false;
  if (family == Family::kRsaPss && !SetPss(key_context, digest)) return false;
  return EVP_DigestVerify(context.get(), Bytes(signature), signature.size(), Bytes(signed_bytes),
                          signed_bytes.size()) == 1;
}

bool VerifyHmac(std::string_view secret, Algorithm algorithm, std::string_view signed_bytes, std::string_view mac) {
  QuietErrors quiet;
  std::array<unsigned char, EVP_MAX_MD_SIZE> expected{};
  unsigned int length = 0;
  if (HMAC(DigestOf(algorithm), secret.data(), static_cast<int>(secret.size()), Bytes(signed_bytes),
           signed_bytes.size(), expected.data(), &length) == nullptr) {
    return false;
  }
  return mac.size() == length && CRYPTO_memcmp(mac.data(), expected.data(), length) == 0;
}

void Wipe(std::string* bytes) { OPENSSL_cleanse(bytes->data(), bytes->size()); }

std::string Sha256Hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  std::string hex;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr) != 1) return hex;
  for (unsigned int i = 0; i < length; ++i) {
    hex += kDigits[digest[i] >> 4];
    hex += kDigits[digest[i] & 15];
  }
  return hex;
}

}  // namespace sp::jwt
