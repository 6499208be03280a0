// The one way to include Catch2: version 2 (Debian 12) and 3 (Debian 13) have different headers and matchers of the
// same meaning. Write tests with TEST_CASE, SECTION, CHECK, REQUIRE, GENERATE, INFO, CAPTURE, Approx and the string
// matchers of Catch::Matchers; all of them exist in both under the names used here.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
namespace sp::testing {
using Catch::Approx;
using Catch::Matchers::ContainsSubstring;
}  // namespace sp::testing
#else
#include <catch2/catch.hpp>
namespace sp::testing {
using Catch::Detail::Approx;
inline auto ContainsSubstring(const std::string& text) { return Catch::Matchers::Contains(text); }
}  // namespace sp::testing
#endif
