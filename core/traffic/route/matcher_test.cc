#include "core/traffic/route/matcher.h"

#include "core/traffic/route/hash.h"
#include "test/support/catch.h"

namespace sp::route {

TEST_CASE("matcher: one value") {
  std::string error;
  struct Case {
    StringMatcher matcher;
    const char* value;
    bool matches;
  };
  const Case cases[] = {
      {StringMatcher::Present(), "", true},
      {StringMatcher::Exact("a"), "a", true},
      {StringMatcher::Exact("a"), "A", false},
      {StringMatcher::Exact("a"), " a", false},
      {StringMatcher::Exact("aB", true), "Ab", true},
      {StringMatcher::Exact("\xc4", true), "\xe4", false},  // ASCII alone is folded
      {StringMatcher::Prefix("ab"), "abc", true},
      {StringMatcher::Prefix("ab"), "a", false},
      {StringMatcher::Prefix("AB", true), "abC", true},
      {StringMatcher::Suffix("bc"), "abc", true},
      {StringMatcher::Suffix("abcd"), "abc", false},
      {StringMatcher::Suffix("BC", true), "aBc", true},
      {StringMatcher::Contains("b"), "abc", true},
      {StringMatcher::Contains("B", true), "abc", true},
      {StringMatcher::Contains("B"), "abc", false},
      {StringMatcher::Contains(""), "", true},
      {StringMatcher::FullRegex(Regex::Compile("a|b", {}, &error)), "b", true},
      {StringMatcher::FullRegex(Regex::Compile("a|b", {}, &error)), "ab", false},
      {StringMatcher::FullRegex(Regex::Compile("AB", {true}, &error)), "ab", true},
  };
  for (const Case& c : cases) {
    INFO(c.matcher.ToString() << " on " << c.value);
    CHECK(c.matcher.Matches(c.value) == c.matches);
  }
  CHECK(StringMatcher::Prefix("Ab", true).ToString() == "prefix \"ab\" (any case)");
  CHECK(StringMatcher::Present().ToString() == "present");
}

TEST_CASE("regex: bytes, whole, in linear time, bounded") {
  std::string error;
  const auto regex = [&](std::string_view pattern) { return Regex::Compile(pattern, {}, &error); };
  CHECK(regex("(a+)+")->FullMatch(std::string(20'000, 'a')));
  CHECK(!regex("(a+)+$")->FullMatch(std::string(20'000, 'a') + "b"));
  CHECK(regex(".")->FullMatch("\xff"));  // not valid UTF-8
  CHECK(regex(".*admin.*")->FullMatch("x\nadmin"));
  CHECK(!regex("a.c")->FullMatch("abcd"));
  CHECK(regex("(") == nullptr);
  CHECK(regex("(?<n>a)(?=b)") == nullptr);
  CHECK(regex(std::string(Regex::kMaxPattern + 1, 'a')) == nullptr);
  CHECK_THAT(error, sp::testing::ContainsSubstring("are the limit"));
}

TEST_CASE("regex: replacement") {
  SlabPool pool;
  Arena arena(pool);
  std::string error;
  const auto replace = [&](std::string_view pattern, std::string_view with, std::string_view text) {
    const auto regex = Regex::Compile(pattern, {}, &error);
    CHECK(regex->CheckSubstitution(with, &error));
    return std::string(regex->ReplaceAll(text, with, 100, arena).value_or("too long"));
  };
  CHECK(replace("b+", "x", "abbcb") == "axcx");
  CHECK(replace("z", "x", "abc") == "abc");
  CHECK(replace("(a)(b)", R"(\2\1\0\\)", "abab") == R"(baab\baab\)");
  CHECK(replace("^/v1/(.*)$", R"(/v2/\1)", "/v1/x/y") == "/v2/x/y");
  CHECK(replace("", "-", "ab") == "-a-b-");
  CHECK(replace("a*", "-", "baac") == "-b-c-");
  CHECK(replace("(x)|y", R"([\1])", "xy") == "[x][]");
  CHECK(replace("a", "0123456789", std::string(20, 'a')) == "too long");
  const auto one_group = Regex::Compile("(a)", {}, &error);
  CHECK(!one_group->CheckSubstitution(R"(\2)", &error));
  CHECK(!one_group->CheckSubstitution(R"(\n)", &error));
  CHECK(!one_group->CheckSubstitution(R"(a\)", &error));
}

TEST_CASE("query: the first of a name, decoded, up to the limit") {
  SlabPool pool;
  Arena arena(pool);
  Query query("a=1&a=2&b&c=&%64=%20+&e=%zz%4&=x&f=%00", arena);
  REQUIRE(query.size() == 8);
  CHECK(*query.Find("a") == "1");
  CHECK(query.Find("b")->empty());
  CHECK(query.Find("c")->empty());
  CHECK(*query.Find("d") == "  ");
  CHECK(*query.Find("e") == "%zz%4");
  CHECK(*query.Find("") == "x");
  CHECK(*query.Find("f") == std::string_view("\0", 1));
  CHECK(query.Find("g") == nullptr);
  CHECK((query.begin()->first && !query.begin()[1].first));

  std::string many;
  for (size_t i = 0; i < Query::kMaxParams; ++i)
    many += (i == 0 ? "p" : "&p") + std::to_string(i % 600) + "=" + std::to_string(i);
  Query full(many, arena);
  CHECK(!full.over_limit());
  CHECK(*full.Find("p599") == "599");
  CHECK(*full.Find("p0") == "0");
  CHECK(full.Find("p600") == nullptr);
  CHECK((full.begin()[599].first && !full.begin()[600].first));
  many += "&x";
  Query over(many, arena);
  CHECK(over.over_limit());
  CHECK(over.size() == 0);
  CHECK(!QueryMatcher("p0", StringMatcher::Present(), /*invert=*/true).Matches(over));
}

TEST_CASE("hash: case is folded in every place of a word") {
  for (int c = 0; c < 256; ++c) {
    for (size_t size = 1; size <= 17; ++size) {
      for (size_t at = 0; at < size; ++at) {
        std::string text(size, '.');
        text[at] = static_cast<char>(c);
        std::string lower = text;
        if (c >= 'A' && c <= 'Z') lower[at] = static_cast<char>(c + 32);
        REQUIRE(Hash<true>(1, text) == Hash<false>(1, lower));
        REQUIRE((Hash<false>(1, text) == Hash<false>(1, lower)) == (text == lower));
      }
    }
  }
}

TEST_CASE("hash: related seeds and short texts don't meet") {
  std::vector<uint64_t> hashes;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    for (char c = 'a'; c <= 'z'; ++c) hashes.push_back(Hash(seed, std::string_view(&c, 1)));
    hashes.push_back(Hash(seed, ""));
  }
  std::sort(hashes.begin(), hashes.end());
  CHECK(std::adjacent_find(hashes.begin(), hashes.end()) == hashes.end());
}

}  // namespace sp::route
