// CidrSet against a list that is looked through from end to end.
#include <sallyport/sdk/cidr_set.hpp>

#include <random>

#include "test/support/catch.h"

namespace {

using sallyport::CidrSet;

std::string Bytes(const std::string& text) {
  unsigned char bytes[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (inet_pton(AF_INET, text.c_str(), bytes + 12) != 1) REQUIRE(inet_pton(AF_INET6, text.c_str(), bytes) == 1);
  return {reinterpret_cast<const char*>(bytes), 16};
}

CidrSet Make(const std::vector<std::string>& blocks) {
  CidrSet::Builder builder;
  for (const std::string& block : blocks) REQUIRE(builder.add(block));
  return builder.build();
}

TEST_CASE("cidr set: families are kept apart") {
  CHECK_FALSE(Make({}).contains(Bytes("10.0.0.1")));
  CHECK(Make({"0.0.0.0/0"}).contains(Bytes("255.255.255.255")));
  CHECK(Make({"0.0.0.0/0"}).contains(Bytes("0.0.0.0")));
  CHECK_FALSE(Make({"0.0.0.0/0"}).contains(Bytes("::1")));
  CHECK(Make({"::/0"}).contains(Bytes("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")));
  CHECK_FALSE(Make({"::/0"}).contains(Bytes("10.0.0.1")));
  CHECK(Make({"::ffff:10.0.0.0/104"}).contains(Bytes("10.2.3.4")));
  CHECK(Make({"10.1.2.3/8"}).contains(Bytes("10.255.0.1")));
  CHECK_FALSE(Make({"10.0.0.0/8"}).contains("10.0.0.1"));
  CHECK_FALSE(Make({"10.0.0.0/8"}).contains(""));
}

TEST_CASE("cidr set: neighbours and overlaps become one range") {
  CHECK(Make({"10.0.0.0/25", "10.0.0.128/25", "10.0.0.7"}).size() == 1);
  CHECK(Make({"0.0.0.0/1", "128.0.0.0/1", "10.0.0.0/8"}).size() == 1);
  CHECK(Make({"::/1", "8000::/1", "::1"}).size() == 1);
  CHECK(Make({"10.0.0.0/32", "10.0.0.2/32"}).size() == 2);
}

TEST_CASE("cidr set: what is no block") {
  CidrSet::Builder builder;
  for (const char* text : {"", "10.0.0", "10.0.0.1/33", "10.0.0.1/", "10.0.0.1/-1", "10.0.0.1/8x", "010.0.0.1",
                           "::1/129", "fe80::1%eth0", "::ffff:0:0/90", "a", "10.0.0.1 ", "/8", "10.0.0.1/+8"}) {
    CAPTURE(text);
    CHECK_FALSE(builder.add(text));
  }
}

TEST_CASE("cidr set: the same as looking at every block") {
  std::mt19937 random(1);
  for (const size_t count : {3u, 100u, 2000u}) {
    struct Block {
      uint32_t base, mask;
    };
    std::vector<Block> blocks;
    CidrSet::Builder builder;
    for (size_t i = 0; i < count; ++i) {
      const auto bits = static_cast<int>(8 + random() % 25);
      const uint32_t mask = ~uint32_t{0} << (32 - bits);
      const auto address = static_cast<uint32_t>(random());
      blocks.push_back({address & mask, mask});
      const uint32_t wire = htonl(address);
      char text[INET_ADDRSTRLEN];
      REQUIRE(builder.add(std::string(inet_ntop(AF_INET, &wire, text, sizeof text)) + "/" + std::to_string(bits)));
    }
    const CidrSet set = builder.build();
    for (int i = 0; i < 20'000; ++i) {
      // Half of them at the edges of blocks.
      const Block& near = blocks[random() % blocks.size()];
      const uint32_t edge = (random() % 2 != 0 ? near.base : near.base | ~near.mask) + random() % 3 - 1;
      const auto address = random() % 2 != 0 ? static_cast<uint32_t>(random()) : edge;
      const bool expected =
          std::any_of(blocks.begin(), blocks.end(), [&](const Block& b) { return (address & b.mask) == b.base; });
      char bytes[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '\xff', '\xff'};
      const uint32_t wire = htonl(address);
      std::memcpy(bytes + 12, &wire, 4);
      REQUIRE(set.contains({bytes, 16}) == expected);
    }
  }
}

}  // namespace
