// A StreamRecord with every field set, for the tests of this folder; and what parses a text line back.
#pragma once

#include <string>
#include <string_view>

#include "core/base/arena.h"
#include "core/http/head.h"
#include "core/traffic/downstream/stream_record.h"

namespace sp::telemetry {

struct RecordSample {
  SlabPool pool;
  Arena arena{pool};
  http::RequestHead request{arena};
  http::ResponseHead response{arena};
  downstream::StreamRecord record;

  RecordSample() {
    using namespace std::chrono_literals;
    request.headers.Add("x-tenant", "blue");
    response.headers.Add(http::HeaderId::kContentType, "text/html");
    downstream::StreamRecord& r = record;
    r.request = &request;
    r.response = &response;
    r.start = WallTime(1'795'456'037s + 42ms + 999us);
    r.duration = 12'345'678ns;
    r.upstream_first_byte = 7ms;
    r.connection_id = 65'537;
    r.request_bytes = 10;
    r.response_bytes = 2'000;
    r.attempts = 2;
    r.status = 503;
    r.reason = "upstream.connect";
    r.plugin = "auth";
    r.method = "GET";
    r.target = "/a//b?x=1";
    r.path = "/a/b";
    r.query = "x=1";
    r.host = "api.example.com";
    r.authority = "API.example.com:80";
    r.scheme = "http";
    r.protocol = "HTTP/1.1";
    r.client_address = "203.0.113.7";
    r.peer_address = "10.0.0.1:4711";
    r.local_address = "10.0.0.2:8080";
    r.listener = "edge";
    r.route_table = "main";
    r.route = "users";
    r.cluster = "users";
    r.endpoint = "127.0.0.1:9001";
    r.request_id = "0192f0c1";
    r.user_agent = "curl/8.5.0";
    r.referer = "https://example.com/";
    r.forwarded_for = "203.0.113.7, 10.0.0.1";
  }
};

// What a value stands for: `\xHH` read back.
inline std::string Unescape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i, 2) == "\\x") {
      out += static_cast<char>(std::stoi(std::string(text.substr(i + 2, 2)), nullptr, 16));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace sp::telemetry
