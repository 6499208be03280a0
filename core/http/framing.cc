#include "core/http/framing.h"

#include "core/http/ascii.h"
#include "core/http/validate.h"

namespace sp::http {
namespace {

// What a Transfer-Encoding says: exactly one `chunked` is the one form that is passed (T6).
Reason CheckTransferEncoding(const FramingFields& fields) {
  if (fields.transfer_encodings > 1) return Reason::kH1TeFinal;
  if (EqualsIgnoringCase(fields.transfer_encoding, "chunked")) return Reason::kNone;
  // A well-formed list of other codings that ends in chunked is understood, but not spoken (RFC 9112 section 6.1).
  std::string_view list = fields.transfer_encoding;
  std::string_view last;
  size_t chunked = 0;
  while (true) {
    const size_t comma = list.find(',');
    last = Trim(list.substr(0, comma));
    if (!IsToken(last)) return Reason::kH1TeFinal;
    if (EqualsIgnoringCase(last, "chunked")) ++chunked;
    if (comma == std::string_view::npos) break;
    list.remove_prefix(comma + 1);
  }
  return chunked == 1 && EqualsIgnoringCase(last, "chunked") ? Reason::kH1TeUnknown : Reason::kH1TeFinal;
}

Reason CheckBoth(const FramingFields& fields, Version version) {
  if (fields.content_lengths > 0 && fields.transfer_encodings > 0) return Reason::kH1ClTe;
  if (fields.content_lengths > 1) return Reason::kH1ClDup;
  if (fields.transfer_encodings == 0) return Reason::kNone;
  return version == Version::kHttp10 ? Reason::kH1TeHttp10 : CheckTransferEncoding(fields);
}

}  // namespace

Reason ParseContentLength(std::string_view value, uint64_t* out) {
  if (value.empty()) return Reason::kH1ClBad;
  uint64_t number = 0;
  bool too_large = false;
  for (const char c : value) {
    if (c == ',') return Reason::kH1ClDup;
    if (!IsDigit(c)) return Reason::kH1ClBad;
    const auto digit = static_cast<uint64_t>(c - '0');
    too_large = too_large || number > (static_cast<uint64_t>(INT64_MAX) - digit) / 10;
    if (!too_large) number = number * 10 + digit;
  }
  *out = number;
  return too_large ? Reason::kH1BodyLimit : Reason::kNone;
}

Reason RequestFraming(const FramingFields& fields, Method method, Version version, uint64_t max_body_bytes,
                      Framing* out) {
  *out = {};
  Reason reason = CheckBoth(fields, version);
  if (reason != Reason::kNone) return reason;
  if (fields.transfer_encodings > 0) {
    out->body = BodyFraming::kChunked;
    return Reason::kNone;
  }
  if (fields.content_lengths == 0) return Reason::kNone;
  reason = ParseContentLength(fields.content_length, &out->content_length);
  if (reason != Reason::kNone) return reason;
  if (out->content_length > max_body_bytes) return Reason::kH1BodyLimit;
  out->body = BodyFraming::kLength;
  out->has_content_length = true;
  const bool bodiless = method == Method::kGet || method == Method::kHead || method == Method::kDelete;
  if (version == Version::kHttp10 && bodiless && out->content_length > 0) return Reason::kH1BodyHttp10;
  return Reason::kNone;
}

bool AnswerMayHaveBody(Method method, uint16_t status) {
  return method != Method::kHead && status >= 200 && status != 204 && status != 304;
}

Reason ResponseFraming(const FramingFields& fields, Method method, uint16_t status, Version version, Framing* out) {
  *out = {};
  // T97: any other coding than chunked would have to be read until the connection closes, and no client of ours could
  // be told where it ends.
  if (CheckBoth(fields, version) != Reason::kNone) return Reason::kUpstreamFraming;
  if (fields.content_lengths > 0) {
    if (ParseContentLength(fields.content_length, &out->content_length) != Reason::kNone) {
      return Reason::kUpstreamFraming;
    }
    // RFC 9110 section 8.6: no Content-Length in 1xx and 204.
    out->has_content_length = status >= 200 && status != 204;
  }
  if (!AnswerMayHaveBody(method, status)) return Reason::kNone;
  if (fields.transfer_encodings > 0) {
    out->body = BodyFraming::kChunked;
  } else {
    out->body = fields.content_lengths > 0 ? BodyFraming::kLength : BodyFraming::kUntilClose;
  }
  return Reason::kNone;
}

}  // namespace sp::http
