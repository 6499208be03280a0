#include "filters/jwt/token_cache.h"

#include <nlohmann/json.hpp>

#include "filters/jwt/identity.h"
#include "filters/jwt/json.h"
#include "test/support/catch.h"

namespace sp::jwt {
namespace {

constexpr TokenCache::Seed kSeed{1, 2};
constexpr int64_t kMaxAge = 1000;

std::unique_ptr<VerifiedToken> Token(std::string text) {
  auto token = std::make_unique<VerifiedToken>();
  token->text = std::move(text);
  token->claims = std::make_unique<nlohmann::json>();
  return token;
}

TEST_CASE("T83: the whole token is the key, and entries end", "[jwt]") {
  TokenCache cache(1 << 20, kMaxAge, kSeed);
  cache.Insert(Token("aaa.bbb.ccc"), 0);
  CHECK(cache.Find("aaa.bbb.ccc", 999) != nullptr);
  CHECK(cache.Find("aaa.bbb.cc", 0) == nullptr);
  CHECK(cache.Find("aaa.bbb.cccc", 0) == nullptr);
  CHECK(cache.Find("aaa.bbb.ccd", 0) == nullptr);
  CHECK(cache.Find("", 0) == nullptr);
  CHECK(cache.Find("aaa.bbb.ccc", 1000) == nullptr);
  CHECK(cache.size() == 0);
  CHECK(cache.bytes() == 0);
}

TEST_CASE("T83: 10^6 tokens stay within the bound, the newest are kept", "[jwt]") {
  constexpr size_t kCapacity = 64 * 1024;
  TokenCache cache(kCapacity, kMaxAge, kSeed);
  for (int i = 0; i < 1'000'000; ++i) {
    cache.Insert(Token("token " + std::to_string(i)), 0);
    if (i % 1000 == 0) REQUIRE(cache.bytes() <= kCapacity);
  }
  CHECK(cache.size() > 10);
  CHECK(cache.Find("token 999999", 0) != nullptr);
  CHECK(cache.Find("token 0", 0) == nullptr);
}

TEST_CASE("the one unused for longest goes first", "[jwt]") {
  const size_t one = Token("t0")->Footprint() + 160;
  TokenCache cache(3 * one, kMaxAge, kSeed);
  for (const char* text : {"t0", "t1", "t2"}) cache.Insert(Token(text), 0);
  CHECK(cache.Find("t0", 0) != nullptr);
  cache.Insert(Token("t3"), 0);
  CHECK(cache.Find("t0", 0) != nullptr);
  CHECK(cache.Find("t1", 0) == nullptr);
  cache.Insert(Token("t0"), 0);  // again: in its place
  CHECK(cache.size() == 3);
  cache.Remove("t0");
  CHECK(cache.size() == 2);
}

TEST_CASE("a cache of no size keeps nothing", "[jwt]") {
  TokenCache cache(0, kMaxAge, kSeed);
  cache.Insert(Token("t"), 0);
  CHECK(cache.size() == 0);
}

TEST_CASE("the hash depends on every byte and on the seed", "[jwt]") {
  std::string text(100, 'x');
  const uint64_t hash = KeyedHash(text, kSeed);
  CHECK(hash != KeyedHash(text, {1, 3}));
  CHECK(hash != KeyedHash(text, {2, 2}));
  for (char& c : text) {
    c ^= 1;
    CHECK(KeyedHash(text, kSeed) != hash);
    c ^= 1;
  }
  CHECK(KeyedHash("ab", kSeed) != KeyedHash(std::string("ab\0", 3), kSeed));
}

TEST_CASE("T62: a claim is a header faithfully or not at all", "[jwt]") {
  struct Row {
    std::string claim;
    std::string text;  // "-": none
  };
  const std::vector<Row> rows = {
      {R"("alice")", "alice"},
      {R"("")", ""},
      {R"("J\u00fcrgen, M.")", "J\xc3\xbcrgen, M."},
      {"12", "12"},
      {"-1.5", "-1.5"},
      {"true", "true"},
      {R"(["a","b",3])", "a,b,3"},
      {"[]", ""},
      {R"({"a":["\u00fc"]})", R"({"a":["\u00fc"]})"},
      {R"([{"a":1}])", R"([{"a":1}])"},
      {R"("a\r\nx-admin: 1")", "-"},
      {R"("a\u007f")", "-"},
      {R"("a\tb")", "-"},
      {R"(" admin")", "-"},
      {R"("admin ")", "-"},
      {R"(["a","b,admin"])", "-"},
      {R"(["a",""])", "-"},
      {R"(["a"," b"])", "-"},
      {"\"" + std::string(4097, 'x') + "\"", "-"},
  };
  for (const Row& row : rows) {
    INFO(row.claim.substr(0, 60));
    nlohmann::json claim;
    REQUIRE(ParseJson(row.claim, &claim));
    CHECK(HeaderText(claim).value_or("-") == row.text);
  }
}

TEST_CASE("a claim as metadata keeps its type", "[jwt]") {
  auto of = [](std::string_view text) {
    nlohmann::json claim;
    REQUIRE(ParseJson(text, &claim));
    return SlotValue::Of({}, claim);
  };
  CHECK(of("\"x\"").type == SP_VALUE_STR);
  CHECK(of("5").i64 == 5);
  CHECK(of("-5").i64 == -5);
  CHECK(of("18446744073709551615").type == SP_VALUE_F64);
  CHECK(of("1.5").f64 == 1.5);
  CHECK(of("true").value().i64() == 1);
  CHECK(of("[1]").type == SP_VALUE_JSON);
  CHECK(of("[1]").value().text() == "[1]");
}

}  // namespace
}  // namespace sp::jwt
