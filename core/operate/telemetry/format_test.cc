#include "core/operate/telemetry/format.h"

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/operate/telemetry/escape.h"
#include "core/operate/telemetry/record_sample.h"
#include "test/support/catch.h"

namespace sp::telemetry {
namespace {

using downstream::StreamRecord;
using nlohmann::json;
using testing::ContainsSubstring;

// A line without its newline, which is the only one.
std::string Line(const LineFormat& format, const StreamRecord& record) {
  static const auto room = std::make_unique<char[]>(kMaxLineBytes + 1);
  room[kMaxLineBytes] = 'E';
  LineClock clock;
  const size_t size = format.Write(record, clock, room.get());
  REQUIRE(size <= kMaxLineBytes);
  REQUIRE(room[kMaxLineBytes] == 'E');
  const std::string line(room.get(), size);
  CHECK(line.find('\n') == size - 1);
  return line.substr(0, size - 1);
}

std::string Text(std::string_view text, const StreamRecord& record) {
  REQUIRE_FALSE(CheckTemplate(text));
  return Line(LineFormat::Text(text), record);
}

json Json(const StreamRecord& record) { return json::parse(Line(LineFormat::Json(), record)); }

std::string AllBytes() {
  std::string all;
  for (int i = 1; i < 256; ++i) all += static_cast<char>(i);
  return all + std::string(1, '\0');
}

TEST_CASE("JSON has every field that has a value") {
  RecordSample s;
  const json expected = json::parse(R"({
    "time": "2026-11-23T17:47:17.042Z", "duration_ms": 12.345, "upstream_ms": 7.000,
    "client_address": "203.0.113.7", "peer_address": "10.0.0.1:4711", "local_address": "10.0.0.2:8080",
    "method": "GET", "scheme": "http", "host": "api.example.com", "authority": "API.example.com:80",
    "path": "/a/b", "query": "x=1", "target": "/a//b?x=1", "protocol": "HTTP/1.1", "status": 503,
    "request_bytes": 10, "response_bytes": 2000, "reason": "upstream.connect", "plugin": "auth",
    "listener": "edge", "route_table": "main", "route": "users", "cluster": "users", "endpoint": "127.0.0.1:9001",
    "attempts": 2, "request_id": "0192f0c1", "connection_id": 65537, "user_agent": "curl/8.5.0",
    "referer": "https://example.com/", "forwarded_for": "203.0.113.7, 10.0.0.1"})");
  CHECK(Json(s.record) == expected);
  CHECK_THAT(Line(LineFormat::Json(), s.record), Catch::Matchers::StartsWith("{\"time\":\"2026-11-23T17:47:17.042Z\","
                                                                             "\"duration_ms\":12.345,"));
}

TEST_CASE("JSON without values has numbers and the time alone") {
  RecordSample s;
  StreamRecord record;
  record.request = &s.request;
  CHECK(Json(record) == json::parse(R"({"time": "1970-01-01T00:00:00.000Z", "duration_ms": 0.0, "status": 0,
                                        "request_bytes": 0, "response_bytes": 0, "connection_id": 0})"));
}

TEST_CASE("time: before 1970, leap days, and milliseconds that move within a second") {
  LineClock clock;
  using namespace std::chrono_literals;
  CHECK(clock.Rfc3339(WallTime(-1ns)) == "1969-12-31T23:59:59.999Z");
  CHECK(clock.Rfc3339(WallTime(1'709'164'800s)) == "2024-02-29T00:00:00.000Z");
  CHECK(clock.Rfc3339(WallTime(1'709'164'800s + 7ms)) == "2024-02-29T00:00:00.007Z");
  CHECK(clock.Clf(WallTime(1'709'251'199s)) == "29/Feb/2024:23:59:59 +0000");
  CHECK(clock.Clf(WallTime(1'000'000'000s)) == "09/Sep/2001:01:46:40 +0000");
}

// (T129)
TEST_CASE("JSON escapes every byte that is no plain text, wherever it stands") {
  RecordSample s;
  const struct {
    std::string raw;
    std::string parsed;
  } cases[] = {
      {"a\r\nb", "a\r\nb"},
      {"\x1b[2J", "\x1b[2J"},
      {"say \"hi\" \\ ", "say \"hi\" \\ "},
      {std::string("nul\0", 4), std::string("nul\0", 4)},
      {"caf\xc3\xa9 \xf0\x9f\x90\x99", "caf\xc3\xa9 \xf0\x9f\x90\x99"},
      {"\xff\xfe", "\xc3\xbf\xc3\xbe"},              // no UTF-8: U+00FF U+00FE
      {"\xc0\x80", "\xc3\x80\xc2\x80"},              // overlong NUL
      {"\xed\xa0\x80", "\xc3\xad\xc2\xa0\xc2\x80"},  // surrogate
      {"\xf4\x90\x80\x80", "\xc3\xb4\xc2\x90\xc2\x80\xc2\x80"},
      {"cut \xe2\x82", "cut \xc3\xa2\xc2\x82"},
      {"\xc2\x9b"
       "2J",
       "\xc2\x9b"
       "2J"},  // C1: CSI
      {"\xe2\x80\xa8\xe2\x80\xae\xef\xbb\xbf", "\xe2\x80\xa8\xe2\x80\xae\xef\xbb\xbf"},
  };
  for (const auto& c : cases) {
    for (size_t before = 0; before < 9; ++before) {
      for (size_t after = 0; after < 9; after += 4) {
        const std::string raw = std::string(before, '.') + c.raw + std::string(after, '.');
        s.record.user_agent = raw;
        const std::string line = Line(LineFormat::Json(), s.record);
        CHECK(json::parse(line)["user_agent"] == std::string(before, '.') + c.parsed + std::string(after, '.'));
        for (const char byte : line) CHECK((static_cast<unsigned char>(byte) >= 0x20 && byte != 0x7f));
        CHECK(line.find("\xc2\x9b") == std::string::npos);
        CHECK(line.find("\xe2\x80\xa8") == std::string::npos);
      }
    }
  }
}

TEST_CASE("JSON: every byte in every text field parses back as it is, or as its Latin-1 character") {
  RecordSample s;
  const std::string all = AllBytes();
  std::string ascii = all.substr(0, 127) + std::string(1, '\0');
  StreamRecord& r = s.record;
  for (std::string_view* field :
       {&r.method, &r.target, &r.path, &r.user_agent, &r.host, &r.authority, &r.reason, &r.plugin, &r.listener,
        &r.route, &r.request_id, &r.referer, &r.forwarded_for, &r.endpoint}) {
    *field = ascii;
  }
  r.query = all;
  const json line = Json(r);
  for (const char* key : {"method", "target", "path", "user_agent", "host", "authority", "reason", "plugin", "listener",
                          "route", "request_id", "referer", "forwarded_for", "endpoint"}) {
    CHECK(line[key] == ascii);
  }
  CHECK(line["query"].get<std::string>().size() == 128 + 2 * 128);
}

TEST_CASE("JSON values are cut at their limit, with a mark, and named") {
  RecordSample s;
  const std::string long_text(64 << 10, 'a');
  const std::string quotes(64 << 10, '\x01');
  s.record.path = std::string_view(long_text).substr(0, kTargetLimit);
  s.record.target = long_text;
  s.record.user_agent = quotes;
  const json line = Json(s.record);
  CHECK(line["path"] == long_text.substr(0, kTargetLimit));
  CHECK(line["target"] == long_text.substr(0, kTargetLimit) + "…");
  CHECK(line["user_agent"] == quotes.substr(0, kTextLimit / 6) + "…");
  CHECK(line["cut"] == json({"target", "user_agent"}));
}

TEST_CASE("no line is longer than the limit, whatever the values") {
  RecordSample s;
  const std::string huge = std::string(100 << 10, '\x02');
  StreamRecord& r = s.record;
  for (std::string_view* field :
       {&r.reason,        &r.plugin,     &r.method,      &r.target,       &r.path,           &r.query,
        &r.host,          &r.authority,  &r.scheme,      &r.protocol,     &r.client_address, &r.peer_address,
        &r.local_address, &r.listener,   &r.route_table, &r.route,        &r.cluster,        &r.endpoint,
        &r.request_id,    &r.user_agent, &r.referer,     &r.forwarded_for}) {
    *field = huge;
  }
  r.connection_id = r.request_bytes = r.response_bytes = UINT64_MAX;
  r.duration = r.upstream_first_byte = Duration(INT64_MAX);
  CHECK(Json(r)["cut"].size() == 22);
  CHECK(Text("{request.target}{request.path}{request.query}{duration_ms}", r).size() > 3 * kTargetLimit - 12);
}

TEST_CASE("text templates") {
  RecordSample s;
  const struct {
    const char* text;
    const char* line;
  } cases[] = {
      {"{client.address} \"{request.method} {request.path}\" {response.status}", "203.0.113.7 \"GET /a/b\" 503"},
      {"",
       "203.0.113.7 - - [23/Nov/2026:17:47:17 +0000] \"GET /a//b?x=1 HTTP/1.1\" 503 2000 \"https://example.com/\" "
       "\"curl/8.5.0\""},
      {"{time} {duration_ms} {upstream_ms}", "2026-11-23T17:47:17.042Z 12.345 7.000"},
      {"{{{reason}}} }}{{", "{upstream.connect} }{"},
      {"{request.header.X-Tenant}|{request.header.x-none}|{request.header.x-none|none}", "blue|-|none"},
      {"{response.header.content-type}", "text/html"},
      {"{peer.address} {local.address} {request.scheme} {request.host} {request.authority} {protocol}",
       "10.0.0.1:4711 10.0.0.2:8080 http api.example.com API.example.com:80 HTTP/1.1"},
      {"{listener} {route_table} {route} {cluster} {endpoint} {upstream.address} {attempts} {plugin}",
       "edge main users users 127.0.0.1:9001 127.0.0.1:9001 2 auth"},
      {"{request.id} {connection.id} {request.bytes} {response.bytes}", "0192f0c1 65537 10 2000"},
      {"{request.query}\t{request.target}\tx", "x=1\t/a//b?x=1\tx"},
      {"{request.forwarded_for} \"{request.forwarded_for}\"", "203.0.113.7,\\x2010.0.0.1 \"203.0.113.7, 10.0.0.1\""},
      {"constant", "constant"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.text);
    if (*c.text == '\0') {
      CHECK(Line(LineFormat::Text(c.text), s.record) == c.line);
    } else {
      CHECK(Text(c.text, s.record) == c.line);
    }
  }
  s.record.response = nullptr;
  s.record.attempts = 0;
  CHECK(Text("{response.header.content-type} {attempts}", s.record) == "- -");
}

TEST_CASE("the default template is valid") { CHECK_FALSE(CheckTemplate(kDefaultTemplate)); }

// A reader that knows the template finds each value's end by the byte that follows it.
TEST_CASE("text lines parse back, whatever the values") {
  RecordSample s;
  const std::string all = AllBytes();
  const char* separator = GENERATE(" ", "\"", "]", "\t", "|", ",", ";");
  const std::string text = std::string("[{request.user_agent}") + separator + "{request.path}" + separator;
  std::vector<std::string> values = {all, "-", "a b", "\" 200 \"", "\\x20", "\\", "x|y]z", "]", "\n127.0.0.1 GET"};
  for (const std::string& value : values) {
    s.record.user_agent = value;
    s.record.path = "/p";
    const std::string line = Text(text, s.record);
    const size_t end = line.find(separator, 1);
    CHECK(Unescape(line.substr(1, end - 1)) == value);
    CHECK(line.substr(end) == separator + std::string("/p") + separator);
    CHECK(line.substr(1, end - 1) != "-");
    for (const char byte : line) CHECK(((byte >= 0x20 && byte < 0x7f) || byte == separator[0]));
  }
}

TEST_CASE("text values are cut with a mark that no value can hold") {
  RecordSample s;
  const std::string long_text(2 * kTextLimit, 'a');
  s.record.user_agent = long_text;
  CHECK(Text("{request.user_agent} x", s.record) == long_text.substr(0, kTextLimit) + "\\... x");
  s.record.user_agent = "\\...";
  CHECK(Text("{request.user_agent}", s.record) == "\\x5c...");
}

TEST_CASE("errors of templates") {
  const struct {
    const char* text;
    const char* message;
    const char* suggestion;
  } cases[] = {
      {"{client.adress}", "unknown field {client.adress}", "client.address"},
      {"{request.pth} x", "unknown field {request.pth}", "request.path"},
      {"{status}", "unknown field {status}", ""},
      {"{}", "unknown field {}", ""},
      {"a } b", "has a } without its {", ""},
      {"a {reason", "has a { without its }", ""},
      {"{request.header.}", "is no name of a header", ""},
      {"{request.header.a b}", "is no name of a header", ""},
      {"{request.header.Authorization}", "holds credentials", ""},
      {"{response.header.set-cookie}", "holds credentials", ""},
      {"a\nb", "control character", ""},
      {"{reason|\"}", "plain text", ""},
  };
  for (const auto& c : cases) {
    CAPTURE(c.text);
    const auto error = CheckTemplate(c.text);
    REQUIRE(error);
    CHECK_THAT(error->message, ContainsSubstring(c.message));
    CHECK(error->suggestion == c.suggestion);
  }
  CHECK_THAT(CheckTemplate(std::string(5000, 'a'))->message, ContainsSubstring("longer than"));
  std::string many;
  for (int i = 0; i < 9; ++i) many += "{request.path}";
  CHECK_THAT(CheckTemplate(many)->message, ContainsSubstring("may give lines of"));
}

TEST_CASE("an invalid template, which validation keeps out, gives the default one") {
  RecordSample s;
  CHECK(Line(LineFormat::Text("{nonsense}"), s.record) == Line(LineFormat::Text(""), s.record));
}

}  // namespace
}  // namespace sp::telemetry
