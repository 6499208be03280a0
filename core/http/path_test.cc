#include "core/http/path.h"

#include <string>

#include "test/support/catch.h"

namespace sp::http {
namespace {

struct Normalized {
  Reason reason;
  std::string path;
};

Normalized Normalize(std::string_view path, const PathOptions& options = {}) {
  SlabPool pool;
  Arena arena(pool);
  std::string_view out;
  const Reason reason = NormalizePath(path, options, arena, &out);
  if (reason == Reason::kNone) {
    std::string_view again;
    CHECK(NormalizePath(out, options, arena, &again) == Reason::kNone);
    CHECK(again == out);
    CHECK(out.size() <= path.size());
  }
  return {reason, std::string(out)};
}

void Becomes(std::string_view path, std::string_view wanted, const PathOptions& options = {}) {
  INFO(path);
  const Normalized got = Normalize(path, options);
  CHECK(TokenOf(got.reason).empty());
  CHECK(got.path == wanted);
}

void Refused(std::string_view path, Reason reason, const PathOptions& options = {}) {
  INFO(path);
  CHECK(TokenOf(Normalize(path, options).reason) == TokenOf(reason));
}

const PathOptions kKeep{.merge_slashes = true, .keep_encoded = true};
const PathOptions kUnmerged{.merge_slashes = false, .keep_encoded = false};

TEST_CASE("paths that are normal already") {
  for (const char* path : {"/", "/a", "/a/", "/a/b.c", "/a..b", "/a/b..", "/.well-known"}) Becomes(path, path);
  SlabPool pool;
  Arena arena(pool);
  const std::string_view path = "/users/42;v=1/photo.png";
  std::string_view out;
  CHECK(NormalizePath(path, {}, arena, &out) == Reason::kNone);
  CHECK(out.data() == path.data());  // not copied
  CHECK(arena.bytes_reserved() == 0);
}

TEST_CASE("T47: dot segments") {
  Becomes("/a/../admin", "/admin");
  Becomes("/%2e%2E/", "/");
  Becomes("/a/.%2e/b", "/b");
  Becomes("/..", "/");
  Becomes("/../..", "/");
  Becomes("/../../a", "/a");
  Becomes("/a/.", "/a/");
  Becomes("/a/..", "/");
  Becomes("/a/b/..", "/a/");
  Becomes("/a/b/../", "/a/");
  Becomes("/./a/././b/.", "/a/b/");
  Becomes("/.", "/");
  Becomes("/./", "/");
  Becomes("/a/b/../../../c", "/c");
  Becomes("/.../a", "/.../a");
  Becomes("/a/...", "/a/...");
  Becomes("/%2e", "/");
  for (const char* path : {"/..;/", "/..;x=1/admin", "/a/.;/b", "/.;", "/..;", "/%2e%2e;/a", "/a/%2E;"}) {
    Refused(path, Reason::kPathDots);
  }
}

TEST_CASE("T48: encoded separators") {
  for (const char* path : {"/a%2Fb", "/a%2fb", "/a%5Cb", "/a%5cb", "/a%00b", "/a\\b", "/..\\admin", "/%2f"}) {
    Refused(path, Reason::kPathEncoded);
  }
  Becomes("/a%2fb", "/a%2Fb", kKeep);
  Becomes("/a%5cb", "/a%5Cb", kKeep);
  Becomes("/a\\b", "/a\\b", kKeep);
  Becomes("/a%00b", "/a%00b", kKeep);
  Becomes("/a%2F/../b", "/b", kKeep);
  // Whoever decodes them behind us must not find a way up.
  for (const char* path : {"/a/..%2Fadmin", "/a/%2e%2e%2fadmin", "/a%2F..", "/a%2F../b", "/a%5C..%5Cb", "/..\\admin",
                           "/a\\..", "/a%2F.%2Fb", "/%2F.."}) {
    Refused(path, Reason::kPathDots, kKeep);
  }
  Becomes("/a..%2Fb", "/a..%2Fb", kKeep);
  Becomes("/a%2F..b", "/a%2F..b", kKeep);
}

TEST_CASE("T49: repeated slashes") {
  Becomes("//admin", "/admin");
  Becomes("/a//b", "/a/b");
  Becomes("///", "/");
  Becomes("//evil.example/%2e%2e", "/");
  Becomes("/a//../b", "/b");
  Becomes("/a/.//b", "/a/b");
  Becomes("//admin", "//admin", kUnmerged);
  Becomes("/a//b/", "/a//b/", kUnmerged);
  Becomes("/a//../b", "/a/b", kUnmerged);
  Becomes("/a/../../b", "/b", kUnmerged);
  Becomes("/./a", "/a", kUnmerged);
  Becomes("/a/./", "/a/", kUnmerged);
}

TEST_CASE("T49: a path in a Location is no other host") {
  SlabPool pool;
  Arena arena(pool);
  CHECK(PathForLocation("/a/b", arena) == "/a/b");
  CHECK(PathForLocation("//evil.example/x", arena) == "/evil.example/x");
  CHECK(PathForLocation("/\\evil.example", arena) == "/evil.example");
  CHECK(PathForLocation("/\\/evil", arena) == "/evil");
  CHECK(PathForLocation("///", arena) == "/");
  CHECK(PathForLocation("a", arena) == "/a");
  CHECK(PathForLocation("", arena) == "/");
}

TEST_CASE("T50: a semicolon is an ordinary byte") {
  Becomes("/admin;x=1", "/admin;x=1");
  Becomes("/public;/../admin", "/admin");
  Becomes("/a;v=1/b", "/a;v=1/b");
}

TEST_CASE("T51: fragments") {
  Refused("/public#/../admin", Reason::kPathFragment);
  Refused("/admin#x", Reason::kPathFragment);
  Refused("/#", Reason::kPathFragment);
  CHECK(CheckQuery("a=b#c") == Reason::kPathFragment);
}

TEST_CASE("T52: percent-encoding and odd bytes") {
  Becomes("/%252e%252e/x", "/%252e%252e/x");
  Becomes("/%c0%ae", "/%C0%AE");
  Becomes("/%e4%bd%a0", "/%E4%BD%A0");
  Becomes("/%41%7e%2D%5f%2e%30", "/A~-_.0");
  Becomes("/a%20b", "/a%20b");
  Becomes("/\"<>^{}|`'()*!,;:@&=+$[]", "/\"<>^{}|`'()*!,;:@&=+$[]");
  for (const char* path : {"/%u002f", "/%zz", "/%", "/%4", "/a%4", "/%%41", "/\xff", "/\xc3\xa4", "/% 1"}) {
    Refused(path, Reason::kPathPercent);
  }
  for (const char* path : {"", "a", "*", "/a b", "/a\tb", "/a\x01", "/\x7f", "/a?b"})
    Refused(path, Reason::kPathTarget);
}

TEST_CASE("T56: the output of a rewrite") {
  SlabPool pool;
  Arena arena(pool);
  std::string_view out;
  CHECK(NormalizeRewrittenPath("/v2/a", {}, arena, &out) == Reason::kNone);
  CHECK(out == "/v2/a");
  CHECK(NormalizeRewrittenPath("//evil/x", {}, arena, &out) == Reason::kNone);
  CHECK(out == "/evil/x");
  CHECK(NormalizeRewrittenPath("//evil/x", kUnmerged, arena, &out) == Reason::kPathRewrite);
  CHECK(NormalizeRewrittenPath("/a/../b", {}, arena, &out) == Reason::kNone);
  CHECK(out == "/b");
  for (const char* path : {"", "evil", "/a\r\nb", "/a b", "/%2f", "/a#b", "/a?b", "http://evil/"}) {
    INFO(path);
    CHECK(NormalizeRewrittenPath(path, {}, arena, &out) == Reason::kPathRewrite);
  }
}

TEST_CASE("T57: a query is only looked at for what can't be in a target") {
  for (const char* query : {"", "a=1&a=2", "%zz", "50%", "a=%00", "..//", "a[]={}|\\^`\"<>", "a=b?c/d"}) {
    INFO(query);
    CHECK(CheckQuery(query) == Reason::kNone);
  }
  CHECK(CheckQuery("a=\xff") == Reason::kPathPercent);
  CHECK(CheckQuery("a b") == Reason::kPathTarget);
  CHECK(CheckQuery("a\x01") == Reason::kPathTarget);
}

TEST_CASE("T93: many dot segments take one buffer of the path's size") {
  std::string path;
  for (int i = 0; i < 10'000; ++i) path += "/a/..";
  SlabPool pool;
  Arena arena(pool);
  std::string_view out;
  CHECK(NormalizePath(path, {}, arena, &out) == Reason::kNone);
  CHECK(out == "/");
  CHECK(arena.bytes_reserved() < path.size() + SlabPool::kLarge);
}

}  // namespace
}  // namespace sp::http
