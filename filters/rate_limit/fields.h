// The fields by which answers tell of limits (draft-ietf-httpapi-ratelimit-headers-10): RateLimit is a list with one
// member for each limit that was asked, `"per_ip";r=4;t=1`; RateLimit-Policy the list of the limits themselves.
#pragma once

#include <string_view>

#include "filters/rate_limit/limit.h"

namespace sp::rate_limit {

inline constexpr size_t kMaxLimits = 8;

// What a request found at each limit; lives in the stream.
struct Asked {
  uint32_t limits;  // bit i: left[i] holds
  Left left[kMaxLimits];
};

// Made once per answer, on the stack: names have at most 64 characters.
class RateLimitField {
 public:
  RateLimitField(const std::vector<Limit>& limits, const Asked& asked);
  std::string_view view() const { return {text_, size_}; }

 private:
  void Append(std::string_view text);
  void Append(uint32_t number);
  size_t size_ = 0;
  char text_[kMaxLimits * (64 + 32)];
};

}  // namespace sp::rate_limit
