#include "filters/jwt/key_set.h"

#include <sallyport/sdk/base64url.hpp>

#include <nlohmann/json.hpp>

#include "filters/jwt/test_tokens.h"
#include "test/support/catch.h"

namespace sp::jwt {
namespace {

using testing::EdSigner;
using testing::json;
using testing::RsaSigner;
using testing::SetOf;
using testing::Signer;

AlgorithmSet All() { return AlgorithmSet::Asymmetric() | AlgorithmSet::Hmac(); }

std::string WhyNot(const json& jwk, AlgorithmSet wanted = All()) {
  KeyFault fault;
  return Key::FromJwk(jwk, wanted, &fault) ? "" : std::string(fault.text);
}

TEST_CASE("every algorithm: what is signed verifies, anything else does not", "[jwt]") {
  const Signer p256 = Signer::Ec("P-256");
  const Signer p384 = Signer::Ec("P-384");
  const Signer p521 = Signer::Ec("P-521");
  const Signer secret = Signer::Secret(std::string(64, 's'));
  struct Row {
    Algorithm algorithm;
    const Signer& signer;
  };
  const std::vector<Row> rows = {
      {Algorithm::kRs256, RsaSigner()}, {Algorithm::kRs384, RsaSigner()}, {Algorithm::kRs512, RsaSigner()},
      {Algorithm::kPs256, RsaSigner()}, {Algorithm::kPs384, RsaSigner()}, {Algorithm::kPs512, RsaSigner()},
      {Algorithm::kEs256, p256},        {Algorithm::kEs384, p384},        {Algorithm::kEs512, p521},
      {Algorithm::kEdDsa, EdSigner()},  {Algorithm::kHs256, secret},      {Algorithm::kHs384, secret},
      {Algorithm::kHs512, secret}};
  for (const Row& row : rows) {
    INFO(NameOf(row.algorithm));
    KeyFault fault;
    std::optional<Key> key = Key::FromJwk(row.signer.Jwk(), All(), &fault);
    REQUIRE(key);
    const std::string signature = row.signer.Sign(row.algorithm, "input");
    CHECK(key->Verify(row.algorithm, "input", signature));
    CHECK_FALSE(key->Verify(row.algorithm, "inpuT", signature));
    CHECK_FALSE(key->Verify(row.algorithm, "input", ""));
    CHECK_FALSE(key->Verify(row.algorithm, "input", signature + "x"));
    CHECK_FALSE(key->Verify(row.algorithm, "input", signature.substr(1)));
    CHECK_FALSE(key->Verify(row.algorithm, "input", std::string(signature.size(), '\0')));  // T78: r = s = 0
    std::string flipped = signature;
    flipped.back() = static_cast<char>(flipped.back() ^ 1);
    CHECK_FALSE(key->Verify(row.algorithm, "input", flipped));
    for (int i = 0; i < kAlgorithmCount; ++i) {
      auto other = static_cast<Algorithm>(i);
      if (other != row.algorithm) CHECK_FALSE(key->Verify(other, "input", signature));
    }
  }
}

TEST_CASE("T78: ECDSA takes r and s of full length, not DER, not zero, not the order or more", "[jwt]") {
  const Signer signer = Signer::Ec("P-256");
  KeyFault fault;
  std::optional<Key> key = Key::FromJwk(signer.Jwk(), All(), &fault);
  REQUIRE(key);
  const std::string raw = signer.Sign(Algorithm::kEs256, "x");
  const std::string r = raw.substr(0, 32);
  const std::string zero(32, '\0');
  const std::string ones(32, '\xff');
  auto der = [](const std::string& n) {
    std::string body = (n[0] & 0x80 ? std::string(1, '\0') : "") + n;
    return std::string("\x02") + static_cast<char>(body.size()) + body;
  };
  const std::string pair = der(r) + der(raw.substr(32));
  CHECK_FALSE(key->Verify(Algorithm::kEs256, "x", std::string("\x30") + static_cast<char>(pair.size()) + pair));
  CHECK_FALSE(key->Verify(Algorithm::kEs256, "x", r + zero));
  CHECK_FALSE(key->Verify(Algorithm::kEs256, "x", zero + r));
  CHECK_FALSE(key->Verify(Algorithm::kEs256, "x", ones + ones));
  CHECK_FALSE(key->Verify(Algorithm::kEs256, "x", zero + raw));
  CHECK_FALSE(key->Verify(Algorithm::kEs256, "x", raw + raw));
}

TEST_CASE("T76, T77: kty, alg, use and key_ops bind a key", "[jwt]") {
  const json rsa = RsaSigner().Jwk();
  auto with = [&](const json& more) {
    json jwk = rsa;
    jwk.update(more);
    return jwk;
  };
  CHECK(WhyNot(rsa) == "");
  CHECK(WhyNot(with({{"use", "sig"}})) == "");
  CHECK(WhyNot(with({{"use", "enc"}})) == "is not for signatures (use, key_ops)");
  CHECK(WhyNot(with({{"use", 1}})) == "is not for signatures (use, key_ops)");
  CHECK(WhyNot(with({{"key_ops", {"sign", "verify"}}})) == "");
  CHECK(WhyNot(with({{"key_ops", {"encrypt"}}})) == "is not for signatures (use, key_ops)");
  CHECK(WhyNot(with({{"key_ops", "verify"}})) == "is not for signatures (use, key_ops)");
  CHECK(WhyNot(with({{"alg", "HS256"}})) == "has an alg that does not fit it");
  CHECK(WhyNot(with({{"alg", "ES256"}})) == "has an alg that does not fit it");
  CHECK(WhyNot(with({{"alg", "RSA-OAEP"}})) == "has an alg that does not fit it");
  CHECK(WhyNot(with({{"alg", 7}})) == "has an alg that does not fit it");
  CHECK(WhyNot(with({{"kid", 7}})) == "has a kid that is no text of at most 256 bytes");
  CHECK(WhyNot(with({{"kid", std::string(257, 'k')}})) == "has a kid that is no text of at most 256 bytes");
  CHECK(WhyNot(with({{"kty", "oct"}})) == "has no valid k");
  CHECK(WhyNot(with({{"kty", "rsa"}})) == "has a kty that is not supported");
  CHECK(WhyNot(rsa, Algorithm::kEs256) == "is for other algorithms than those allowed");
  CHECK(WhyNot(json::array()) == "is not an object with a kty");

  KeyFault fault;
  std::optional<Key> bound = Key::FromJwk(with({{"alg", "RS256"}}), All(), &fault);
  REQUIRE(bound);
  CHECK(bound->algorithms() == AlgorithmSet(Algorithm::kRs256));
  CHECK_FALSE(bound->Verify(Algorithm::kRs512, "x", RsaSigner().Sign(Algorithm::kRs512, "x")));
}

TEST_CASE("T76, T78: weak and invalid keys are refused", "[jwt]") {
  const json rsa = RsaSigner().Jwk();
  auto with = [](json jwk, const json& more) {
    jwk.update(more);
    return jwk;
  };
  CHECK(WhyNot(Signer::Rsa(512).Jwk()) == "is an RSA key of fewer than 2048 bits");
  CHECK(WhyNot(Signer::Rsa(1024).Jwk()) == "is an RSA key of fewer than 2048 bits");
  CHECK(WhyNot(with(rsa, {{"n", sallyport::base64url_encode(std::string(1025, '\xff'))}})) ==
        "is an RSA key of more than 8192 bits");
  CHECK(WhyNot(with(rsa, {{"n", sallyport::base64url_encode(std::string(256, '\xfe'))}})) ==
        "is no RSA key: its modulus is even");
  CHECK(WhyNot(with(rsa, {{"e", "AQ"}})) == "is an RSA key with an exponent that is not sound");    // 1
  CHECK(WhyNot(with(rsa, {{"e", "AAE"}})) == "is an RSA key with an exponent that is not sound");   // 1 again
  CHECK(WhyNot(with(rsa, {{"e", "AQAC"}})) == "is an RSA key with an exponent that is not sound");  // even
  CHECK(WhyNot(with(rsa, {{"e", sallyport::base64url_encode(std::string(32, '\x01'))}})) ==
        "is an RSA key with an exponent that is not sound");
  CHECK(WhyNot(with(rsa, {{"e", ""}})) == "has no valid n and e");
  CHECK(WhyNot(with(rsa, {{"n", "a+b/"}})) == "has no valid n and e");

  const json ec = Signer::Ec("P-256").Jwk();
  const std::string one = sallyport::base64url_encode(std::string(31, '\0') + "\x01");
  CHECK(WhyNot(ec) == "");
  CHECK(WhyNot(with(ec, {{"y", one}})) == "is no point of its curve");
  CHECK(WhyNot(with(ec, {{"x", "AQ"}})) == "has no valid x and y");
  CHECK(WhyNot(with(ec, {{"crv", "P-384"}})) == "has no valid x and y");
  CHECK(WhyNot(with(ec, {{"crv", "secp256k1"}})) == "is on a curve that is not supported");

  const json ed = EdSigner().Jwk();
  CHECK(WhyNot(with(ed, {{"crv", "X25519"}})) == "is on a curve that is not supported");
  CHECK(WhyNot(with(ed, {{"x", sallyport::base64url_encode(std::string(31, 'x'))}})) == "has no valid x");
  CHECK(WhyNot(with(ed, {{"x", sallyport::base64url_encode(std::string(32, '\0'))}})) == "is a point of low order");
  CHECK(WhyNot(with(ed, {{"x", sallyport::base64url_encode("\x01" + std::string(30, '\0') + "\x80")}})) ==
        "is a point of low order");

  CHECK(WhyNot(Signer::Secret("").Jwk()) == "has no valid k");
  CHECK(WhyNot(Signer::Secret(std::string(31, 'k')).Jwk()) == "is a secret of fewer than 32 bytes");
  KeyFault fault;
  std::optional<Key> secret = Key::FromJwk(Signer::Secret(std::string(48, 'k')).Jwk(), All(), &fault);
  REQUIRE(secret);
  CHECK(secret->algorithms() == (AlgorithmSet(Algorithm::kHs256) | AlgorithmSet(Algorithm::kHs384)));
  CHECK_FALSE(Key::FromJwk(Signer::Secret(std::string(48, 'k')).Jwk({{"alg", "HS512"}}), All(), &fault));
  CHECK(fault.is_short_secret);
}

TEST_CASE("a set keeps its good keys and names the others", "[jwt]") {
  KeySetResult result = ParseKeySet(SetOf({RsaSigner().Jwk({{"kid", "a"}}), Signer::Rsa(1024).Jwk({{"kid", "weak"}}),
                                           EdSigner().Jwk({{"kid", "b"}, {"use", "enc"}}), json("x")}),
                                    AlgorithmSet::Asymmetric());
  REQUIRE(result.keys);
  CHECK(result.keys->size() == 1);
  CHECK(result.keys->HasId("a"));
  CHECK_FALSE(result.keys->HasId("weak"));
  CHECK(result.left_out == std::vector<std::string>{"keys[1] is an RSA key of fewer than 2048 bits",
                                                    "keys[2] is not for signatures (use, key_ops)",
                                                    "keys[3] is not an object with a kty"});
}

TEST_CASE("what is no key set", "[jwt]") {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"<html>", "the key set is not valid JSON"},
      {"", "the key set is not valid JSON"},
      {R"({"keys":[],"keys":[]})", "the key set is not valid JSON"},
      {"[]", "the key set is not an object with an array `keys`"},
      {R"({"keys":{}})", "the key set is not an object with an array `keys`"},
      {R"({"keys":[]})", "the key set holds no key"},
      {R"({"keys":[{"kty":"DSA"}]})", "the key set holds no usable key: keys[0] has a kty that is not supported"},
      {std::string(kMaxKeySetBytes + 1, ' '), "the key set is larger than 1 MiB"}};
  for (const auto& [text, error] : rows) {
    KeySetResult result = ParseKeySet(text, AlgorithmSet::Asymmetric());
    CHECK_FALSE(result.keys);
    CHECK(result.error == error);
  }
}

