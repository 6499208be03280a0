#include "filters/jwt/filter_fixture.h"

#include <sallyport/sdk/base64url.hpp>

namespace sp::jwt {
namespace {

using namespace testing;
using Texts = std::vector<std::string>;

TEST_CASE("a good token passes and says who it is", "[jwt]") {
  FakeHost host;
  auto config = MakeConfig(host, BasicConfig());
  FakeStream s(*config);
  s.request.emplace_back("authorization", "Bearer " + GoodToken(host, {{"scope", "a b"}}));
  CHECK(s.RequestHead() == SP_CONTINUE);
  CHECK_FALSE(s.reply);
  CHECK(s.Metadata("sub") == "alice");
  CHECK(s.Metadata("iss") == kIssuer);
  CHECK(s.Metadata("scope") == "a b");
  CHECK(json::parse(s.Metadata("payload")) == Claims(host, {{"scope", "a b"}}));
  CHECK(s.Header(SP_REQUEST, "authorization").starts_with("Bearer "));
}

TEST_CASE("no token: 401 with a bare challenge", "[jwt]") {
  FakeHost host;
  json written = BasicConfig();
  written["scopes"] = {"users.read"};
  auto config = MakeConfig(host, written);
  FakeStream s(*config);
  s.RequestHead();
  REQUIRE(s.reply);
  CHECK(Outcome(s) == "401 jwt.missing");
  CHECK(s.reply->Header("www-authenticate") == R"(Bearer realm="sallyport", scope="users.read")");
  CHECK(s.reply->detail == "A bearer token is needed");
}

TEST_CASE("T76: only configured algorithms, and a key of the right type", "[jwt]") {
  FakeHost host;
  json written = BasicConfig();
  written["jwks"]["inline"]["keys"] = {RsaSigner().Jwk({{"kid", "rsa"}}), EdSigner().Jwk({{"kid", "k"}})};
  auto config = MakeConfig(host, written);
  const std::string claims = Claims(host).dump();
  for (const char* alg : {"none", "nOnE", "None", "", "rs256", "HS256", "ES256K", "RSA1_5"}) {
    INFO(alg);
    const json header = {{"alg", alg}, {"kid", "rsa"}};
    CHECK(Send(*config, sallyport::base64url_encode(header.dump()) + "." + sallyport::base64url_encode(claims) + ".") ==
          "401 jwt.alg");
    CHECK(Send(*config, sallyport::base64url_encode(header.dump()) + "." + sallyport::base64url_encode(claims) +
                            ".c2ln") == "401 jwt.alg");
  }
  // HMAC keyed with what everybody knows of the public key.
  const json jwk = RsaSigner().Jwk();
  for (const std::string& known : {jwk.dump(), jwk["n"].get<std::string>(), std::string()}) {
    CHECK(Send(*config, MakeToken(Signer::Secret(known), Algorithm::kHs256, Claims(host), {{"kid", "rsa"}})) ==
          "401 jwt.alg");
  }
  CHECK(Send(*config, MakeToken(RsaSigner(), Algorithm::kRs256, Claims(host), {{"kid", "rsa"}})) == "200");
  CHECK(Send(*config, MakeToken(RsaSigner(), Algorithm::kPs512, Claims(host), {{"kid", "rsa"}})) == "200");
  CHECK(Send(*config, MakeToken(RsaSigner(), Algorithm::kRs256, Claims(host), {{"kid", "k"}})) == "401 jwt.alg");

  written["algorithms"] = {"RS256"};
  auto narrow = MakeConfig(host, written);
  CHECK(Send(*narrow, MakeToken(RsaSigner(), Algorithm::kRs256, Claims(host), {{"kid", "rsa"}})) == "200");
  CHECK(Send(*narrow, MakeToken(RsaSigner(), Algorithm::kPs256, Claims(host), {{"kid", "rsa"}})) == "401 jwt.alg");
  CHECK(Send(*narrow, GoodToken(host)) == "401 jwt.alg");
}

TEST_CASE("T76: HMAC only where it is asked for, in a set with RSA keys, too", "[jwt]") {
  FakeHost host;
  const Signer secret = Signer::Secret(std::string(32, 's'));
  json written = BasicConfig();
  written["algorithms"] = {"HS256", "RS256"};
  written["jwks"]["inline"]["keys"] = {RsaSigner().Jwk({{"kid", "rsa"}}), secret.Jwk({{"kid", "oct"}})};
  auto config = MakeConfig(host, written);
  CHECK(Send(*config, MakeToken(secret, Algorithm::kHs256, Claims(host), {{"kid", "oct"}})) == "200");
  CHECK(Send(*config, MakeToken(secret, Algorithm::kHs256, Claims(host), {{"kid", "rsa"}})) == "401 jwt.alg");
  CHECK(Send(*config, MakeToken(secret, Algorithm::kHs512, Claims(host), {{"kid", "oct"}})) == "401 jwt.alg");
  CHECK(Send(*config, MakeToken(RsaSigner(), Algorithm::kRs256, Claims(host), {{"kid", "oct"}})) == "401 jwt.alg");
  CHECK(Send(*config, MakeToken(Signer::Secret(std::string(32, 't')), Algorithm::kHs256, Claims(host))) ==
        "401 jwt.signature");
}

TEST_CASE("T77: key ids, crit, and keys that the token brings", "[jwt]") {
  FakeHost host;
  auto config = MakeConfig(host, BasicConfig());
  auto with = [&](const json& header) { return MakeToken(EdSigner(), Algorithm::kEdDsa, Claims(host), header); };
  CHECK(Send(*config, with({{"kid", "k"}})) == "200");
  CHECK(Send(*config, with(json::object())) == "200");  // no id: all keys that fit
  CHECK(Send(*config, with({{"kid", "K"}})) == "401 jwt.kid");
  CHECK(Send(*config, with({{"kid", "../../x"}})) == "401 jwt.kid");
  CHECK(Send(*config, with({{"kid", std::string(65536, 'k')}})) == "401 jwt.malformed");
  CHECK(Send(*config, with({{"kid", "k"}, {"crit", {"exp"}}})) == "401 jwt.critical");
  const Signer evil = Signer::Ed25519();
  const json brought = {{"kid", "k"}, {"jwk", evil.Jwk()}, {"jku", "https://evil.example/jwks"}, {"x5u", "x"}};
  CHECK(Send(*config, MakeToken(evil, Algorithm::kEdDsa, Claims(host), brought)) == "401 jwt.signature");
  CHECK(Send(*config, with(brought)) == "200");
}

TEST_CASE("T78: signatures", "[jwt]") {
  FakeHost host;
  auto config = MakeConfig(host, BasicConfig());
  const std::string good = GoodToken(host);
  const std::string input = good.substr(0, good.rfind('.') + 1);
  CHECK(Send(*config, input) == "401 jwt.signature");
  CHECK(Send(*config, input + sallyport::base64url_encode(std::string(63, 'x'))) == "401 jwt.signature");
  CHECK(Send(*config, input + sallyport::base64url_encode(std::string(64, '\0'))) == "401 jwt.signature");
  // Another payload under a good signature.
  const std::string header = good.substr(0, good.find('.'));
  const std::string payload = sallyport::base64url_encode(Claims(host, {{"sub", "root"}}).dump());
  CHECK(Send(*config, header + "." + payload + good.substr(good.rfind('.'))) == "401 jwt.signature");
}

TEST_CASE("T79: claims of a token that is properly signed", "[jwt]") {
  FakeHost host;
  json written = BasicConfig();
  written["audiences"] = {"api"};
  auto config = MakeConfig(host, written);
  const std::string now = std::to_string(NowSeconds(host));
  const std::string exp = std::to_string(NowSeconds(host) + 600);
  const std::string iss = R"({"iss":"https://idp.example",)";
  struct Row {
    std::string payload;
    std::string outcome;
  };
  const std::vector<Row> rows = {
      {iss + R"("aud":"api","exp":)" + exp + "}", "200"},
      {iss + R"("aud":["x","api"],"exp":)" + exp + "}", "200"},
      {iss + R"("aud":"api"})", "401 jwt.invalid_claim"},
      {iss + R"("aud":"api","exp":"9999999999"})", "401 jwt.invalid_claim"},
      {iss + R"("aud":"api","exp":-1})", "401 jwt.invalid_claim"},
      {iss + R"("aud":"api","exp":1e400})", "401 jwt.malformed"},
      {iss + R"("aud":"api","exp":)" + now + "}", "200"},  // within the 5 s
      {iss + R"("aud":"api","exp":)" + std::to_string(NowSeconds(host) - 5) + "}", "401 jwt.expired"},
      {iss + R"("aud":"api","nbf":)" + exp + R"(,"exp":)" + exp + "}", "401 jwt.not_yet_valid"},
      {iss + R"("aud":"api","exp":)" + exp + R"(,"exp":)" + exp + "}", "401 jwt.malformed"},
      {iss + R"("aud":"api","aud":"api","exp":)" + exp + "}", "401 jwt.malformed"},
      {iss + R"("aud":[],"exp":)" + exp + "}", "401 jwt.audience"},
      {iss + R"("aud":{},"exp":)" + exp + "}", "401 jwt.invalid_claim"},
      {iss + R"("exp":)" + exp + "}", "401 jwt.audience"},
      {R"({"aud":"api","exp":)" + exp + "}", "401 jwt.issuer"},
      {R"({"iss":"https://idp.example/","aud":"api","exp":)" + exp + "}", "401 jwt.issuer"},
      {R"({"iss":["https://idp.example"],"aud":"api","exp":)" + exp + "}", "401 jwt.issuer"},
      {iss + R"("aud":"api","exp":)" + exp + "}x", "401 jwt.malformed"},
      {iss + R"("aud":"api\u0000","exp":)" + exp + "}", "401 jwt.malformed"},
      {std::string(4000, '['), "401 jwt.malformed"},
      {"[]", "401 jwt.malformed"},
      {"", "401 jwt.malformed"},
  };
  for (const Row& row : rows) {
    INFO(row.payload.substr(0, 120));
    CHECK(Send(*config, SignTexts(EdSigner(), Algorithm::kEdDsa, R"({"alg":"EdDSA"})", row.payload)) == row.outcome);
  }
}

TEST_CASE("T80: shapes", "[jwt]") {
  FakeHost host;
  auto config = MakeConfig(host, BasicConfig());
  const std::string good = GoodToken(host);
  CHECK(Send(*config, good) == "200");
  const std::vector<std::string> bad = {
      std::string(1 << 20, '.'), good + ".", good + "=", "a.b", "a.b.c.d", "x", good + "\x01", good.substr(1)};
  for (const std::string& text : bad) {
    INFO(text.substr(0, 40));
    CHECK(Send(*config, text) == "401 jwt.malformed");
  }
  // The last sextet of 64 bytes has four bits to spare: one spelling only.
  std::string other = good;
  other.back() = static_cast<char>(other.back() + 1);
  CHECK(Send(*config, other) == "401 jwt.malformed");
}

TEST_CASE("T81: several tokens are 400, a bad one is never a missing one", "[jwt]") {
  FakeHost host;
  json written = BasicConfig();
  written["allow_missing"] = true;
  auto config = MakeConfig(host, written);
  const std::string good = GoodToken(host);
  CHECK(SendNothing(*config) == "200");
  CHECK(Send(*config, good) == "200");
  CHECK(Send(*config, good + ", Bearer " + good) == "400 jwt.multiple");
  CHECK(Send(*config, "") == "400 jwt.multiple");
  CHECK(Send(*config, "x") == "401 jwt.malformed");
  CHECK(Send(*config, GoodToken(host, {{"iss", "https://other.example"}})) == "401 jwt.issuer");
  CHECK(Send(*config, GoodToken(host, {{"exp", 1}})) == "401 jwt.expired");
  FakeStream twice(*config);
  twice.request.emplace_back("authorization", "Bearer " + good);
  twice.request.emplace_back("authorization", "Bearer " + good);
  twice.RequestHead();
  CHECK(Outcome(twice) == "400 jwt.multiple");
  CHECK(twice.reply->Header("www-authenticate").find("error=\"invalid_request\"") != std::string::npos);
  FakeStream query(*config);  // query tokens are off: not looked at
  query.query = "access_token=" + good;
  query.RequestHead();
  CHECK(Outcome(query) == "200");
  CHECK(query.Metadata("sub") == "-");
}

TEST_CASE("tokens from a header, a cookie, the query, and stripped there", "[jwt]") {
  FakeHost host;
  json written = BasicConfig();
  written["token_from"] = {{"headers", {"X-Token"}}, {"cookies", {"session"}}, {"query", {"access_token"}}};
  written["forward_token"] = "strip";
  auto config = MakeConfig(host, written);
  const std::string good = GoodToken(host);
  FakeStream header(*config);
  header.request.emplace_back("x-token", good);
  CHECK(header.RequestHead() == SP_CONTINUE);
  CHECK(header.Header(SP_REQUEST, "x-token") == "-");
  FakeStream cookie(*config);
  cookie.request.emplace_back("cookie", "a=b; session=" + good + "; c=d");
  cookie.request.emplace_back("cookie", "e=f");
  CHECK(cookie.RequestHead() == SP_CONTINUE);
  CHECK(cookie.Values(SP_REQUEST, "cookie") == Texts{"a=b; c=d", "e=f"});
  FakeStream query(*config);
  query.query = "a=b&access_token=" + good;
  CHECK(query.RequestHead() == SP_CONTINUE);
  CHECK(query.query == "a=b");
  FakeStream bearer(*config);
  bearer.request.emplace_back("authorization", "Bearer " + good);
  CHECK(bearer.RequestHead() == SP_CONTINUE);
  CHECK(bearer.Header(SP_REQUEST, "authorization") == "-");
  FakeStream both(*config);
  both.request.emplace_back("authorization", "Bearer " + good);
  both.query = "access_token=" + good;
  both.RequestHead();
  CHECK(Outcome(both) == "400 jwt.multiple");
}

TEST_CASE("T62: identity headers belong to the gateway", "[jwt]") {
  FakeHost host;
  json written = BasicConfig();
  written["claim_headers"] = {{"sub", "X-User"}, {"/realm/roles", "x-roles"}, {"email", "x-email"}};
  written["payload_header"] = "x-jwt-payload";
  written["claim_metadata"] = {{"tenant", "tenant"}, {"level", "level"}};
  auto config = MakeConfig(host, written);
  CHECK(config->owned_headers == std::set<std::string>{"x-user", "x-roles", "x-email", "x-jwt-payload"});
  const json more = {{"realm", {{"roles", {"a", "b"}}}}, {"tenant", "t1"}, {"level", 3}};
  for (int i = 0; i < 2; ++i) {  // verified, then from the cache
    FakeStream s(*config);
    const std::string token = GoodToken(host, more);
    s.request.emplace_back("authorization", "Bearer " + token);
    CHECK(s.RequestHead() == SP_CONTINUE);
    CHECK(s.Values(SP_REQUEST, "x-user") == Texts{"alice"});
    CHECK(s.Header(SP_REQUEST, "x-roles") == "a,b");
    CHECK(s.Header(SP_REQUEST, "x-email") == "-");
    CHECK(s.Header(SP_REQUEST, "x-jwt-payload") ==
          token.substr(token.find('.') + 1, token.rfind('.') - token.find('.') - 1));
    CHECK(s.Metadata("tenant") == "t1");
    CHECK(s.Metadata("level") == "3");
  }
  CHECK(host.Metric("cache_lookups_total{result=\"hit\"}") == 1);
  CHECK(Send(*config, GoodToken(host, {{"sub", "a\r\nx-admin: 1"}})) == "401 jwt.invalid_claim");
  CHECK(Send(*config, GoodToken(host, {{"sub", "admin "}})) == "401 jwt.invalid_claim");
}

TEST_CASE("scopes and claims of a route: 403 that names what is missing", "[jwt]") {
  FakeHost host;
  auto config = MakeConfig(host, BasicConfig());
  const void* users = config->Route({R"({"scopes":["users.read"]})"});
  const void* admins = config->Route({R"({"scopes":["users.read"]})", R"({"claims":{"role":["admin","root"]}})"});
  const void* others = config->Route({R"({"scopes":["users.read"]})", R"({"scopes":["x"],"audiences":["other"]})"});
  const void* open = config->Route({R"({"scopes":["users.read"]})", R"({"require":false})"});
  REQUIRE(users != nullptr);
  const std::string reader = GoodToken(host, {{"scope", "users.read"}});
  const std::string admin = GoodToken(host, {{"scope", "users.read"}, {"role", "admin"}});
  CHECK(Send(*config, reader, users) == "200");
  CHECK(Send(*config, GoodToken(host), users) == "403 jwt.scope");
  CHECK(Send(*config, reader, admins) == "403 jwt.claim");
  CHECK(Send(*config, admin, admins) == "200");
  CHECK(Send(*config, reader, others) == "401 jwt.audience");
  CHECK(Send(*config, GoodToken(host, {{"aud", "other"}, {"scope", "x"}}), others) == "200");
  CHECK(SendNothing(*config, open) == "200");
  CHECK(Send(*config, "rubbish", open) == "200");
  CHECK(SendNothing(*config, users) == "401 jwt.missing");
  FakeStream s(*config, users);
  s.request.emplace_back("authorization", "Bearer " + GoodToken(host));
  s.RequestHead();
  REQUIRE(s.reply);
  CHECK(s.reply->Header("www-authenticate").find(R"(error="insufficient_scope")") != std::string::npos);
  CHECK(s.reply->Header("www-authenticate").find(R"(scope="users.read")") != std::string::npos);
  CHECK(config->Route({R"({"require":false,"scopes":["a"]})"}) == nullptr);
}

TEST_CASE("T83: what is cached is checked against each route and ends with exp and max_age", "[jwt]") {
  FakeHost host;
  json written = BasicConfig();
  written["cache"] = {{"max_age", "60s"}};
  auto config = MakeConfig(host, written);
  const void* narrow = config->Route({R"({"scopes":["a"],"audiences":["here"]})"});
  auto hits = [&] { return host.Metric("cache_lookups_total{result=\"hit\"}"); };
  const std::string token = GoodToken(host, {{"exp", NowSeconds(host) + 300}});
  CHECK(Send(*config, token) == "200");
  CHECK(Send(*config, token) == "200");
  CHECK(hits() == 1);
  CHECK(Send(*config, token, narrow) == "401 jwt.audience");
  CHECK(hits() == 2);
  host.Advance(std::chrono::seconds(61));
  CHECK(Send(*config, token) == "200");
  CHECK(hits() == 2);
  for (int i = 0; i < 5; ++i) {
    host.Advance(std::chrono::seconds(50));
    Send(*config, token);
  }
  CHECK(Send(*config, token) == "401 jwt.expired");  // 311 s: exp and skew are over
  // A token that was cut or extended is another one.
  const std::string fresh = GoodToken(host);
  CHECK(Send(*config, fresh) == "200");
  CHECK(Send(*config, fresh.substr(0, fresh.size() - 4)).starts_with("401 "));
}

TEST_CASE("T83, T130: exp is wall time, also when the clock is set", "[jwt]") {
  FakeHost host;
  auto config = MakeConfig(host, BasicConfig());
  const std::string token = GoodToken(host);
  CHECK(Send(*config, token) == "200");
  host.clock.SetWall(host.clock.Wall() + std::chrono::hours(1));
  CHECK(Send(*config, token) == "401 jwt.expired");
  host.clock.SetWall(host.clock.Wall() - std::chrono::hours(1));
  CHECK(Send(*config, token) == "200");
}

TEST_CASE("several issuers, each with its own keys", "[jwt]") {
  FakeHost host;
  const Signer other = Signer::Ec("P-256");
  json written = {{"audiences", {"api"}},
                  {"providers",
                   {{{"issuer", kIssuer}, {"jwks", {{"inline", SetOf({EdSigner().Jwk()})}}}},
                    {{"issuer", "https://b.example"},
                     {"audiences", {"b-api"}},
                     {"types", {"at+jwt"}},
                     {"jwks", {{"inline", SetOf({other.Jwk()})}}}}}}};
  auto config = MakeConfig(host, written);
  const json a = Claims(host, {{"aud", "api"}});
  const json b = Claims(host, {{"iss", "https://b.example"}, {"aud", "b-api"}});
  CHECK(Send(*config, MakeToken(EdSigner(), Algorithm::kEdDsa, a)) == "200");
  CHECK(Send(*config, MakeToken(other, Algorithm::kEs256, b, {{"typ", "at+jwt"}})) == "200");
  CHECK(Send(*config, MakeToken(other, Algorithm::kEs256, b, {{"typ", "application/AT+JWT"}})) == "200");
  CHECK(Send(*config, MakeToken(other, Algorithm::kEs256, b, {{"typ", "JWT"}})) == "401 jwt.type");
  CHECK(Send(*config, MakeToken(other, Algorithm::kEs256, b)) == "401 jwt.type");
  // One issuer's key says nothing about the other's tokens.
  CHECK(Send(*config, MakeToken(other, Algorithm::kEs256, a)) == "401 jwt.alg");
  CHECK(Send(*config, MakeToken(EdSigner(), Algorithm::kEdDsa, b, {{"typ", "at+jwt"}})) == "401 jwt.alg");
}

TEST_CASE("T85: nothing that the filter says holds text of a token or a key", "[jwt]") {
  FakeHost host;
  const Signer secret = Signer::Secret(std::string(kCanary) + std::string(32, 'x'));
  json written = BasicConfig();
  written["algorithms"] = {"HS256"};
  host.files["keys.json"] = SetOf({secret.Jwk({{"kid", kCanary}}), RsaSigner().Jwk({{"kid", kCanary}})});
  written["jwks"] = {{"file", "keys.json"}};
  auto config = MakeConfig(host, written);
  const void* scoped = config->Route({R"({"scopes":["a"]})"});
  const std::string good = MakeToken(secret, Algorithm::kHs256, Claims(host));
  std::string said;
  for (const std::string& token :
       {good, good + "x", std::string(kCanary), good + ", Bearer " + good,
        MakeToken(secret, Algorithm::kHs256, Claims(host), {{"kid", std::string(kCanary) + "2"}}),
        MakeToken(secret, Algorithm::kHs256, Claims(host, {{"exp", kCanary}})),
        MakeToken(secret, Algorithm::kHs256, Claims(host, {{"iss", kCanary}})),
        MakeToken(EdSigner(), Algorithm::kEdDsa, Claims(host))}) {
    FakeStream s(*config, scoped);
    s.request.emplace_back("authorization", "Bearer " + token);
    s.RequestHead();
    REQUIRE(s.reply);
    said += s.reply->reason + s.reply->body + s.reply->detail;
    for (const auto& [name, value] : s.reply->headers) said += name + value;
  }
  for (const std::string& line : host.logs) said += line;
  json broken = written;
  host.files["keys.json"] = SetOf({Signer::Secret(kCanary).Jwk({{"kid", kCanary}})});
  for (const std::string& error : ErrorsOf(host, broken)) said += error;
  CHECK(said.find("is a secret of fewer than 32 bytes") != std::string::npos);
  CHECK(said.find(kCanary) == std::string::npos);
  CHECK(said.find(sallyport::base64url_encode(kCanary).substr(0, 16)) == std::string::npos);
  CHECK(said.find(good.substr(0, 20)) == std::string::npos);
}

TEST_CASE("the filter is a guard and can be unloaded", "[jwt]") {
  CHECK(sp::testing::EntryFilter(sallyport_plugin_entry).flags == SP_FILTER_GUARD);
  CHECK(sallyport_plugin_entry.flags == SP_PLUGIN_UNLOADABLE);
}

}  // namespace
}  // namespace sp::jwt
