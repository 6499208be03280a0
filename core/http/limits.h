// HttpLimits: how large the parts of one message may be, the same for every HTTP version (THREATS T22, T28). What
// concerns one version only stands in that version's own limits.h.
#pragma once

#include <cstdint>

namespace sp::http {

struct HttpLimits {
  uint32_t max_target_bytes = 16 << 10;  // beyond: 414 `h1.target_limit`
  uint32_t max_header_bytes = 64 << 10;  // of a field section with its line ends; trailers alike: 431
  uint32_t max_header_count = 128;       // of fields in a section: 431
  uint64_t max_body_bytes = INT64_MAX;   // of a request: 413. Nothing above 2^63-1 is ever accepted
};

}  // namespace sp::http
