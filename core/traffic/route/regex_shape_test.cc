#include "core/traffic/route/regex_shape.h"

#include <array>

#include "core/base/random.h"
#include "core/traffic/route/regex.h"
#include "test/support/catch.h"

namespace sp::route {

namespace {

// `users * orders …`: literal, any, and more that may follow.
std::string Show(const RegexShape& shape) {
  std::string text;
  for (const RegexShape::Segment& segment : shape.segments) text += "/" + (segment.any ? "*" : segment.text);
  return shape.open ? text + "/..." : text;
}

bool Allows(const RegexShape& shape, std::string_view path) {
  if (shape.segments.empty() && shape.open) return true;
  size_t slash = 0;
  for (const RegexShape::Segment& segment : shape.segments) {
    if (slash >= path.size() || path[slash] != '/') return false;
    const size_t end = std::min(path.find('/', slash + 1), path.size());
    if (!segment.any && path.substr(slash + 1, end - slash - 1) != segment.text) return false;
    slash = end;
  }
  return shape.open || slash == path.size();
}

template <size_t kSize>
std::string RandomText(Random& random, const std::array<std::string_view, kSize>& parts, uint64_t most) {
  std::string text = "/";
  for (uint64_t i = random.Below(most); i > 0; --i) text += parts[random.Below(kSize)];
  return text;
}

}  // namespace

TEST_CASE("regex shape: segments of the usual patterns") {
  struct Case {
    const char* pattern;
    const char* shape;
  };
  const Case cases[] = {
      {"/users", "/users"},
      {"^/users/$", "/users/"},
      {"/users/[0-9]+/orders", "/users/*/orders"},
      {"/users/(?P<id>[^/]+)/orders(/.*)?", "/users/*/orders/..."},
      {"/a/?", "/a/..."},
      {"/a/?b", "/..."},
      {"/a(/b)?c", "/..."},
      {"/a(/b)?/c", "/a/..."},
      {"/a(/b|/c)", "/a/..."},
      {"/a(/b|c)", "/..."},
      {"/a/b.*", "/a/..."},
      {"/a/.*", "/a/..."},
      {"/v[0-9]/x\\.json", "/*/x.json"},
      {"/a{2}/b", "/*/b"},
      {"/a{x}/b", "/a{x}/b"},
      {"/a/[^x]", "/a/..."},
      {"/a/[.-0]", "/a/..."},
      {"/a/[/x]", "/a/..."},
      {"/a/[\\/x]", "/a/..."},
      {"/a/[]x]", "/a/*"},
      {"/a/[^]/x]", "/a/*"},
      {"/a/[a\\-z]", "/a/*"},
      {"/a/\\d+/\\w*/\\s", "/a/*/*/*"},
      {"/a/\\D", "/a/..."},
      {"/a/(x|y)z", "/a/*"},
      {"/a/b*?c", "/a/*"},
      {"/a/()b", "/a/*"},
      // Nothing is known of these.
      {"/a|/b", "/..."},
      {"(?i)/a", "/..."},
      {".*", "/..."},
      {"/?a", "/..."},
      {"/a/\\x2fb", "/..."},
      {"/a/[[:alpha:]]", "/..."},
      {"/a/\\Q.\\E", "/..."},
      {"/a\\b", "/..."},
      {"", "/..."},
  };
  for (const Case& c : cases) {
    INFO(c.pattern);
    CHECK(Show(RegexShape::Of(c.pattern)) == c.shape);
  }
  CHECK(RegexShape::Of("/users/[0-9]+/x").literal_bytes() == 6);
}

TEST_CASE("regex shape: allows whatever matches") {
  static constexpr std::array<std::string_view, 36> kPatternParts = {
      "a",     "b",     "/",    "/",    "/a",  "/?",  "/+",  ".",   ".*", "[ab]", "[^a]", "[^/]",
      "[^/]+", "[.-0]", "[/a]", "[]a]", "(",   ")",   ")",   "(?:", "|",  "?",    "*",    "+",
      "{2}",   "{0,1}", "\\d",  "\\w+", "\\D", "\\/", "\\.", "$",   "^",  "-",    "1",    "(/.*)?"};
  static constexpr std::array<std::string_view, 9> kPathParts = {"a", "b", "/", "/a", "/b", "1", ".", "-", "//"};
  Random random(7);
  size_t matches = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string error;
    const std::string pattern = RandomText(random, kPatternParts, 9);
    const auto regex = Regex::Compile(pattern, {}, &error);
    if (regex == nullptr) continue;
    const RegexShape shape = RegexShape::Of(pattern);
    for (int j = 0; j < 20; ++j) {
      const std::string path = RandomText(random, kPathParts, 6);
      if (!regex->FullMatch(path)) continue;
      ++matches;
      INFO(pattern << " matches " << path << ", its shape is " << Show(shape));
      if (!Allows(shape, path)) FAIL("but the shape doesn't allow it");
      if (path.substr(0, regex->literal_prefix().size()) != regex->literal_prefix()) FAIL("but not the prefix");
    }
  }
  CHECK(matches > 5'000);
}

}  // namespace sp::route
