#include "core/http/authority.h"

#include <string>

#include "test/support/catch.h"

namespace sp::http {
namespace {

TEST_CASE("T53: one form for every spelling of a host") {
  struct Case {
    const char* text;
    const char* scheme;
    const char* host;
    uint16_t port;
  };
  const Case cases[] = {
      {"a.example", "http", "a.example", 0},
      {"A.Example", "http", "a.example", 0},
      {"a.example.", "http", "a.example", 0},
      {"a.example:80", "http", "a.example", 80},
      {"a.example:80", "https", "a.example:80", 80},
      {"a.example:443", "https", "a.example", 443},
      {"a.example.:8080", "http", "a.example:8080", 8080},
      {"a.example:00080", "http", "a.example", 80},
      {"a.example:", "http", "a.example", 0},
      {"[0:0::1]", "http", "[::1]", 0},
      {"[::1]:80", "http", "[::1]", 80},
      {"[::1]:8443", "https", "[::1]:8443", 8443},
      {"[2001:DB8:0:0:0:0:0:1]", "http", "[2001:db8::1]", 0},
      {"[::ffff:10.0.0.1]", "http", "[::ffff:10.0.0.1]", 0},
      {"127.0.0.1:9001", "http", "127.0.0.1:9001", 9001},
      {"under_score.example", "http", "under_score.example", 0},
      {"xn--bcher-kva.example", "http", "xn--bcher-kva.example", 0},
      {"a:65535", "http", "a:65535", 65535},
  };
  for (const Case& c : cases) {
    INFO(c.text);
    SlabPool pool;
    Arena arena(pool);
    Authority authority;
    REQUIRE(ParseAuthority(c.text, c.scheme, arena, &authority));
    CHECK(authority.host == c.host);
    CHECK(authority.port == c.port);
    const std::string_view text = c.text;
    CHECK(authority.text == (text.back() == ':' ? text.substr(0, text.size() - 1) : text));
    // The host is its own normal form.
    Authority again;
    REQUIRE(ParseAuthority(authority.host, c.scheme, arena, &again));
    CHECK(again.host == authority.host);
  }
}

TEST_CASE("T54: what is no host") {
  SlabPool pool;
  Arena arena(pool);
  Authority authority;
  for (const char* text : {"",           "a b",
                           "a/b@c",      "u@a",
                           "a:99999",    "a:65536",
                           "a:80:80",    "a:8o",
                           "a:-1",       "a:0",
                           "a:000080",   "[::1",
                           "::1",        "[",
                           "[]",         "[::1]x",
                           "[::1]80",    "[::1%25eth0]",
                           "[::1%eth0]", "[v1.a]",
                           "[1.2.3.4]",  "[::g]",
                           "a,b",        "a%41",
                           "%",          ".",
                           "..",         ".a",
                           "a..",        "a..b",
                           ":80",        "\xc3\xa4.example",
                           "a\x01",      "a\tb",
                           "a?b",        "a#b",
                           "a\\b",       "a'b",
                           "a;b",        "*",
                           "*.a",        "<a>",
                           "a&b"}) {
    INFO(text);
    CHECK_FALSE(ParseAuthority(text, "http", arena, &authority));
  }
  CHECK_FALSE(ParseAuthority(std::string_view("a\0b", 3), "http", arena, &authority));
  CHECK_FALSE(ParseAuthority(std::string_view("[::1\0]", 6), "http", arena, &authority));
  CHECK_FALSE(ParseAuthority(std::string(256, 'a'), "http", arena, &authority));
  CHECK(ParseAuthority(std::string(255, 'a') + ".:65535", "http", arena, &authority));
}

TEST_CASE("a host without its port") {
  CHECK(WithoutPort("a.example:8080") == "a.example");
  CHECK(WithoutPort("a.example") == "a.example");
  CHECK(WithoutPort("[::1]:80") == "[::1]");
  CHECK(WithoutPort("[::1]") == "[::1]");
  CHECK(WithoutPort("") == "");
}

}  // namespace
}  // namespace sp::http