TEST_CASE("T77: which keys a token is tried with", "[jwt]") {
  std::vector<json> list;
  for (int i = 0; i < 6; ++i) list.push_back(EdSigner().Jwk({{"kid", "same"}}));
  list.push_back(EdSigner().Jwk({{"kid", "other"}}));
  list.push_back(RsaSigner().Jwk({{"kid", "rsa"}}));
  KeySetResult result = ParseKeySet(json{{"keys", list}}.dump(), All());
  REQUIRE(result.keys);
  const KeySet& keys = *result.keys;
  CHECK(keys.Find(Algorithm::kEdDsa, "same").count == 4);
  CHECK(keys.Find(Algorithm::kEdDsa, "other").count == 1);
  CHECK(keys.Find(Algorithm::kEdDsa, "Other").count == 0);
  CHECK(keys.Find(Algorithm::kEdDsa, "").count == 0);
  CHECK(keys.Find(Algorithm::kEdDsa, std::nullopt).count == 4);
  CHECK(keys.Find(Algorithm::kRs256, "same").count == 0);
  CHECK(keys.Find(Algorithm::kRs256, "rsa").count == 1);
  CHECK(keys.Find(Algorithm::kHs256, "rsa").count == 0);
}

TEST_CASE("interoperability: the set of RFC 7517 appendix A.1", "[jwt]") {
  KeySetResult result = ParseKeySet(R"({"keys":[
    {"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
     "y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","use":"enc","kid":"1"},
    {"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
     "e":"AQAB","alg":"RS256","kid":"2011-04-29"}]})",
                                    All());
  REQUIRE(result.keys);
  CHECK(result.left_out == std::vector<std::string>{"keys[0] is not for signatures (use, key_ops)"});
  CHECK(result.keys->Find(Algorithm::kRs256, "2011-04-29").count == 1);
  CHECK(result.keys->Find(Algorithm::kPs256, "2011-04-29").count == 0);
}

