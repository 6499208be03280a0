#include "filters/jwt/compact_token.h"

#include <sallyport/sdk/base64url.hpp>

#include "filters/jwt/json.h"
#include "test/support/catch.h"

#include <nlohmann/json.hpp>

namespace sp::jwt {
namespace {

std::string Join(std::string_view header, std::string_view payload, std::string_view signature) {
  return sallyport::base64url_encode(header) + "." + sallyport::base64url_encode(payload) + "." +
         sallyport::base64url_encode(signature);
}

Refusal Parse(const std::string& text) {
  CompactToken token;
  return ParseCompactToken(text, &token);
}

TEST_CASE("a token is taken apart", "[jwt]") {
  CompactToken token;
  std::string text = Join(R"({"alg":"ES256","kid":"a","typ":"application/AT+JWT","x":1})", "{}", "sig");
  REQUIRE(ParseCompactToken(text, &token) == Refusal::kNone);
  CHECK(token.algorithm == "ES256");
  CHECK(token.key_id == "a");
  CHECK(token.type == "at+jwt");
  CHECK(token.payload == "{}");
  CHECK(token.signature == "sig");
  CHECK(token.signing_input == text.substr(0, text.rfind('.')));
}

TEST_CASE("T80: the shape is strict", "[jwt]") {
  const std::string header = sallyport::base64url_encode(R"({"alg":"RS256"})");
  const std::string good = header + ".e30.c2ln";
  REQUIRE(Parse(good) == Refusal::kNone);
  struct Row {
    const char* what;
    std::string text;
  };
  const std::vector<Row> rows = {
      {"empty", ""},
      {"one part", header},
      {"two parts", header + ".e30"},
      {"four parts", good + ".x"},
      {"five parts, as a JWE has", header + ".a.b.c.d"},
      {"a megabyte of dots", std::string(1 << 20, '.')},
      {"more than 8 KiB", header + "." + std::string(kMaxTokenBytes, 'A') + ".c2ln"},
      {"padding", header + ".e30=.c2ln"},
      {"padding in the signature", header + ".e30.c2k="},
      {"the other alphabet", header + ".e30.c2+/"},
      {"a newline", header + ".e30\n.c2ln"},
      {"a newline at the end", good + "\n"},
      {"space before", " " + good},
      {"trailing bits in the payload", header + ".e31.c2ln"},
      {"trailing bits in the signature", header + ".e30.c2l"},
      {"a length of 4n+1", header + ".e30.c2lnc"},
      {"an octet with the high bit", header + ".e30.c2\xe9n"},
      {"a NUL", header + ".e30.c2" + std::string(1, '\0') + "n"},
      {"an empty header", ".e30.c2ln"},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    CHECK(Parse(row.text) == Refusal::kMalformed);
  }
}

TEST_CASE("T77, T79: the header is strict", "[jwt]") {
  struct Row {
    std::string header;
    Refusal refusal;
  };
  const std::vector<Row> rows = {
      {R"({"alg":"RS256"})", Refusal::kNone},
      {R"({"alg":"none"})", Refusal::kNone},  // refused when the algorithm is looked at
      {R"({})", Refusal::kMalformed},
      {R"([])", Refusal::kMalformed},
      {R"("RS256")", Refusal::kMalformed},
      {R"({"alg":"RS256","alg":"HS256"})", Refusal::kMalformed},
      {R"({"alg":256})", Refusal::kMalformed},
      {R"({"alg":null})", Refusal::kMalformed},
      {R"({"alg":"RS256","kid":1})", Refusal::kMalformed},
      {R"({"alg":"RS256","typ":[]})", Refusal::kMalformed},
      {R"({"alg":"RS256"} )", Refusal::kNone},
      {R"({"alg":"RS256"}x)", Refusal::kMalformed},
      {R"({"alg":"RS256","kid":")" + std::string(256, 'k') + "\"}", Refusal::kNone},
      {R"({"alg":"RS256","kid":")" + std::string(257, 'k') + "\"}", Refusal::kMalformed},
      {R"({"alg":"RS256","kid":"../../x"})", Refusal::kNone},  // bytes, nothing else
      {R"({"alg":"RS256","crit":["exp"]})", Refusal::kCritical},
      {R"({"alg":"RS256","crit":[]})", Refusal::kCritical},
      {R"({"alg":"RS256","b64":false,"crit":["b64"]})", Refusal::kCritical},
      {R"({"alg":"RS256","b64":false})", Refusal::kMalformed},
      {R"({"alg":"RS256","jku":"https://evil.example","jwk":{},"x5u":"x","x5c":[]})", Refusal::kNone},  // not read
  };
  for (const Row& row : rows) {
    INFO(row.header);
    CHECK(Parse(Join(row.header, "{}", "s")) == row.refusal);
  }
}

TEST_CASE("T79: JSON has one meaning or none", "[jwt]") {
  auto depth = [](int n) { return std::string(n, '[') + std::string(n, ']'); };
  struct Row {
    std::string text;
    bool ok;
  };
  const std::vector<Row> rows = {
      {"{}", true},
      {R"( {"a":[1,-2,3.5,true,null,"x"]} )", true},
      {depth(16), true},
      {depth(17), false},
      {depth(100000), false},
      {R"({"a":1,"a":1})", false},
      {R"({"a":1,"\u0061":1})", false},
      {R"({"a":{"b":1,"b":2}})", false},
      {R"([{"a":1},{"a":1}])", true},
      {R"({"a":"\u0000"})", false},
      {R"({"\u0000":1})", false},
      {R"({"exp\u0000":1})", false},
      {R"({"a":1e400})", false},
      {R"({"a":-1e400})", false},
      {R"({"a":123456789012345678901234567890})", true},
      {R"({"a":01})", false},
      {R"({"a":NaN})", false},
      {R"({"a":1,})", false},
      {R"({"a":1}{})", false},
      {R"({a:1})", false},
      {R"({'a':1})", false},
      {"{\"a\":\"\xff\"}", false},
      {"{\"a\":\"\xed\xa0\x80\"}", false},
      {R"({"a":"\ud800"})", false},
      {"\xef\xbb\xbf{}", false},
      {"{/* */}", false},
      {"", false},
      {"{", false},
      {"[1", false},
  };
  for (const Row& row : rows) {
    INFO(row.text.substr(0, 80));
    nlohmann::json value;
    CHECK(ParseJson(row.text, &value) == row.ok);
  }
  nlohmann::json value;
  REQUIRE(ParseJson(R"({"a":[{"b":1},2],"c":{"d":"e"}})", &value));
  CHECK(value.dump() == R"({"a":[{"b":1},2],"c":{"d":"e"}})");
}

}  // namespace
}  // namespace sp::jwt
