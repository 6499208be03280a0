#include "core/net/cidr.h"

#include <chrono>

#include "core/base/random.h"
#include "test/support/catch.h"

namespace sp::net {
namespace {

IpAddress Ip(std::string_view text) { return *IpAddress::Parse(text); }

IpAddress RandomIp(Random& random, bool v4, uint64_t spread) {
  IpAddress ip = v4 ? Ip("10.0.0.0") : Ip("2001:db8::");
  const uint64_t value = random.Below(spread);
  for (size_t i = 0; i < (v4 ? 3 : 8); ++i) ip.bytes[15 - i] = static_cast<uint8_t>(value >> (8 * i));
  return ip;
}

Cidr RandomCidr(Random& random, uint64_t spread) {
  const bool v4 = random.Below(2) == 0;
  const uint64_t bits = (v4 ? 16 : 110) + random.Below(v4 ? 17 : 19);
  return *Cidr::Parse(RandomIp(random, v4, spread).ToString() + "/" + std::to_string(bits));
}

TEST_CASE("a block reads and prints") {
  struct Row {
    const char *text, *canonical;
  };
  const Row rows[] = {
      {"10.0.0.0/8", "10.0.0.0/8"},
      {"10.1.2.3/8", "10.0.0.0/8"},
      {"10.1.2.3", "10.1.2.3/32"},
      {"0.0.0.0/0", "0.0.0.0/0"},
      {"::/0", "::/0"},
      {"fd00::1/8", "fd00::/8"},
      {"::1", "::1/128"},
      {"::ffff:10.1.2.3/104", "10.0.0.0/8"},
      {"::ffff:0:0/96", "0.0.0.0/0"},
      {"::ffff:10.0.0.0/90", "refused"},
      {"10.0.0.0/33", "refused"},
      {"::/129", "refused"},
      {"10.0.0.0/", "refused"},
      {"10.0.0.0/08", "refused"},
      {"10.0.0.0/-1", "refused"},
      {"10.0.0.0/8 ", "refused"},
      {"10.0.0.0/8/8", "refused"},
      {"10.0.0.0/99999999999", "refused"},
      {"/8", "refused"},
      {"", "refused"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto cidr = Cidr::Parse(row.text);
    CHECK((cidr ? cidr->ToString() : "refused") == row.canonical);
  }
}

TEST_CASE("the families are apart, mapped IPv4 is IPv4") {
  const CidrSet all_v6({*Cidr::Parse("::/0")});
  CHECK(all_v6.Contains(Ip("2001:db8::1")));
  CHECK_FALSE(all_v6.Contains(Ip("10.0.0.1")));
  CHECK_FALSE(all_v6.Contains(Ip("::ffff:10.0.0.1")));
  CHECK_FALSE(Cidr::Parse("::/0")->Contains(Ip("10.0.0.1")));

  const CidrSet all_v4({*Cidr::Parse("0.0.0.0/0")});
  CHECK(all_v4.Contains(Ip("::ffff:10.0.0.1")));
  CHECK(all_v4.Contains(Ip("255.255.255.255")));
  CHECK_FALSE(all_v4.Contains(Ip("::1")));
  CHECK(CidrSet().empty());
  CHECK_FALSE(CidrSet().Contains(Ip("::1")));
}

TEST_CASE("edges of blocks, and blocks that overlap, touch or repeat") {
  const CidrSet set({*Cidr::Parse("10.0.0.0/24"), *Cidr::Parse("10.0.0.128/25"), *Cidr::Parse("10.0.1.0/24"),
                     *Cidr::Parse("10.0.1.0/24"), *Cidr::Parse("255.255.255.0/24"), *Cidr::Parse("255.255.255.255"),
                     *Cidr::Parse("0.0.0.0/32"), *Cidr::Parse("fd00::/8"), *Cidr::Parse("fe00::/8"),
                     *Cidr::Parse("ffff::/16")});
  for (const char* in : {"10.0.0.0", "10.0.0.255", "10.0.1.0", "10.0.1.255", "255.255.255.255", "0.0.0.0",
                         "fd00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fe12::", "ffff::1"}) {
    CAPTURE(in);
    CHECK(set.Contains(Ip(in)));
  }
  for (const char* out : {"9.255.255.255", "10.0.2.0", "255.255.254.255", "0.0.0.1",
                          "::", "fcff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ff00::", "fffe::"}) {
    CAPTURE(out);
    CHECK_FALSE(set.Contains(Ip(out)));
  }
}

TEST_CASE("the set answers as asking every block would") {
  Random random(7);
  for (int round = 0; round < 50; ++round) {
    std::vector<Cidr> blocks;
    for (uint64_t n = random.Below(60); n > 0; --n) blocks.push_back(RandomCidr(random, 1 << 20));
    const CidrSet set(blocks);
    for (int i = 0; i < 400; ++i) {
      const IpAddress ip = RandomIp(random, random.Below(2) == 0, 1 << 20);
      const bool naive = std::any_of(blocks.begin(), blocks.end(), [&](const Cidr& b) { return b.Contains(ip); });
      CAPTURE(ip.ToString());
      REQUIRE(set.Contains(ip) == naive);
    }
  }
}

TEST_CASE("100,000 blocks are searched in logarithmic time") {
  Random random(11);
  std::vector<Cidr> blocks;
  for (int i = 0; i < 100'000; ++i) {
    blocks.push_back(*Cidr::Parse(RandomIp(random, true, 1 << 24).ToString()));
  }
  const CidrSet set(blocks);
  std::vector<IpAddress> asked;
  for (int i = 0; i < 10'000; ++i) asked.push_back(RandomIp(random, true, 1 << 24));
  const auto start = std::chrono::steady_clock::now();
  size_t found = 0;
  for (int round = 0; round < 10; ++round) {
    for (const IpAddress& ip : asked) found += set.Contains(ip) ? 1 : 0;
  }
  const std::chrono::nanoseconds each = (std::chrono::steady_clock::now() - start) / 100'000;
  CHECK(found > 0);
  INFO(each.count() << " ns for each");
  CHECK(each < std::chrono::microseconds(20));  // asking one after the other takes 1000
}

}  // namespace
}  // namespace sp::net
