#include "core/traffic/route/rewrite.h"

#include "core/traffic/route/text_tables.h"
#include "test/support/catch.h"

namespace sp::route::testing {

namespace {

// A request that the one route takes, and what becomes of its path and Location.
class Taken {
 public:
  Taken(std::string_view route, std::string_view request) : text_(request) {
    std::string error;
    FieldErrors errors;
    std::optional<RouteSpec> spec = ParseRoute(route, &error);
    INFO(route << " " << error);
    REQUIRE(spec);
    set_.emplace(std::vector{Table::Compile("main", {*std::move(spec)})}, &errors);
    set_->Match(0, text_.request(), match_);
    REQUIRE(match_.route != nullptr);
  }

  std::string Path(const PathRewrite& rewrite, http::PathOptions options = {}) {
    CHECK(!CheckRewrite(rewrite, match_.route->match.path));
    return std::string(RewritePath(rewrite, match_, text_.head().path, options, text_.arena()).value_or("refused"));
  }
  std::string To(const Redirect& redirect) {
    return std::string(Location(redirect, match_, text_.head(), {}, text_.arena()).value_or("refused"));
  }

 private:
  TextRequest text_;
  std::optional<TableSet> set_;
  MatchResult match_;
};

RegexRewrite OfRegex(std::string_view pattern, std::string substitution) {
  std::string error;
  return {Regex::Compile(pattern, {}, &error), std::move(substitution)};
}

}  // namespace

TEST_CASE("rewrite: a prefix is replaced at a segment's end, without doubling or losing a slash") {
  struct Case {
    const char* path;
    const char* prefix;
    const char* replacement;
    const char* result;
  };
  const Case cases[] = {
      {"/foo/bar", "/foo", "/xyz", "/xyz/bar"},
      {"/foo/bar", "/foo", "/xyz/", "/xyz/bar"},
      {"/foo/bar", "/foo/", "/xyz", "/xyz/bar"},
      {"/foo/bar", "/foo/", "/xyz/", "/xyz/bar"},
      {"/foo", "/foo", "/xyz", "/xyz"},
      {"/foo/", "/foo", "/xyz", "/xyz/"},
      {"/foo/bar", "/foo", "", "/bar"},
      {"/foo/", "/foo", "", "/"},
      {"/foo", "/foo", "", "/"},
      {"/foo/", "/foo", "/", "/"},
      {"/foo", "/foo", "/", "/"},
      {"/foo", "/foo", "/xyz/", "/xyz/"},
      {"/a/b", "/", "/x", "/x/a/b"},
      {"/", "/", "/x", "/x/"},
      {"/foo/%41", "/foo", "/x", "/x/A"},
  };
  for (const Case& c : cases) {
    INFO(c.path << " " << c.prefix << " -> " << c.replacement);
    CHECK(Taken(std::string("r path=prefix:") + c.prefix, std::string("GET a") + c.path)
              .Path(PrefixRewrite{c.replacement}) == c.result);
  }
  CHECK(Taken("r ipath=prefix:/Foo", "GET a/fOO/x").Path(PrefixRewrite{"/y"}) == "/y/x");
  CHECK(Taken("r path=template:/t/{id}/{rest=**}", "GET a/t/7/x/y").Path(PrefixRewrite{"/u"}) == "/u/x/y");
  CHECK(Taken("r path=template:/t/{id}/{rest=**}", "GET a/t/7").Path(PrefixRewrite{""}) == "/");
}

TEST_CASE("rewrite: what comes out is normalised and checked again") {  // T56
  const auto strip = [](std::string_view path, http::PathOptions options = {}) {
    return Taken("r path=string_prefix:/api", "GET a" + std::string(path)).Path(PrefixRewrite{"/"}, options);
  };
  CHECK(strip("/apix") == "/x");
  CHECK(strip("/api/evil") == "/evil");
  CHECK(strip("/api/evil", {/*merge_slashes=*/false, false}) == "/evil");
  CHECK(Taken("r path=string_prefix:/api", "GET a/api//evil").Path(PrefixRewrite{""}, {false, false}) == "refused");
  CHECK(strip("/api../x") == "/x");
  CHECK(strip("/api..;/x") == "refused");
  CHECK(Taken("r", "GET a/a..b/c").Path(OfRegex("a\\.\\.b", "..")) == "/c");
  CHECK(Taken("r", "GET a/abc").Path(OfRegex("b", "/../x")) == "/xc");
  CHECK(Taken("r", "GET a/abc").Path(OfRegex("b", "?x=1")) == "refused");
  CHECK(Taken("r", "GET a/abc").Path(OfRegex("b", "#")) == "refused");
  CHECK(Taken("r", "GET a/abc").Path(OfRegex("b", "\r\nx: y")) == "refused");
  CHECK(Taken("r", "GET a/abc").Path(OfRegex("b", "%2f")) == "refused");
  CHECK(Taken("r", "GET a/abc").Path(OfRegex("^/", "x")) == "refused");
  CHECK(Taken("r", "GET a/" + std::string(2'000, 'a')).Path(OfRegex("a", std::string(100, 'b'))) == "refused");
  CHECK(Taken("r", "GET a/v1/x").Path(OfRegex("^/v([0-9])/", R"(/\1/)")) == "/1/x");
}

TEST_CASE("rewrite: a whole path with what the template captured") {
  CHECK(Taken("r path=template:/u/{id}/f/{rest=**}", "GET a/u/7/f/x/y").Path(FullRewrite{"/files/{rest}/of/{id}"}) ==
        "/files/x/y/of/7");
  CHECK(Taken("r path=template:/u/{id}/f/{rest=**}", "GET a/u/7/f").Path(FullRewrite{"/{rest}/{id}"}) == "/7");
  CHECK(Taken("r path=template:/u/{id}", "GET a/u/..;").Path(FullRewrite{"/{id}"}) == "refused");
  CHECK(Taken("r", "GET a/u/7").Path(FullRewrite{"/fixed"}) == "/fixed");
  CHECK(Taken("r", "GET a/u/7").Path({}) == "/u/7");
}

TEST_CASE("rewrite: what can't work is refused with the configuration") {
  std::string error;
  const auto check = [&](std::string_view path, const PathRewrite& rewrite) {
    return CheckRewrite(rewrite, path.empty() ? PathPattern() : *ParsePath(path, false, &error)).value_or("fine");
  };
  CHECK(check("prefix:/a", PrefixRewrite{"b"}) == "must begin with /");
  CHECK(check("prefix:/a", PrefixRewrite{"/b?c"}) == "holds a byte that no path holds");
  CHECK(check("exact:/a", PrefixRewrite{"/b"}) != "fine");
  CHECK(check("template:/a/{b}", PrefixRewrite{"/b"}) != "fine");
  CHECK(check("template:/a/**", PrefixRewrite{"/b"}) == "fine");
  CHECK(check("", FullRewrite{""}) == "must begin with /");
  CHECK(check("template:/a/{b}", FullRewrite{"/{c}"}) == "the route's path has no {c}");
  CHECK(check("template:/a/{b}", FullRewrite{"/{b}"}) == "fine");
  CHECK(check("", OfRegex("(a)", R"(\2)")) != "fine");
}

TEST_CASE("redirect: a path alone, or absolute where something before it changes") {
  Taken taken("r path=prefix:/a", "GET a.example:8080/a/b?x=1&y");
  CHECK(taken.To({}) == "/a/b?x=1&y");
  Redirect redirect;
  redirect.strip_query = true;
  CHECK(taken.To(redirect) == "/a/b");
  redirect.path = PrefixRewrite{"/z"};
  CHECK(taken.To(redirect) == "/z/b");
  redirect.scheme = "https";
  CHECK(taken.To(redirect) == "https://a.example/z/b");
  redirect.port = 8443;
  CHECK(taken.To(redirect) == "https://a.example:8443/z/b");
  redirect.port = 443;
  CHECK(taken.To(redirect) == "https://a.example/z/b");
  redirect = {};
  redirect.host = "b.example";
  CHECK(taken.To(redirect) == "http://b.example/a/b?x=1&y");
  redirect = {};
  redirect.port = 81;
  CHECK(taken.To(redirect) == "http://a.example:81/a/b?x=1&y");
  redirect = {};
  redirect.scheme = "http";
  CHECK(taken.To(redirect) == "http://a.example:8080/a/b?x=1&y");
  redirect.path = FullRewrite{"/login"};
  CHECK(taken.To(redirect) == "http://a.example:8080/login?x=1&y");
  redirect.scheme = "https";
  CHECK(Taken("r", "GET [::1]:81/").To(redirect) == "https://[::1]/login");
  CHECK(Taken("r", "GET /a").To(redirect) == "refused");  // without a host there is nothing to make it of
  CHECK(Taken("r", "GET a/a?").To({}) == "/a?");
}

TEST_CASE("redirect: never another host, never another line") {  // T49, T56
  CHECK(Taken("r", "GET a//evil.example/x").To({}) == "/evil.example/x");
  CHECK(Taken("r", "GET a///evil.example").To({}) == "/evil.example");
  CHECK(Taken("r", R"(GET a/\evil.example)").To({}) == "/evil.example");
  CHECK(Taken("r", R"(GET a/x\y)").To({}) == "/x%5Cy");
  CHECK(Taken("r", "GET \"a/x\r\nset-cookie: a=b\"").To({}) == "/x%0D%0Aset-cookie:%20a=b");
  CHECK(Taken("r", "GET \"a/x?a\r\nb\x7f\xff<>\"").To({}) == "/x?a%0D%0Ab%7F%FF%3C%3E");
  Redirect redirect;
  redirect.path = PrefixRewrite{""};
  CHECK(Taken("r path=string_prefix:/api", "GET a/api//evil.example").To(redirect) == "/evil.example");
}

TEST_CASE("rewrite: host") {
  TextRequest text("GET a.example:81/ x-to:b.example x-bad:b/c");
  const auto host = [&](HostRewrite::Kind kind, std::string value) {
    return std::string(RewriteHost({kind, std::move(value)}, text.head(), "endpoint", text.arena()));
  };
  CHECK(host(HostRewrite::Kind::kKeep, "") == "a.example:81");
  CHECK(host(HostRewrite::Kind::kLiteral, "c.example") == "c.example");
  CHECK(host(HostRewrite::Kind::kEndpoint, "") == "endpoint");
  CHECK(host(HostRewrite::Kind::kHeader, "x-to") == "b.example");
  CHECK(host(HostRewrite::Kind::kHeader, "x-bad") == "a.example:81");
  CHECK(host(HostRewrite::Kind::kHeader, "x-none") == "a.example:81");
}

TEST_CASE("rewrite: header operations, in order") {
  SlabPool pool;
  Arena arena(pool);
  http::HeaderMap headers(arena);
  headers.Add("a", "1");
  headers.Add("a", "2");
  headers.Add("b", "1");
  using Kind = HeaderOp::Kind;
  const std::vector<HeaderOp> ops = {{Kind::kRemove, "b", ""},
                                     {Kind::kSet, "a", "3"},
                                     {Kind::kAdd, "a", "4"},
                                     {Kind::kSetIfAbsent, "a", "5"},
                                     {Kind::kSetIfAbsent, "c", "6"}};
  Apply(ops, headers);
  std::string text;
  for (const http::HeaderField& field : headers) text += std::string(field.name) + ":" + std::string(field.value) + " ";
  CHECK(text == "a:3 a:4 c:6 ");
}

}  // namespace sp::route::testing
