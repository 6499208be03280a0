#include "core/net/address.h"

#include <netinet/in.h>

#include "test/support/catch.h"

namespace sp::net {
namespace {

std::string Canonical(std::string_view text) {
  const auto ip = IpAddress::Parse(text);
  return ip ? ip->ToString() : "refused";
}

TEST_CASE("an IP address reads and prints as RFC 5952 says") {
  struct Row {
    const char *text, *canonical;
  };
  const Row rows[] = {
      {"127.0.0.1", "127.0.0.1"},
      {"255.255.255.255", "255.255.255.255"},
      {"::1", "::1"},
      {"::", "::"},
      {"2001:DB8::A", "2001:db8::a"},
      {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
      {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
      {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
      {"1:2:3:4:5:6:0:0", "1:2:3:4:5:6::"},
      {"0:0:3:4:5:6:7:8", "::3:4:5:6:7:8"},
      {"::102:304", "::102:304"},
      {"::ffff:10.0.0.1", "10.0.0.1"},  // mapped IPv4 is IPv4
      {"::ffff:a00:1", "10.0.0.1"},
      {"", "refused"},
      {"10.0.0", "refused"},
      {"10.0.0.1.", "refused"},
      {"10.0.0.256", "refused"},
      {"010.0.0.1", "refused"},
      {"0x7f.0.0.1", "refused"},
      {"2130706433", "refused"},
      {" 10.0.0.1", "refused"},
      {"10.0.0.1 ", "refused"},
      {"fe80::1%eth0", "refused"},
      {"[::1]", "refused"},
      {"1::2::3", "refused"},
      {"::12345", "refused"},
      {"localhost", "refused"},
      {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "refused"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(Canonical(row.text) == row.canonical);
  }
  CHECK(Canonical(std::string_view("10.0.0.1\0junk", 13)) == "refused");
}

TEST_CASE("loopback addresses of both families") {
  CHECK(IpAddress::Parse("127.8.9.1")->IsLoopback());
  CHECK(IpAddress::Parse("::1")->IsLoopback());
  CHECK(IpAddress::Parse("::ffff:127.0.0.1")->IsLoopback());
  CHECK_FALSE(IpAddress::Parse("128.0.0.1")->IsLoopback());
  CHECK_FALSE(IpAddress::Parse("::")->IsLoopback());
  CHECK_FALSE(IpAddress::Parse("::2")->IsLoopback());
  CHECK_FALSE(IpAddress::Parse("1::1")->IsLoopback());
}

TEST_CASE("an address with its port") {
  for (const char* text : {"127.0.0.1:80", "[::1]:65535", ":8080", "0.0.0.0:0", "[2001:db8::1]:443"}) {
    CAPTURE(text);
    const auto address = Address::Parse(text);
    REQUIRE(address);
    CHECK(address->ToString() == text);
  }
  for (const char* text : {"", ":", "80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:080",
                           "127.0.0.1:+80", "127.0.0.1:8o", "::1:80", "[::1]", "[::1]80", "[127.0.0.1]:80", "[]:80",
                           "[fe80::1%1]:80", "host:80", "*:80", "127.0.0.1:80 "}) {
    CAPTURE(text);
    CHECK_FALSE(Address::Parse(text));
  }
  CHECK(Address::Parse(":80")->any());
  CHECK_FALSE(Address::Parse("[::]:80")->any());
  CHECK(*Address::Parse(":80") != *Address::Parse("[::]:80"));
  CHECK(Address::Parse("[::ffff:10.0.0.1]:80")->ToString() == "10.0.0.1:80");
}

TEST_CASE("a socket address and back; IPv4 on an IPv6 socket is IPv4") {
  sockaddr_storage storage;
  for (const char* text : {"10.1.2.3:80", "[2001:db8::1]:443"}) {
    const Address address = *Address::Parse(text);
    const socklen_t length = address.ToSockaddr(&storage);
    CHECK(length == (address.ip().IsV4() ? sizeof(sockaddr_in) : sizeof(sockaddr_in6)));
    CHECK(Address::FromSockaddr(reinterpret_cast<sockaddr*>(&storage)) == address);
  }
  CHECK(Address::Parse(":80")->ToSockaddr(&storage) == sizeof(sockaddr_in6));

  sockaddr_in6 mapped{};
  mapped.sin6_family = AF_INET6;
  mapped.sin6_port = htons(80);
  const auto ip = IpAddress::Parse("10.1.2.3")->bytes;
  std::copy(ip.begin(), ip.end(), mapped.sin6_addr.s6_addr);
  CHECK(Address::FromSockaddr(reinterpret_cast<sockaddr*>(&mapped)) == *Address::Parse("10.1.2.3:80"));

  sockaddr local{};
  local.sa_family = AF_UNIX;
  CHECK(Address::FromSockaddr(&local) == Address());
}

}  // namespace
}  // namespace sp::net
