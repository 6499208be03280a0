// HttpDate: the text of the Date field (RFC 9110 section 5.6.7), made once a second by whoever owns the time and read
// by whoever writes a head.
//
//   HttpDate date;
//   date.Update(reactor.wall());      // each loop turn; does nothing within the same second
//   head.headers.Set(HeaderId::kDate, date.text());   // copy into the arena: the text changes with the next Update
#pragma once

#include <cstdint>
#include <string_view>

#include "core/base/clock.h"

namespace sp::http {

class HttpDate {
 public:
  static constexpr size_t kBytes = 29;  // `Sun, 06 Nov 1994 08:49:37 GMT`

  void Update(WallTime now);
  std::string_view text() const { return {text_, kBytes}; }

 private:
  int64_t second_ = INT64_MIN;
  char text_[kBytes] = {};
};

}  // namespace sp::http
