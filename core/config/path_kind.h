// PathMatch as the route engine reads it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/traffic/route/pattern.h"

namespace sallyport::v1 {
class PathMatch;
}

namespace sp::config {

struct PathText {
  route::PathPattern::Kind kind;
  std::string_view text;   // of the message
  std::string_view field;  // `prefix`
};
// Nothing where no kind is written.
std::optional<PathText> PathTextOf(const sallyport::v1::PathMatch& path);

// Nothing, and `error`, where it is no path of its kind. A match without a kind is every path.
std::optional<route::PathPattern> ParsePath(const sallyport::v1::PathMatch& path, std::string* error);

}  // namespace sp::config