// The worked examples of the RFCs: what others sign, we verify.
TEST_CASE("interoperability: RFC 7515 appendix A and RFC 8037 appendix A", "[jwt]") {
  struct Row {
    const char* what;
    const char* jwk;
    Algorithm algorithm;
    const char* input;
    const char* signature;
  };
  constexpr const char* kJoe =
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
  const std::vector<Row> rows = {
      {"HS256, RFC 7515 A.1",
       R"({"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"})",
       Algorithm::kHs256, "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"},
      {"RS256, RFC 7515 A.2",
       R"({"kty":"RSA","e":"AQAB","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"})",
       Algorithm::kRs256, "eyJhbGciOiJSUzI1NiJ9.",
       "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_"
       "O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_"
       "nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-"
       "eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_"
       "IoypGlUPQGe77Rw"},
      {"ES256, RFC 7515 A.3",
       R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})",
       Algorithm::kEs256, "eyJhbGciOiJFUzI1NiJ9.",
       "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    KeyFault fault;
    std::optional<Key> key = Key::FromJwk(json::parse(row.jwk), All(), &fault);
    REQUIRE(key);
    CHECK(key->Verify(row.algorithm, std::string(row.input) + kJoe, *sallyport::base64url_decode(row.signature)));
  }
  KeyFault fault;
  std::optional<Key> ed = Key::FromJwk(
      json::parse(R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})"), All(), &fault);
  REQUIRE(ed);
  CHECK(ed->Verify(Algorithm::kEdDsa, "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
                   *sallyport::base64url_decode(
                       "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg")));
}

}  // namespace
}  // namespace sp::jwt
