// Limit: one rule of how often, asked of the store. Made when the configuration is read, immutable then.
#pragma once

#include <string>
#include <string_view>

#include "filters/rate_limit/key.h"

namespace sp::rate_limit {

// What the fields of an answer tell of one limit.
struct Left {
  uint32_t requests;  // that may still come now
  uint32_t seconds;   // until the quota is whole again
};

class Limit {
 public:
  // `name`: where the configuration gives none.
  Limit(const Json& j, std::string name);

  enum class Outcome : uint8_t {
    kAllowed,
    kRefused,
    kFull,     // allowed, but there was no room to count it
    kSkipped,  // the request has no such key
    kFailed    // the store did not decide
  };
  // `retry_seconds` is set where it was refused.
  Outcome Ask(const Request& r, Left* left, uint32_t* retry_seconds) const;

  const std::string& name() const { return name_; }
  // `"per_ip";q=5;w=1`: of RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers-10 section 3).
  const std::string& policy() const { return policy_; }

 private:
  enum class Algorithm : uint8_t { kTokenBucket, kSlidingWindow };

  std::string name_, policy_;
  Key key_;
  Algorithm algorithm_;
  bool skip_missing_;
  sp_bucket bucket_{};
  sp_window window_{};
};

}  // namespace sp::rate_limit
