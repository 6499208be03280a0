// The first line of a message (RFC 9112 sections 3 and 4), strict: one space between parts, CRLF at the end, HTTP/1.0
// or HTTP/1.1 in capitals (THREATS T8, T11, T12, T101).
//
// `line` is everything up to and with LF, or, where no LF came within LineLimit bytes, just those; then it breaks a
// rule in any case. So the verdict is the same however the line arrived.
#pragma once

#include <cstddef>
#include <string_view>

#include "core/base/reason.h"
#include "core/http/head.h"
#include "core/http/limits.h"

namespace sp::h1 {

struct RequestLine {
  std::string_view method;  // a token; known or not is for the validator to say
  std::string_view target;  // no control byte or space in it
  http::Version version = http::Version::kHttp11;
};

struct StatusLine {
  uint16_t status = 0;
  http::Version version = http::Version::kHttp11;
};

size_t RequestLineLimit(const http::HttpLimits& limits);

// What was read before an error is left in `out`, for the log.
Reason ParseRequestLine(std::string_view line, const http::HttpLimits& limits, RequestLine* out);
// The phrase is read and forgotten. kUpstreamStatus, or kUpstreamFraming for a line that does not end in CRLF.
Reason ParseStatusLine(std::string_view line, StatusLine* out);

// Whether a line that begins so can still become one: what is surely no HTTP is refused without waiting for its end.
bool MayBeRequestLine(std::string_view beginning);
bool MayBeStatusLine(std::string_view beginning);

}  // namespace sp::h1
