#include "core/http/h1/field_reason.h"

#include <llhttp.h>

#include <cstddef>

namespace sp::h1 {

Reason FieldReason(const llhttp__internal_s& parser, std::string_view bytes, char last_byte) {
  const std::string_view text = llhttp_get_error_reason(&parser);
  // The byte it stopped at and, since that may be one behind the bad one, those before.
  const auto at = llhttp_get_error_pos(&parser) - bytes.data();
  const auto byte_at = [&](ptrdiff_t i) {
    if (i < 0) return i == -1 ? last_byte : '\0';
    return static_cast<size_t>(i) < bytes.size() ? bytes[static_cast<size_t>(i)] : '\0';
  };
  const auto folds = [&](ptrdiff_t i) { return byte_at(i - 1) == '\n' && (byte_at(i) == ' ' || byte_at(i) == '\t'); };
  const char bad = byte_at(at);
  const auto says = [text](std::string_view part) { return text.find(part) != std::string_view::npos; };
  switch (llhttp_get_errno(&parser)) {
    case HPE_CR_EXPECTED:
      return Reason::kH1BareLf;
    case HPE_LF_EXPECTED:
    case HPE_STRICT:
      return Reason::kH1BareCr;
    case HPE_UNEXPECTED_SPACE:
      return Reason::kH1ObsFold;
    case HPE_UNEXPECTED_CONTENT_LENGTH:
      return says("Transfer-Encoding") ? Reason::kH1ClTe : Reason::kH1ClDup;
    case HPE_INVALID_TRANSFER_ENCODING:
      return says("Content-Length") ? Reason::kH1ClTe : Reason::kH1TeFinal;
    case HPE_INVALID_CONTENT_LENGTH:
      if (says("Transfer-Encoding")) return Reason::kH1ClTe;
      if (says("overflow")) return Reason::kH1BodyLimit;
      return bad == ',' ? Reason::kH1ClDup : Reason::kH1ClBad;
    default:
      break;
  }
  // Only bytes that it has surely read are looked at: more of them may be here or not.
  const bool behind_lf = byte_at(at - 1) == '\n';  // a LF where a field or its value should begin
  if (says("whitespace after header value")) return Reason::kH1ObsFold;
  if (says("header field char")) return behind_lf ? Reason::kH1BareLf : Reason::kH1Name;
  if (says("header value char")) {
    if (behind_lf) return Reason::kH1BareLf;
    return folds(at - 1) ? Reason::kH1ObsFold : Reason::kH1Value;
  }
  return folds(at) ? Reason::kH1ObsFold : Reason::kH1Name;
}

}  // namespace sp::h1
