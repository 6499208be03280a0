#include "core/http/validate.h"

#include <string>
#include <utility>
#include <vector>

#include "test/support/catch.h"

namespace sp::http {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

// A request that would be fine, but for what a test changes.
struct Request {
  std::string method = "GET";
  std::string target = "/";
  Version version = Version::kHttp11;
  Fields fields = {{"host", "a"}};
  RequestRules rules;
  RequestPeer peer;
};

struct Verdict {
  Reason reason;
  std::string text;  // `scheme host path?query fields`
  ConnectionOptions options;
};

Verdict Validate(const Request& request) {
  SlabPool pool;
  Arena arena(pool);
  RequestHead head(arena);
  head.method_text = request.method;
  head.target = request.target;
  head.version = request.version;
  for (const auto& [name, value] : request.fields) head.headers.Add(name, value);
  Verdict verdict;
  verdict.reason = ValidateRequest(head, request.rules, request.peer, &verdict.options);
  std::string& text = verdict.text;
  text = std::string(head.scheme) + " " + std::string(head.host);
  if (head.authority != head.host) text += "(" + std::string(head.authority) + ")";
  text += " " + std::string(head.path);
  if (head.has_query) text += "?" + std::string(head.query);
  if (head.accepts_trailers) text += " trailers";
  for (const HeaderField& field : head.headers) text += " " + std::string(field.name) + "=" + std::string(field.value);
  return verdict;
}

void Becomes(const Request& request, std::string_view wanted) {
  INFO(request.method << ' ' << request.target);
  const Verdict verdict = Validate(request);
  CHECK(TokenOf(verdict.reason).empty());
  CHECK(verdict.text == wanted);
}

void Refused(const Request& request, Reason reason) {
  INFO(request.method << ' ' << request.target);
  CHECK(TokenOf(Validate(request).reason) == TokenOf(reason));
}

Request WithFields(Fields more) {
  Request request;
  for (auto& field : more) request.fields.push_back(std::move(field));
  return request;
}

Request WithTarget(std::string target, std::string method = "GET") {
  Request request;
  request.target = std::move(target);
  request.method = std::move(method);
  return request;
}

TEST_CASE("T54: Host in HTTP/1.1 and HTTP/1.0") {
  Request request;
  request.fields = {};
  Refused(request, Reason::kH1Host);
  request.version = Version::kHttp10;
  Becomes(request, "http  /");
  for (const Fields& hosts : {Fields{{"host", "a"}, {"host", "a"}}, Fields{{"host", ""}}, Fields{{"host", "a b"}}}) {
    request.fields = hosts;
    for (const Version version : {Version::kHttp11, Version::kHttp10}) {
      request.version = version;
      Refused(request, Reason::kH1Host);
    }
  }
  request.fields = {{"host", "A.Example.:80"}};
  Becomes(request, "http a.example(A.Example.:80) /");
}

TEST_CASE("T55: target forms") {
  Becomes(WithTarget("http://b.example/x?y"), "http b.example /x?y");
  Becomes(WithTarget("HTTP://B:80/x"), "http b(B:80) /x");
  Becomes(WithTarget("http://b"), "http b /");
  Becomes(WithTarget("http://b?q"), "http b /?q");
  Becomes(WithTarget("http://evil?@a/"), "http evil /?@a/");
  Becomes(WithTarget("*", "OPTIONS"), "http a *");
  Becomes(WithTarget("http://b", "OPTIONS"), "http b *");
  Becomes(WithTarget("http://b/", "OPTIONS"), "http b /");
  Becomes(WithTarget("/a/../b//c?d=/../e"), "http a /b/c?d=/../e");
  Becomes(WithTarget("/?"), "http a /?");
  for (const char* target : {"*", "ftp://a/", "http:///x", "http://", "http://u@b/", "http://u:p@b/", "http:/b", "b/x",
                             "a:80", "//", "://b/", "http://b c/", "http://[::1/", "http://b:99999/", "javascript:1"}) {
    const Verdict verdict = Validate(WithTarget(target));
    INFO(target);
    CHECK(TokenOf(verdict.reason) == (std::string_view(target) == "//" ? "" : "path.target"));
  }
  Refused(WithTarget("*?q", "OPTIONS"), Reason::kPathTarget);
  Refused(WithTarget("/a#b"), Reason::kPathFragment);
  Refused(WithTarget("/a?b#c"), Reason::kPathFragment);
  // The Host beside an absolute target must be one all the same (RFC 9112 section 3.2).
  Request request = WithTarget("http://b/");
  request.fields = {};
  Refused(request, Reason::kH1Host);
  request.fields = {{"host", "x y"}};
  Refused(request, Reason::kH1Host);
}

TEST_CASE("T39 T55: the scheme is the transport's, unless a trusted peer says otherwise") {
  Request request = WithTarget("https://b:443/");
  Refused(request, Reason::kMisdirected);
  request.peer.trusted = true;
  Becomes(request, "https b(b:443) /");
  request.peer = {.tls = true, .trusted = false};
  Becomes(request, "https b(b:443) /");
  request.target = "http://b/";
  Becomes(request, "https b /");
  request.target = "/";
  Becomes(request, "https a /");
}

TEST_CASE("T60: fields that Connection nominates") {
  Becomes(WithFields({{"connection", "x-user, X-Other"}, {"x-user", "1"}, {"x-other", "2"}, {"x-third", "3"}}),
          "http a / x-third=3");
  Becomes(
      WithFields({{"x-real-ip", "1"}, {"connection", "X-Real-IP"}, {"connection", "user-agent"}, {"user-agent", "u"}}),
      "http a /");
  Becomes(WithFields({{"connection", "close, te"}, {"te", "trailers"}, {"keep-alive", "5"}, {"proxy-connection", "x"}}),
          "http a / trailers");
  Becomes(WithFields({{"te", "gzip, Trailers"}}), "http a / trailers");
  Becomes(WithFields({{"connection", ",, x-a ,"}, {"x-a", "1"}}), "http a /");
  Becomes(WithFields({{"trailer", "x-a"}, {"upgrade", "x"}}), "http a / trailer=x-a");
  for (const char* name : {"Host", "Content-Length", "Transfer-Encoding", "Authorization", "Cookie", "AUTHORIZATION"}) {
    Refused(WithFields({{"connection", name}}), Reason::kH1Nominated);
    Refused(WithFields({{"connection", "close, " + std::string(name)}}), Reason::kH1Nominated);
  }
  const NameSet managed({"X-User", "x-real-ip"});
  Request request = WithFields({{"connection", "x-USER"}});
  request.rules.managed = &managed;
  Refused(request, Reason::kH1Nominated);
  request = WithFields({{"connection", "X-Real-IP"}});
  request.rules.managed = &managed;
  Refused(request, Reason::kH1Nominated);
}

TEST_CASE("T93: a long Connection list is refused, not searched") {
  std::string list;
  for (int i = 0; i < 10'000; ++i) list += "a" + std::to_string(i) + ",";
  Refused(WithFields({{"connection", list}}), Reason::kH1Nominated);
  std::string repeated;
  for (int i = 0; i < 10'000; ++i) repeated += "close,";
  Becomes(WithFields({{"connection", repeated}}), "http a /");
}

TEST_CASE("T61: names that look like others") {
  const NameSet managed({"x-user-id", "x_team"});
  Request request = WithFields({{"x_user_id", "1"},
                                {"x.user.id", "2"},
                                {"transfer_encoding", "chunked"},
                                {"content.length", "5"},
                                {"x_forwarded_for", "6"},
                                {"x-team", "7"},
                                {"x.team", "8"},
                                {"my_field", "9"},
                                {"x-mine", "10"}});
  request.rules.managed = &managed;
  const Verdict verdict = Validate(request);
  CHECK(verdict.reason == Reason::kNone);
  CHECK(verdict.text == "http a / my_field=9 x-mine=10");
  CHECK(verdict.options.aliases_dropped == 7);
  request.rules.managed = nullptr;
  CHECK(Validate(request).options.aliases_dropped == 3);
  Becomes(WithFields({{std::string(500, '_'), "1"}}), "http a / " + std::string(500, '_') + "=1");
}

TEST_CASE("T62: managed names are removed at entry") {
  const NameSet managed({"X-User", "authorization", "x-original-url"});
  Request request = WithFields({{"x-user", "1"}, {"authorization", "2"}, {"x-users", "3"}, {"x-original-url", "/a"}});
  request.rules.managed = &managed;
  Becomes(request, "http a / x-users=3");
}

TEST_CASE("connection options") {
  const auto options = [](const char* value) { return Validate(WithFields({{"connection", value}})).options; };
  CHECK(options("close").close);
  CHECK(options("Keep-Alive, CLOSE").close);
  CHECK(options("keep-alive").keep_alive);
  CHECK_FALSE(options("closed").close);
  CHECK_FALSE(options("x").close);
}

// ------------------------------------------------------------------------------------------------------- responses

std::string ValidateAnswer(uint16_t status, const Fields& fields, Method method = Method::kGet) {
  SlabPool pool;
  Arena arena(pool);
  ResponseHead head(arena);
  head.status = status;
  for (const auto& [name, value] : fields) head.headers.Add(name, value);
  ConnectionOptions options;
  const Reason reason = ValidateResponse(head, method, &options);
  if (reason != Reason::kNone) return std::string(TokenOf(reason));
  std::string text = options.close ? "close" : "";
  if (!head.upgrade.empty()) text += " upgrade=" + std::string(head.upgrade);
  for (const HeaderField& field : head.headers) text += " " + std::string(field.name) + "=" + std::string(field.value);
  return text;
}

TEST_CASE("T42 T101: responses") {
  CHECK(ValidateAnswer(200, {{"connection", "close, x-a"}, {"x-a", "1"}, {"x-b", "2"}, {"keep-alive", "3"}}) ==
        "close x-b=2");
  CHECK(ValidateAnswer(200, {{"upgrade", "h2c"}, {"proxy-connection", "x"}, {"server", "s"}}) == " server=s");
  CHECK(ValidateAnswer(101, {{"upgrade", "websocket"}, {"connection", "upgrade"}}) == " upgrade=websocket");
  CHECK(ValidateAnswer(99, {}) == "upstream.status");
  CHECK(ValidateAnswer(600, {}) == "upstream.status");
  CHECK(ValidateAnswer(200, {{"content-length", "x"}}) == "upstream.framing");
  // What an upstream nominates is its own; framing fields are taken out before.
  CHECK(ValidateAnswer(200, {{"connection", "content-length"}, {"content-length", "0"}}) == "");
}

TEST_CASE("T18: trailers") {
  SlabPool pool;
  Arena arena(pool);
  const NameSet managed({"x-user"});
  HeaderMap trailers(arena);
  for (const char* name : {"grpc-status", "x-user", "x_user", "host", "authorization", "content-range", "x-checksum",
                           "set-cookie", "connection", "te", "server-timing"}) {
    trailers.Add(name, "1");
  }
  size_t dropped = 0;
  CHECK(ValidateTrailers(trailers, &managed, &dropped) == Reason::kNone);
  CHECK(dropped == 8);
  REQUIRE(trailers.size() == 3);
  CHECK(trailers[0].name == "grpc-status");
  CHECK(trailers[1].name == "x-checksum");
  CHECK(trailers[2].name == "server-timing");
  trailers.Add("content-length", "1");
  CHECK(ValidateTrailers(trailers, nullptr, &dropped) == Reason::kH1ClTe);
}

TEST_CASE("tokens and field values") {
  CHECK(IsToken("a-Z0.9!#$%&'*+^_`|~"));
  for (const char* text : {"", "a b", "a:", "(", "\"a\"", "a\x80", "a/b"}) CHECK_FALSE(IsToken(text));
  CHECK(IsFieldValue("a\tb \xff"));
  CHECK(IsFieldValue(""));
  for (const char* text : {"a\rb", "a\nb", "\x01", "\x7f"}) CHECK_FALSE(IsFieldValue(text));
}

}  // namespace
}  // namespace sp::http
