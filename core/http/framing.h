// What body follows a head: RFC 9112 section 6.3, strict. One place for both directions, and the second opinion to the
// codec's own (THREATS T1-T7, T97, T99).
//
// A request is refused where an RFC would let us repair it. Upstream answers are refused likewise: an answer whose end
// two readers see differently is how one client gets another's.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/base/reason.h"
#include "core/http/head.h"

namespace sp::http {

// The framing fields of one message, collected while its fields are walked.
struct FramingFields {
  uint32_t content_lengths = 0;  // how many lines
  uint32_t transfer_encodings = 0;
  std::string_view content_length;     // the last line's value
  std::string_view transfer_encoding;  // the last line's value
};

struct Framing {
  BodyFraming body = BodyFraming::kNone;
  uint64_t content_length = 0;
  bool has_content_length = false;
};

// Content-Length = 1*DIGIT, in decimal with any number of leading zeros. kH1ClBad for anything else, kH1ClDup for a
// list, kH1BodyLimit above 2^63-1.
Reason ParseContentLength(std::string_view value, uint64_t* out);

// kNone or a reason of the h1.* family.
Reason RequestFraming(const FramingFields& fields, Method method, Version version, uint64_t max_body_bytes,
                      Framing* out);
// `method` is that of the request. kNone or kUpstreamFraming.
Reason ResponseFraming(const FramingFields& fields, Method method, uint16_t status, Version version, Framing* out);

// Whether a final answer with this status to this method may have a body (RFC 9112 section 6.3, item 1).
bool AnswerMayHaveBody(Method method, uint16_t status);

}  // namespace sp::http
