#include "filters/jwt/token_places.h"

#include "filters/jwt/challenge.h"
#include "test/support/catch.h"

namespace sp::jwt {
namespace {

TEST_CASE("T81: the Authorization field", "[jwt]") {
  struct Row {
    std::vector<std::string> values;
    Refusal refusal;
    std::string token;
  };
  const std::vector<Row> rows = {
      {{}, Refusal::kMissing, ""},
      {{"Bearer a.b.c"}, Refusal::kNone, "a.b.c"},
      {{"bearer a.b.c"}, Refusal::kNone, "a.b.c"},
      {{"BEARER\ta.b.c "}, Refusal::kNone, "a.b.c"},
      {{"Bearer   a.b.c"}, Refusal::kNone, "a.b.c"},
      {{"Basic dTpw"}, Refusal::kMissing, ""},
      {{""}, Refusal::kMissing, ""},
      {{"a.b.c"}, Refusal::kMissing, ""},
      {{"Bearera.b.c"}, Refusal::kMissing, ""},
      {{"Bearer"}, Refusal::kMultiple, ""},
      {{"Bearer "}, Refusal::kMultiple, ""},
      {{"Bearer a, Bearer b"}, Refusal::kMultiple, ""},
      {{"Bearer a,b"}, Refusal::kMultiple, ""},
      {{"Bearer a b"}, Refusal::kMultiple, ""},
      {{"Bearer a", "Bearer b"}, Refusal::kMultiple, ""},
      {{"Bearer a", "Bearer a"}, Refusal::kMultiple, ""},
      {{"Basic dTpw", "Bearer a"}, Refusal::kMultiple, ""},
      {{"Basic dTpw", "Basic dTpw"}, Refusal::kMultiple, ""},
  };
  for (const Row& row : rows) {
    TokenFinder finder;
    for (const std::string& value : row.values) finder.AddAuthorization(value);
    INFO((row.values.empty() ? "" : row.values.front()));
    CHECK(finder.Result() == row.refusal);
    if (row.refusal == Refusal::kNone) CHECK(finder.token() == row.token);
  }
}

TEST_CASE("T81: one token in all places together", "[jwt]") {
  const TokenPlaces places{true, {"x-token"}, {"session"}, {"access_token"}};
  SECTION("a header, with or without a scheme") {
    TokenFinder finder;
    finder.AddHeader("x-token", "Bearer a.b.c");
    CHECK(finder.Result() == Refusal::kNone);
    CHECK(finder.token() == "a.b.c");
    CHECK(finder.kind() == PlaceKind::kHeader);
    finder.AddHeader("x-token", "a.b.c");
    CHECK(finder.Result() == Refusal::kMultiple);
  }
  SECTION("cookies") {
    TokenFinder finder;
    finder.AddCookies(places, "a=b; session=t.o.k ;Session=no; xsession=no");
    CHECK(finder.token() == "t.o.k");
    CHECK(finder.name() == "session");
    CHECK(finder.Result() == Refusal::kNone);
    finder.AddCookies(places, "session=");  // logged out: no token
    CHECK(finder.Result() == Refusal::kNone);
    finder.AddCookies(places, "session=t.o.k");
    CHECK(finder.Result() == Refusal::kMultiple);
  }
  SECTION("the query, also where the name is escaped") {
    TokenFinder finder;
    finder.AddQuery(places, "x=1&access_token=a.b.c&access_tokens=no&y");
    CHECK(finder.token() == "a.b.c");
    CHECK(finder.Result() == Refusal::kNone);
    finder.AddQuery(places, "%61ccess_token=other");
    CHECK(finder.Result() == Refusal::kMultiple);
  }
  SECTION("two places") {
    TokenFinder finder;
    finder.AddAuthorization("Bearer a.b.c");
    finder.AddQuery(places, "access_token=a.b.c");
    CHECK(finder.Result() == Refusal::kMultiple);
  }
  SECTION("places that are not configured") {
    TokenFinder finder;
    finder.AddCookies(TokenPlaces(), "session=a");
    finder.AddQuery(TokenPlaces(), "access_token=a");
    CHECK(finder.Result() == Refusal::kMissing);
  }
}

TEST_CASE("taking the token out", "[jwt]") {
  CHECK(WithoutCookie("a=b; session=t; c=d", "session") == "a=b; c=d");
  CHECK(WithoutCookie("session=t", "session") == "");
  CHECK(WithoutCookie("session=t;session=u;x", "session") == "x");
  CHECK(WithoutParameter("a=1&access_token=x&b=2", "access_token") == "a=1&b=2");
  CHECK(WithoutParameter("access_token=x", "access_token") == "");
  CHECK(WithoutParameter("a=%20&access%5ftoken=x&b", "access_token") == "a=%20&b");
  CHECK(WithoutParameter("a=%2&b=%zz", "access_token") == "a=%2&b=%zz");
}

TEST_CASE("challenges are those of RFC 6750 3", "[jwt]") {
  const ChallengeSpec spec{"r", ""};
  CHECK(MakeChallenge(spec, Refusal::kMissing, "") == R"(Bearer realm="r")");
  CHECK(MakeChallenge(spec, Refusal::kMissing, "a b") == R"(Bearer realm="r", scope="a b")");
  CHECK(MakeChallenge(spec, Refusal::kExpired, "a") ==
        R"(Bearer realm="r", error="invalid_token", error_description="The token has expired")");
  CHECK(MakeChallenge(spec, Refusal::kScope, "a b") ==
        R"(Bearer realm="r", error="insufficient_scope", )"
        R"(error_description="The token lacks a scope that is needed here", scope="a b")");
  CHECK(MakeChallenge(spec, Refusal::kMultiple, "") ==
        R"(Bearer realm="r", error="invalid_request", error_description="Exactly one bearer token may be given")");
  CHECK(MakeChallenge(spec, Refusal::kKeys, "") == "");
  CHECK(MakeChallenge({"", "https://x/.well-known/oauth-protected-resource"}, Refusal::kMissing, "") ==
        R"(Bearer resource_metadata="https://x/.well-known/oauth-protected-resource")");
  for (int i = 1; i < kRefusalCount; ++i) {
    const RefusalRow& row = RowOf(static_cast<Refusal>(i));
    INFO(row.reason);
    CHECK(row.reason.starts_with("jwt."));
    CHECK(IsPlainQuotable(row.detail));
    CHECK_FALSE(row.detail.empty());
  }
}

}  // namespace
}  // namespace sp::jwt
