#include "filters/jwt/filter_fixture.h"

namespace sp::jwt {
namespace {

using namespace testing;

json Without(json config, const char* name) {
  config.erase(name);
  return config;
}
json With(json config, const json& patch) {
  config.merge_patch(patch);
  return config;
}

TEST_CASE("T76: a short secret is refused at apply", "[jwt]") {
  FakeHost host;
  auto with = [&](const json& jwk, const char* alg) {
    json config = BasicConfig();
    config["algorithms"] = {alg};
    config["jwks"]["inline"] = {{"keys", {jwk, Signer::Secret(std::string(64, 'g')).Jwk()}}};
    return ErrorsOf(host, config);
  };
  CHECK(with(Signer::Secret(std::string(31, 's')).Jwk(), "HS256") ==
        Errors{"/jwks/inline: keys[0] is a secret of fewer than 32 bytes"});
  CHECK(with(Signer::Secret(std::string(32, 's')).Jwk({{"alg", "HS512"}}), "HS512") ==
        Errors{"/jwks/inline: keys[0] has an alg that does not fit it"});
  CHECK(with(Signer::Secret(std::string(32, 's')).Jwk(), "HS384") ==
        Errors{"/jwks/inline: keys[0] is for other algorithms than those allowed"});
  CHECK(with(Signer::Secret("").Jwk(), "HS256").empty());  // no key at all, but another one is there
  CHECK(with(RsaSigner().Jwk(), "HS256").empty());
}

TEST_CASE("mistakes are all reported, at their places", "[jwt]") {
  FakeHost host;
  const json basic = BasicConfig();
  struct Row {
    json config;
    Errors errors;
  };
  const std::vector<Row> rows = {
      {basic, {}},
      {Without(basic, "issuer"), {}},
      {Without(basic, "jwks"), {"/jwks: is required"}},
      {With(basic, {{"issuer", ""}}), {"/issuer: must not be empty"}},
      {With(basic, {{"jwks", {{"file", "x"}}}}), {"/jwks: needs exactly one of inline, file, secret and cluster"}},
      {With(Without(basic, "jwks"), {{"jwks", {{"file", "gone.json"}}}}),
       {"/jwks/file: cannot be read", "/jwks/file: is empty"}},
      {With(Without(basic, "jwks"), {{"jwks", {{"cluster", "gone"}}}}),
       {"/jwks/cluster: is no cluster of this configuration"}},
      {With(basic, {{"jwks", {{"inline", {{"keys", json::array()}}}}}}), {"/jwks/inline: the key set holds no key"}},
      {With(basic, {{"algorithms", {"none"}}}),
       {"/algorithms/0: is no algorithm that tokens can be verified with",
        "/algorithms: must name at least one algorithm",
        "/jwks/inline: the key set holds no usable key: keys[0] is for other algorithms than those allowed"}},
      {With(basic, {{"clock_skew", "61s"}}), {"/clock_skew: must be between 0s and 60s"}},
      {With(basic, {{"token_from", {{"authorization", false}}}}), {"/token_from: leaves no place for a token"}},
      {With(basic, {{"token_from", {{"headers", {"Cookie"}}}}}),
       {"/token_from/headers/0: is no header that can hold just a token"}},
      {With(basic, {{"claim_headers", {{"sub", "authorization"}}}}),
       {"/claim_headers/sub: is a place where tokens come in"}},
      {With(basic, {{"claim_headers", {{"sub", "x user"}}}}), {"/claim_headers/sub: is no name of a header"}},
      {With(basic, {{"claim_headers", {{"a", "x-a"}, {"b", "X-A"}}}}),
       {"/claim_headers/b: is set from another claim, too"}},
      {With(basic, {{"claim_headers", {{"/a~", "x-a"}}}}),
       {"/claim_headers/~1a~0: names no claim: write a name, or a JSON pointer that starts with /"}},
      {With(basic, {{"claim_headers", {{"a", "x-a"}}}, {"payload_header", "x-a"}}),
       {"/payload_header: is set from a claim, too"}},
      {With(basic, {{"claim_metadata", {{"x", "sub"}}}}), {"/claim_metadata/x: is set from every token already"}},
      {With(basic, {{"realm", "a\"b"}}),
       {"/realm: may hold only printable ASCII, without quotation marks and backslashes"}},
      {With(basic, {{"scopes", {"a b"}}}), {"/scopes/0: is no scope: one word of printable ASCII (RFC 6749 3.3)"}},
      {With(basic, {{"claims", {{"a", {{"present", false}}}}}}), {"/claims/a/present: must be true"}},
      {With(basic, {{"claims", {{"a", 1e300}}}}), {"/claims/a: is too large to be compared exactly"}},
      {With(basic, {{"require", false}, {"scopes", {"a"}}}),
       {"/require: is false, so audiences, scopes and claims beside it would never be checked"}},
      {With(basic, {{"cache", {{"max_age", "0s"}}}}), {"/cache/max_age: must be more than 0s"}},
      {With(basic, {{"providers", {{{"issuer", "a"}, {"jwks", basic["jwks"]}}}}}),
       {"/issuer: stands in each of the providers where there is a list of them",
        "/jwks: stands in each of the providers where there is a list of them"}},
      {{{"providers", {{{"jwks", basic["jwks"]}}, {{"issuer", "a"}, {"jwks", basic["jwks"]}}}}},
       {"/providers/0/issuer: is required where there are several providers"}},
      {{{"providers", {{{"issuer", "a"}, {"jwks", basic["jwks"]}}, {{"issuer", "a"}, {"jwks", basic["jwks"]}}}}},
       {"/providers/1/issuer: is another provider's, too"}},
  };
  for (const Row& row : rows) {
    INFO(row.config.dump());
    CHECK(ErrorsOf(host, row.config) == row.errors);
  }
}

TEST_CASE("a source of keys has limits", "[jwt]") {
  FakeHost host;
  host.clusters = {"idp"};
  auto with = [&](const json& more, const json& top = json::object()) {
    json config = {{"issuer", kIssuer}, {"jwks", {{"cluster", "idp"}}}};
    config["jwks"].update(more);
    config.update(top);
    return ErrorsOf(host, config);
  };
  CHECK(with(json::object()).empty());
  CHECK(with({{"path", "keys"}}) == Errors{"/jwks/path: must start with /"});
  CHECK(with({{"refresh", "500ms"}}) == Errors{"/jwks/refresh: must be at least 1s"});
  CHECK(with({{"timeout", "61s"}}) == Errors{"/jwks/timeout: must be at most 60s, and more than 0s"});
  CHECK(with({{"max_age", "1m"}}) == Errors{"/jwks/max_age: must not be less than refresh"});
  CHECK(with({{"max_size", "2MiB"}}) == Errors{"/jwks/max_size: must be at most 1MiB"});
  CHECK(with({{"on_unavailable", "x"}}) == Errors{"/jwks/on_unavailable: must be one of wait, serve"});
  CHECK(with(json::object(), {{"algorithms", {"HS256"}}}) ==
        Errors{"/jwks/cluster: keys for HS256, HS384 and HS512 are secrets: they stand in a file or a secret"});
}

TEST_CASE("weak keys of a file are left out, the others kept, and the log says so", "[jwt]") {
  FakeHost host;
  host.files["jwks.json"] = SetOf({Signer::Rsa(1024).Jwk(), EdSigner().Jwk({{"kid", "k"}})});
  auto config = MakeConfig(host, {{"issuer", kIssuer}, {"jwks", {{"file", "jwks.json"}}}});
  CHECK(Send(*config, GoodToken(host)) == "200");
  CHECK(host.logs == Errors{"not used: keys[0] is an RSA key of fewer than 2048 bits"});
}

}  // namespace
}  // namespace sp::jwt
