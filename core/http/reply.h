// The answers that the gateway makes itself: `application/problem+json` (RFC 9457) with the reason, and `Proxy-Status`
// (RFC 9209), the same for a codec's refusal, a route without cluster and a filter's denial.
//
//   HTTP/1.1 404
//   content-type: application/problem+json
//   proxy-status: sallyport; error=destination_not_found; details="route.none"
//   {"type":"about:blank","title":"Not Found","status":404,"reason":"route.none"}
#pragma once

#include <cstdint>
#include <string_view>

#include "core/base/arena.h"
#include "core/base/reason.h"
#include "core/base/slice.h"
#include "core/http/head.h"

namespace sp::http {

// RFC 9110 section 15, as registered; empty for a status without a registered phrase.
std::string_view PhraseOf(uint16_t status);

struct ReplyText {
  uint16_t status = 500;
  std::string_view token;        // `route.none`; empty: no `reason` and no details
  std::string_view proxy_error;  // `destination_not_found`; empty: no error parameter
  std::string_view detail;       // for people, becomes `detail` of the problem; any bytes; empty: none
};

// `head` gets status, framing and fields (405 also Allow); the body is returned. Texts are copied into head's arena and
// the pool. Framing is kLength; the codec leaves the body out for HEAD.
Slice MakeProblem(const ReplyText& text, SlabPool& pool, ResponseHead& head);
// With the status and texts of the one table; `status` overrides where not 0.
Slice MakeProblem(Reason reason, SlabPool& pool, ResponseHead& head, uint16_t status = 0);

// `sallyport; error=…; details="…"`, in the arena. A token or error with bytes that the field may not hold is left out.
std::string_view ProxyStatus(std::string_view proxy_error, std::string_view token, Arena& arena);

}  // namespace sp::http
