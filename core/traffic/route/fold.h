// Text in lower case (ASCII), for what is compared without regard to case.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "core/http/ascii.h"

namespace sp::route {

inline std::string Lowered(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), http::ToLower);
  return lower;
}

inline bool SameText(std::string_view a, std::string_view b, bool ignore_case) {
  return ignore_case ? http::EqualsIgnoringCase(a, b) : a == b;
}

}  // namespace sp::route
