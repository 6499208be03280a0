#include "core/http/head.h"

#include <string>

#include "core/http/ascii.h"
#include "core/http/date.h"
#include "core/http/name_set.h"
#include "core/http/reply.h"
#include "test/support/catch.h"

namespace sp::http {
namespace {

TEST_CASE("methods") {
  for (const char* text : {"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"}) {
    CHECK(MethodOf(text) != Method::kOther);
    CHECK(TextOf(MethodOf(text)) == text);
    CHECK(IsKnownMethod(text));
  }
  for (const char* text : {"PROPFIND", "QUERY", "VERSION-CONTROL", "ACL",
                           "M"
                           "KCOL"}) {
    CHECK(MethodOf(text) == Method::kOther);
    CHECK(IsKnownMethod(text));
  }
  for (const char* text : {"", "get", "PRI", "FOO", "GET ", "*"}) CHECK_FALSE(IsKnownMethod(text));
  CHECK(IsIdempotent(Method::kPut));
  CHECK_FALSE(IsIdempotent(Method::kPost));
  CHECK_FALSE(IsIdempotent(Method::kOther));
}

TEST_CASE("lower case, every byte at every place") {
  for (int c = 0; c < 256; ++c) {
    std::string text(11, 'Q');
    for (const size_t at : {0U, 7U, 8U, 10U}) text[at] = static_cast<char>(c);
    char lower[11];
    LowerInto(text, lower);
    for (size_t i = 0; i < text.size(); ++i) CHECK(lower[i] == ToLower(text[i]));
  }
}

TEST_CASE("every header name is found by its id and its id by its name") {
  for (uint16_t i = 1; i < static_cast<uint16_t>(HeaderId::kCount); ++i) {
    const auto id = static_cast<HeaderId>(i);
    CHECK(HeaderIdOf(NameOf(id)) == id);
  }
  for (const char* name : {"", "x", "hosts", "Host", "content-lengtH"}) CHECK(HeaderIdOf(name) == HeaderId::kOther);
}

TEST_CASE("T88: fields of a map, also when there are many") {
  SlabPool pool;
  Arena arena(pool);
  HeaderMap map(arena);
  map.Add("a", "1");
  map.Add(HeaderId::kCookie, "2");
  map.Add("A-b", "3");
  map.Add("a", "4");
  CHECK(*map.Find("a") == "1");
  CHECK(map.Find("b") == nullptr);
  CHECK(*map.Find("cookie") == "2");
  map.Set("a", "5");
  CHECK(map.size() == 3);
  CHECK(map[0].value == "5");
  map.Set(HeaderId::kDate, "6");
  CHECK(map.Count(HeaderId::kDate) == 1);
  CHECK(map.Remove("a") == 1);
  CHECK(map.Remove("a") == 0);
  CHECK(map[0].id == HeaderId::kCookie);
  for (int i = 0; i < 1000; ++i) map.Add("many", "x");
  CHECK(map.size() == 1003);
  CHECK(map.Remove("many") == 1000);
  CHECK(map.bytes() == std::string("cookie2A-b3date6").size());
}

TEST_CASE("sets of names") {
  NameSet set({"X-User", "Cookie", "x_team"});
  CHECK(set.Has("x-user"));
  CHECK(set.Has(HeaderId::kCookie, {}));
  CHECK(set.Has("x_team"));
  CHECK_FALSE(set.Has("x-team"));
  CHECK_FALSE(set.Has("host"));
  CHECK(set.HasFolded("x-team"));
  CHECK(set.HasFolded("cookie"));
  CHECK(set.folds());
  CHECK_FALSE(NameSet({"x-user"}).folds());
  CHECK(NameSet().empty());
}

TEST_CASE("answers of our own") {
  SlabPool pool;
  Arena arena(pool);
  ResponseHead head(arena);
  const Slice body = MakeProblem(Reason::kRouteNone, pool, head);
  CHECK(head.status == 404);
  CHECK(body.view() == R"({"type":"about:blank","title":"Not Found","status":404,"reason":"route.none"})"
                       "\n");
  CHECK(head.content_length == body.size());
  CHECK(*head.headers.Find(HeaderId::kContentType) == "application/problem+json");
  CHECK(*head.headers.Find(HeaderId::kProxyStatus) ==
        R"(sallyport; error=destination_not_found; details="route.none")");
  CHECK_FALSE(head.headers.Has(HeaderId::kAllow));
}

TEST_CASE("every reason makes a whole answer") {
  for (uint16_t i = 1; i < static_cast<uint16_t>(Reason::kCount); ++i) {
    const auto reason = static_cast<Reason>(i);
    SlabPool pool;
    Arena arena(pool);
    ResponseHead head(arena);
    const Slice body = MakeProblem(reason, pool, head);
    INFO(TokenOf(reason));
    CHECK(head.status >= 400);
    CHECK_FALSE(PhraseOf(head.status).empty());
    CHECK(body.view().find(TokenOf(reason)) != std::string_view::npos);
    CHECK(head.headers.Has(HeaderId::kAllow) == (head.status == 405));
  }
}

TEST_CASE("T129: what is said for people can't break the body, nor a token the field") {
  SlabPool pool;
  Arena arena(pool);
  ResponseHead head(arena);
  ReplyText text;
  text.status = 403;
  text.token = "a\"b";
  text.proxy_error = "x; y";
  text.detail = "say \"no\"\r\n\\\x80\x7f";
  const Slice body = MakeProblem(text, pool, head);
  CHECK(body.view() ==
        "{\"type\":\"about:blank\",\"title\":\"Forbidden\",\"status\":403,\"reason\":\"a\\u0022b\","
        "\"detail\":\"say \\u0022no\\u0022\\u000d\\u000a\\u005c\\ufffd\\u007f\"}\n");
  CHECK(*head.headers.Find(HeaderId::kProxyStatus) == "sallyport");
}

TEST_CASE("dates") {
  HttpDate date;
  const auto at = [&date](int64_t second) {
    date.Update(WallTime(std::chrono::seconds(second)));
    return std::string(date.text());
  };
  CHECK(at(784111777) == "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(at(0) == "Thu, 01 Jan 1970 00:00:00 GMT");
  CHECK(at(951782400) == "Tue, 29 Feb 2000 00:00:00 GMT");
  CHECK(at(4102444799) == "Thu, 31 Dec 2099 23:59:59 GMT");
  date.Update(WallTime(std::chrono::seconds(784111777) + std::chrono::milliseconds(999)));
  CHECK(date.text() == "Sun, 06 Nov 1994 08:49:37 GMT");
}

}  // namespace
}  // namespace sp::http
