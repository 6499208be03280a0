#include "filters/rate_limit/fields.h"

#include <charconv>
#include <cstring>

namespace sp::rate_limit {

RateLimitField::RateLimitField(const std::vector<Limit>& limits, const Asked& asked) {
  for (size_t i = 0; i < limits.size(); ++i) {
    if ((asked.limits >> i & 1) == 0) continue;
    Append(size_ == 0 ? "\"" : ", \"");
    Append(limits[i].name());
    Append("\";r=");
    Append(asked.left[i].requests);
    Append(";t=");
    Append(asked.left[i].seconds);
  }
}

void RateLimitField::Append(std::string_view text) {
  const size_t n = std::min(text.size(), sizeof text_ - size_);
  std::memcpy(text_ + size_, text.data(), n);
  size_ += n;
}
void RateLimitField::Append(uint32_t number) {
  char digits[10];
  Append(std::string_view(digits, static_cast<size_t>(std::to_chars(digits, digits + 10, number).ptr - digits)));
}

}  // namespace sp::rate_limit
