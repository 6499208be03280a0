#include "core/operate/admin/server.h"

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "test/support/catch.h"
#include "test/support/raw_socket.h"

namespace sp::admin {
namespace {

using namespace std::chrono_literals;
using testing::ContainsSubstring;
using testing::RawSocket;

struct Block {
  Counter requests;
  static std::pair<const MetricSeries*, size_t> Series() {
    static constexpr MetricSeries kSeries[] = {{"t_total", "Some.", MetricKind::kCounter, offsetof(Block, requests)}};
    return {kSeries, 1};
  }
};

struct Fixture {
  explicit Fixture(bool probes_only = false) {
    AdminSources sources;
    sources.ready = [this] { return state; };
    sources.config = [this](bool json) { return json ? "{\"workers\":2}\n" : config; };
    sources.version = [] { return std::string("{\"version\":\"0.1.0\"}\n"); };
    sources.metrics = &metrics;
    std::string error;
    server = Server::Open(loop, *net::Address::Parse("127.0.0.1:0"), probes_only, sources, &error);
    INFO(error);
    REQUIRE(server != nullptr);
  }

  // What comes until the server closes.
  std::string Send(const std::string& bytes) {
    RawSocket client = RawSocket::Connect(server->address());
    client.Send(bytes);
    return ReadAll(client);
  }
  std::string ReadAll(RawSocket& client) {
    REQUIRE(loop.RunUntil(
        [&] {
          client.Receive();
          return client.ended() || client.broken();
        },
        5s));
    return client.Take();
  }
  std::string Get(const std::string& path, const std::string& more = "") {
    return Send("GET " + path + " HTTP/1.1\r\nHost: localhost:9901\r\n" + more + "\r\n");
  }

