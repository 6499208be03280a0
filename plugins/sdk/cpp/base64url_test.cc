#include <sallyport/sdk/base64url.hpp>

#include "test/support/catch.h"

namespace {

using sallyport::base64url_decode;
using sallyport::base64url_encode;

TEST_CASE("base64url: the vectors of RFC 4648 section 10, without padding") {
  const std::pair<const char*, const char*> rows[] = {
      {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
      {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xff\xfe\xfb", "__77"}};
  for (const auto& [bytes, text] : rows) {
    CHECK(base64url_encode(bytes) == text);
    CHECK(base64url_decode(text) == std::optional<std::string>(bytes));
  }
}

TEST_CASE("base64url: one spelling only") {
  for (const char* text : {"Zg==", "Zh", "Zm9", "Z", "Zm9vY", "Zm9v ", "Zm+v", "Zm/v", "Zm9v\n", "Z\xc3\xa9v"}) {
    CAPTURE(text);
    CHECK_FALSE(base64url_decode(text).has_value());
  }
}

TEST_CASE("base64url: every length there and back") {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    CHECK(base64url_decode(base64url_encode(bytes)) == bytes);
    bytes += static_cast<char>(i * 37);
  }
}

}  // namespace
