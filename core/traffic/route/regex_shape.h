// RegexShape: what a regular expression says about the segments of a path that matches it, so that the index can find
// it like a template: `/users/[0-9]+/orders(/.*)?` has the shape users, any, orders, open.
//
// A shape allows at least every path that matches, perhaps more; the expression itself is asked afterwards. Patterns in
// whose syntax there is anything unusual, or whose segments can't be told apart, get a shorter shape or none.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sp::route {

struct RegexShape {
  struct Segment {
    std::string text;
    bool any = false;  // any text without a slash, also none
  };
  std::vector<Segment> segments;
  bool open = true;  // more segments may follow

  size_t literal_bytes() const;

  // Of a pattern that Regex compiled. No segments and open: nothing is known.
  static RegexShape Of(std::string_view pattern);
};

}  // namespace sp::route