  SystemClock clock;
  uv::Loop loop{clock};
  MetricRegistry metrics;
  ReadyState state{true, "starting"};
  std::string config = "workers: 2\n";
  std::unique_ptr<Server> server;
};

std::string BodyOf(const std::string& response) { return response.substr(response.find("\r\n\r\n") + 4); }
std::string StatusOf(const std::string& response) { return response.substr(9, 3); }

TEST_CASE("pages") {
  Fixture f;
  f.metrics.Register<Block>({}, 0)->requests.Add(3);
  const struct {
    const char* path;
    const char* type;
    const char* body;
  } cases[] = {
      {"/ready", "text/plain; charset=utf-8", "ready\n"},
      {"/live", "text/plain; charset=utf-8", "live\n"},
      {"/metrics", "text/plain; version=0.0.4; charset=utf-8",
       "# HELP t_total Some.\n# TYPE t_total counter\nt_total 3\n"},
      {"/config", "text/plain; charset=utf-8", "workers: 2\n"},
      {"/config?format=yaml", "text/plain; charset=utf-8", "workers: 2\n"},
      {"/config?format=json", "application/json", "{\"workers\":2}\n"},
      {"/version", "application/json", "{\"version\":\"0.1.0\"}\n"},
      {"/", "text/plain; charset=utf-8", "/metrics "},
  };
  for (const auto& c : cases) {
    CAPTURE(c.path);
    const std::string response = f.Get(c.path);
    CHECK(StatusOf(response) == "200");
    CHECK_THAT(response, ContainsSubstring("content-type: " + std::string(c.type) + "\r\n"));
    CHECK_THAT(response, ContainsSubstring("x-content-type-options: nosniff\r\n"));
    CHECK_THAT(response, ContainsSubstring("cache-control: no-store\r\n"));
    CHECK_THAT(response, ContainsSubstring("date: "));
    CHECK_THAT(response, ContainsSubstring("connection: close\r\n"));
    CHECK_THAT(BodyOf(response), ContainsSubstring(c.body));
  }
  CHECK(f.loop.RunUntil([&] { return f.server->connections() == 0; }, 5s));
}

TEST_CASE("ready tells why not") {
  Fixture f;
  f.state = {false, "draining"};
  const std::string response = f.Get("/ready");
  CHECK(StatusOf(response) == "503");
  CHECK(BodyOf(response) == "not ready: draining\n");
  CHECK(StatusOf(f.Get("/live")) == "200");
}

TEST_CASE("HEAD has the head of the page alone") {
  Fixture f;
  const std::string response = f.Send("HEAD /config HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  CHECK(StatusOf(response) == "200");
  CHECK_THAT(response, ContainsSubstring("content-length: 11\r\n"));
  CHECK(BodyOf(response).empty());
}

// (T123)
TEST_CASE("refusals") {
  Fixture f;
  const struct {
    const char* request;
    const char* status;
  } cases[] = {
      {"GET /config HTTP/1.1\r\nHost: evil.example\r\n\r\n", "403"},
      {"GET /config HTTP/1.1\r\nHost: 127.0.0.1.evil.example\r\n\r\n", "403"},
      {"GET /config HTTP/1.1\r\nHost: localhost.evil.example:9901\r\n\r\n", "403"},
      {"GET /config HTTP/1.1\r\nHost: 192.0.2.1\r\n\r\n", "403"},
      {"GET http://evil.example/config HTTP/1.1\r\nHost: localhost\r\n\r\n", "403"},
      {"GET /config HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n\r\n", "403"},
      {"GET /config HTTP/1.1\r\nHost: localhost\r\norigin: null\r\n\r\n", "403"},
      {"GET /config HTTP/1.1\r\nHost: 127.0.0.1:9901\r\n\r\n", "200"},
      {"GET /config HTTP/1.1\r\nHost: 127.9.9.9\r\n\r\n", "200"},
      {"GET /config HTTP/1.1\r\nHost: [::1]:9901\r\n\r\n", "200"},
      {"GET /config HTTP/1.1\r\nHost: LOCALHOST\r\n\r\n", "200"},
      {"GET //config HTTP/1.1\r\nHost: localhost\r\n\r\n", "404"},
      {"GET /Config HTTP/1.1\r\nHost: localhost\r\n\r\n", "404"},
      {"GET /config/ HTTP/1.1\r\nHost: localhost\r\n\r\n", "404"},
      {"GET /config?format=xml HTTP/1.1\r\nHost: localhost\r\n\r\n", "400"},
      {"POST /config HTTP/1.1\r\nHost: localhost\r\ncontent-length: 2\r\n\r\n{}", "405"},
      {"DELETE /ready HTTP/1.1\r\nHost: localhost\r\n\r\n", "405"},
      {"OPTIONS /ready HTTP/1.1\r\nHost: localhost\r\n\r\n", "405"},
      {"GET /ready HTTP/1.1\r\nHost: a\r\nHost: localhost\r\n\r\n", "400"},
      {"GET /ready HTTP/1.1\r\n\r\n", "400"},
      {"GET /ready HTTP/1.1\nHost: localhost\n\n", "400"},
      {"BREW /ready HTTP/1.1\r\nHost: localhost\r\n\r\n", "501"},
      {"GET /ready HTTP/1.1\r\nHost: localhost\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n", "400"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.request);
    const std::string response = f.Send(c.request);
    CHECK(StatusOf(response) == c.status);
    if (std::string(c.status) == "405") CHECK_THAT(response, ContainsSubstring("allow: GET, HEAD\r\n"));
    if (c.status[0] == '4') CHECK_NOTHROW(nlohmann::json::parse(BodyOf(response)));
  }
  CHECK_THAT(f.Send("GET /" + std::string(4096, 'a') + " HTTP/1.1\r\nHost: localhost\r\n\r\n"),
             Catch::Matchers::StartsWith("HTTP/1.1 414"));
}

TEST_CASE("one request a connection, whatever is pipelined") {
  Fixture f;
  std::string requests;
  for (int i = 0; i < 20; ++i) requests += "GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n";
  const std::string response = f.Send(requests);
  CHECK(response.find("HTTP/1.1", 1) == std::string::npos);
  CHECK(BodyOf(response) == "live\n");
}

TEST_CASE("a client that has closed its side gets its page") {
  Fixture f;
  RawSocket client = RawSocket::Connect(f.server->address());
  client.Send("GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n");
  client.ShutdownWrite();
  CHECK(BodyOf(f.ReadAll(client)) == "live\n");
}

TEST_CASE("a page of megabytes to a slow reader") {
  Fixture f;
  f.config = std::string(20 << 20, 'c');
  RawSocket client = RawSocket::Connect(f.server->address(), 4096);
  client.Send("GET /config HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(BodyOf(f.ReadAll(client)).size() == f.config.size());
}

TEST_CASE("probes only: three pages, any Host") {
  Fixture f(true);
  const auto get = [&](const std::string& path) {
    return StatusOf(f.Send("GET " + path + " HTTP/1.1\r\nHost: pod-7.example\r\n\r\n"));
  };
  for (const char* path : {"/ready", "/live", "/metrics"}) CHECK(get(path) == "200");
  for (const char* path : {"/", "/config", "/version"}) CHECK(get(path) == "404");
  CHECK(StatusOf(f.Send("GET /ready HTTP/1.0\r\n\r\n")) == "200");
}

TEST_CASE("who has sent nothing makes room, oldest first") {
  Fixture f;
  std::vector<RawSocket> idle;
  for (size_t i = 0; i < Server::kMaxConnections; ++i) {
    idle.push_back(RawSocket::Connect(f.server->address()));
    REQUIRE(f.loop.RunUntil([&] { return f.server->connections() == i + 1; }, 5s));
  }
  CHECK(BodyOf(f.Get("/live")) == "live\n");
  const auto is_closed = [](RawSocket& socket) {
    socket.Receive();
    return socket.ended() || socket.broken();
  };
  CHECK(f.loop.RunUntil([&] { return is_closed(idle[0]); }, 5s));
  CHECK_FALSE(is_closed(idle[1]));
  CHECK(f.server->connections() <= Server::kMaxConnections);
}

TEST_CASE("a server with open connections is destroyed") {
  Fixture f;
  RawSocket client = RawSocket::Connect(f.server->address());
  client.Send("GET /li");
  REQUIRE(f.loop.RunUntil([&] { return f.server->connections() == 1; }, 5s));
  f.server.reset();
  CHECK(f.loop.RunUntil(
      [&] {
        client.Receive();
        return client.ended() || client.broken();
      },
      5s));
}

TEST_CASE("an address that is taken is an error") {
  Fixture f;
  std::string error;
  CHECK(Server::Open(f.loop, f.server->address(), false, {}, &error) == nullptr);
  CHECK_THAT(error, ContainsSubstring("already in use"));
}

}  // namespace
}  // namespace sp::admin
