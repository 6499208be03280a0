#include "filters/jwt/claims.h"

#include <nlohmann/json.hpp>

#include "filters/jwt/json.h"
#include "filters/jwt/requirements.h"
#include "test/support/catch.h"

namespace sp::jwt {
namespace {

using nlohmann::json;
using Texts = std::vector<std::string>;

json Parse(std::string_view text) {
  json value;
  REQUIRE(ParseJson(text, &value));
  return value;
}

Refusal Times(std::string_view claims, int64_t now_s, TimeRules rules = {}) {
  RegisteredClaims registered;
  Refusal refusal = ReadRegisteredClaims(Parse(claims), &registered);
  return refusal == Refusal::kNone ? CheckTimes(registered, rules, now_s * 1000) : refusal;
}

TEST_CASE("T79: times are finite numbers of seconds, exp is needed, skew helps the token", "[jwt]") {
  struct Row {
    const char* claims;
    Refusal refusal;
  };
  const std::vector<Row> rows = {
      {R"({"exp":1001})", Refusal::kNone},
      {R"({"exp":1000})", Refusal::kExpired},
      {R"({"exp":1000.5})", Refusal::kNone},
      {R"({"exp":1e3})", Refusal::kExpired},
      {R"({"exp":9007199254740992})", Refusal::kNone},
      {R"({"exp":9007199254740994})", Refusal::kInvalidClaim},
      {R"({"exp":1e308})", Refusal::kInvalidClaim},
      {R"({"exp":-1})", Refusal::kInvalidClaim},
      {R"({"exp":"9999999999"})", Refusal::kInvalidClaim},
      {R"({"exp":null})", Refusal::kInvalidClaim},
      {R"({"exp":true})", Refusal::kInvalidClaim},
      {R"({"exp":[1001]})", Refusal::kInvalidClaim},
      {R"({})", Refusal::kInvalidClaim},
      {R"({"Exp":1001})", Refusal::kInvalidClaim},
      {R"({"exp":1001,"nbf":1000})", Refusal::kNone},
      {R"({"exp":1001,"nbf":1001})", Refusal::kNotYetValid},
      {R"({"exp":1001,"nbf":"0"})", Refusal::kInvalidClaim},
      {R"({"exp":1001,"iat":1001})", Refusal::kNotYetValid},
      {R"({"exp":1001,"iat":{}})", Refusal::kInvalidClaim},
  };
  for (const Row& row : rows) {
    INFO(row.claims);
    CHECK(Times(row.claims, 1000) == row.refusal);
  }
  const TimeRules lenient{5000, true};
  CHECK(Times(R"({"exp":1000})", 1004, lenient) == Refusal::kNone);
  CHECK(Times(R"({"exp":1000})", 1005, lenient) == Refusal::kExpired);
  CHECK(Times(R"({"exp":2000,"nbf":1005,"iat":1005})", 1000, lenient) == Refusal::kNone);
  CHECK(Times(R"({"exp":2000,"nbf":1006})", 1000, lenient) == Refusal::kNotYetValid);
  CHECK(Times(R"({})", 1000, {0, false}) == Refusal::kNone);
  CHECK(Times(R"({"exp":999})", 1000, {0, false}) == Refusal::kExpired);
}

TEST_CASE("T79: registered claims of a wrong type are refused, not absent", "[jwt]") {
  const std::vector<const char*> wrong = {R"({"iss":1})",          R"({"iss":null})", R"({"sub":[]})",
                                          R"({"aud":{}})",         R"({"aud":1})",    R"({"aud":null})",
                                          R"({"aud":["a",1]})",    R"({"scope":1})",  R"({"scope":{}})",
                                          R"({"scp":["a",null]})", R"({"scp":true})"};
  for (const char* text : wrong) {
    INFO(text);
    RegisteredClaims registered;
    CHECK(ReadRegisteredClaims(Parse(text), &registered) == Refusal::kInvalidClaim);
  }
  RegisteredClaims registered;
  REQUIRE(ReadRegisteredClaims(Parse(R"({"iss":"i","sub":"s","aud":["a","b"],"scope":" x  y ","scp":["z"]})"),
                               &registered) == Refusal::kNone);
  CHECK(registered.issuer == "i");
  CHECK(registered.subject == "s");
  CHECK(registered.audiences == Texts{"a", "b"});
  CHECK(registered.scopes == Texts{"x", "y", "z"});
}

TEST_CASE("claims are named by name or JSON pointer", "[jwt]") {
  const json claims = Parse(R"({"sub":"s","a/b":1,"m~n":2,"r":{"roles":["x","y"]},"https://e/x":3,"":4})");
  auto at = [&](std::string_view path) {
    std::optional<ClaimPath> parsed = ClaimPath::Parse(path);
    REQUIRE(parsed);
    const json* found = parsed->Find(claims);
    return found == nullptr ? std::string("-") : found->dump();
  };
  CHECK(at("sub") == "\"s\"");
  CHECK(at("https://e/x") == "3");
  CHECK(at("/a~1b") == "1");
  CHECK(at("/m~0n") == "2");
  CHECK(at("/r/roles") == R"(["x","y"])");
  CHECK(at("/r/roles/1") == "\"y\"");
  CHECK(at("/r/roles/01") == "-");
  CHECK(at("/r/roles/2") == "-");
  CHECK(at("/r/roles/-") == "-");
  CHECK(at("/sub/x") == "-");
  CHECK(at("/") == "4");
  CHECK(at("r/roles") == "-");
  CHECK_FALSE(ClaimPath::Parse(""));
  CHECK_FALSE(ClaimPath::Parse("/a~2"));
  CHECK_FALSE(ClaimPath::Parse("/a~"));
}

Refusal Check(const Requirements& requirements, std::string_view claims, const Texts& audiences = {}) {
  json parsed = Parse(claims);
  RegisteredClaims registered;
  REQUIRE(ReadRegisteredClaims(parsed, &registered) == Refusal::kNone);
  return requirements.Check(registered, parsed, audiences);
}

TEST_CASE("T79: audiences", "[jwt]") {
  Requirements none;
  CHECK(Check(none, "{}") == Refusal::kNone);
  CHECK(Check(none, R"({"aud":"x"})") == Refusal::kNone);
  CHECK(Check(none, R"({"aud":"x"})", {"x", "y"}) == Refusal::kNone);
  CHECK(Check(none, R"({"aud":["a","y"]})", {"x", "y"}) == Refusal::kNone);
  CHECK(Check(none, R"({"aud":["a"]})", {"x"}) == Refusal::kAudience);
  CHECK(Check(none, R"({"aud":[]})", {"x"}) == Refusal::kAudience);
  CHECK(Check(none, R"({"aud":[""]})", {"x"}) == Refusal::kAudience);
  CHECK(Check(none, R"({"aud":"X"})", {"x"}) == Refusal::kAudience);
  CHECK(Check(none, "{}", {"x"}) == Refusal::kAudience);
  Requirements route;
  route.audiences = Texts{"route"};
  CHECK(Check(route, R"({"aud":"x"})", {"x"}) == Refusal::kAudience);
  CHECK(Check(route, R"({"aud":"route"})", {"x"}) == Refusal::kNone);
}

TEST_CASE("scopes: whole words, all or any", "[jwt]") {
  Requirements all;
  all.scopes = {"users.read", "users.write"};
  CHECK(Check(all, R"({"scope":"users.read users.write other"})") == Refusal::kNone);
  CHECK(Check(all, R"({"scope":"users.read","scp":["users.write"]})") == Refusal::kNone);
  CHECK(Check(all, R"({"scope":"users.read"})") == Refusal::kScope);
  CHECK(Check(all, R"({"scope":"users.reader users.write"})") == Refusal::kScope);
  CHECK(Check(all, R"({"scp":["users.read users.write"]})") == Refusal::kScope);
  CHECK(Check(all, "{}") == Refusal::kScope);
  Requirements any;
  any.any_scopes = {"a", "b"};
  CHECK(Check(any, R"({"scope":"b"})") == Refusal::kNone);
  CHECK(Check(any, R"({"scope":"c"})") == Refusal::kScope);
  CHECK(all.ScopeText() == "users.read users.write");
}

TEST_CASE("claim rules compare values of the same type", "[jwt]") {
  auto rule = [](std::string_view path, std::vector<ClaimRule::Value> any_of) {
    return ClaimRule{*ClaimPath::Parse(path), std::move(any_of)};
  };
  const json claims = Parse(R"({"role":"admin","roles":["a","b"],"n":5,"big":9007199254740993,"t":true,"z":null,"o":{},
                                "f":1.5,"e":[]})");
  using S = std::string;
  CHECK(Matches(rule("role", {S("admin")}), claims));
  CHECK(Matches(rule("role", {S("x"), S("admin")}), claims));
  CHECK_FALSE(Matches(rule("role", {S("Admin")}), claims));
  CHECK_FALSE(Matches(rule("role", {S("adm")}), claims));
  CHECK(Matches(rule("roles", {S("b")}), claims));
  CHECK_FALSE(Matches(rule("roles", {S("a,b")}), claims));
  CHECK(Matches(rule("n", {5.0}), claims));
  CHECK_FALSE(Matches(rule("n", {S("5")}), claims));
  CHECK_FALSE(Matches(rule("big", {9007199254740992.0}), claims));
  CHECK(Matches(rule("f", {1.5}), claims));
  CHECK(Matches(rule("t", {true}), claims));
  CHECK_FALSE(Matches(rule("t", {1.0}), claims));
  CHECK_FALSE(Matches(rule("n", {true}), claims));
  CHECK(Matches(rule("o", {}), claims));
  CHECK(Matches(rule("e", {}), claims));
  CHECK_FALSE(Matches(rule("e", {S("a")}), claims));
  CHECK_FALSE(Matches(rule("z", {}), claims));
  CHECK_FALSE(Matches(rule("absent", {}), claims));
}

TEST_CASE("T119: asking for something makes a token needed again", "[jwt]") {
  Requirements r;
  WrittenRequirements open;
  open.require = false;
  open.allow_missing = true;
  r.Overlay(open);
  CHECK_FALSE(r.require);
  WrittenRequirements scopes;
  scopes.scopes = Texts{"a"};
  r.Overlay(scopes);
  CHECK(r.require);
  CHECK_FALSE(r.allow_missing);
  CHECK(r.scopes == Texts{"a"});
  WrittenRequirements optional;
  optional.allow_missing = true;
  r.Overlay(optional);
  CHECK(r.allow_missing);
  CHECK(r.scopes == Texts{"a"});
  WrittenRequirements none;
  none.scopes = Texts{};
  r.Overlay(none);
  CHECK(r.scopes.empty());
}

}  // namespace
}  // namespace sp::jwt
