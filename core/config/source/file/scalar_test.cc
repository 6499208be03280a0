#include "core/config/source/file/scalar.h"

#include "test/support/catch.h"

namespace sp::file {
namespace {

TEST_CASE("plain scalars have the types of YAML 1.2's core schema") {
  const auto type = TypeOfPlain;
  for (const char* text : {"", "~", "null", "Null", "NULL"}) CHECK(type(text) == PlainType::kNull);
  for (const char* text : {"true", "True", "FALSE"}) CHECK(type(text) == PlainType::kBool);
  for (const char* text : {"0", "-1", "+12", "0x1F", "0o17", "007", "99999999999999999999999"}) {
    CHECK(type(text) == PlainType::kInteger);
  }
  for (const char* text : {"1.", ".5", "-1.5e3", "1e5", ".inf", "-.INF", ".nan"})
    CHECK(type(text) == PlainType::kFloat);
  for (const char* text : {"yes", "no", "on", "nul", "tRue", "0x", "0xg", "1_000", "12:30", "1.2.3", "-", "+", ".",
                           "e5", "1e", "--1", "0b1", "1.2.3.4:80"}) {
    INFO(text);
    CHECK(type(text) == PlainType::kText);
  }
}

TEST_CASE("integers") {
  CHECK(ParseInteger("18446744073709551615")->magnitude == UINT64_MAX);
  CHECK_FALSE(ParseInteger("18446744073709551616"));
  CHECK(ParseInteger("-7")->negative);
  CHECK(ParseInteger("0xff")->magnitude == 255);
  CHECK(ParseInteger("0o10")->magnitude == 8);
  CHECK(ParseInteger("010")->magnitude == 10);
  for (const char* text : {"", "-", "1 ", " 1", "1.0", "0x-1", "+-1"}) CHECK_FALSE(ParseInteger(text));
}

TEST_CASE("an integer is a double where that is exact") {
  CHECK(*ExactDouble({uint64_t{1} << 53, false}) == 0x1p53);
  CHECK_FALSE(ExactDouble({(uint64_t{1} << 53) + 1, false}));
  CHECK(*ExactDouble({(uint64_t{1} << 53) + 2, true}) == -(0x1p53 + 2));
  CHECK_FALSE(ExactDouble({UINT64_MAX, false}));
}

TEST_CASE("floats are finite") {
  CHECK(*ParseFloat("-1.5e3") == -1500);
  CHECK(*ParseFloat("+.5") == 0.5);
  for (const char* text : {"1e400", ".inf", ".nan", "inf", "nan", "0x1p3", "1.5x", "."}) CHECK_FALSE(ParseFloat(text));
}

TEST_CASE("UTF-8 as RFC 3629 has it") {
  CHECK(IsUtf8("plain text that is longer than eight bytes"));
  CHECK(IsUtf8("größer € 😀"));
  for (const char* text : {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80",
                           "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xC3", "\xE2\x82", "0123456789\xFF"}) {
    CHECK_FALSE(IsUtf8(text));
  }
}

TEST_CASE("quoted text can't break a line or a terminal") {
  CHECK(Quoted("a\n\x1b[2J\xff") == "\"a\\x0a\\x1b[2J\\xff\"");
  CHECK(Quoted(std::string(100, 'x')) == "\"" + std::string(60, 'x') + "…\"");
}

}  // namespace
}  // namespace sp::file
