// Reason: why the gateway itself ended a stream or answered it. One table makes the access-log token, the metric label,
// the `details` of `Proxy-Status` (RFC 9209), the problem+json body (RFC 9457) and the manual. Tokens are stable: they
// are never renamed or given another meaning.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sp {

// SP_REASON(name, token, status, proxy_error, title)
//   status       what the client is answered where nothing was sent yet; 0 where the connection is just closed
//   proxy_error  the registered error type of RFC 9209 section 2.3
#define SP_REASONS(X)                                                                                                 \
  X(None, "", 0, "", "")                                                                                              \
  /* What the client sent: HTTP/1 framing (RFC 9112) */                                                               \
  X(H1ClTe, "h1.cl_te", 400, "http_request_error", "Content-Length together with Transfer-Encoding")                  \
  X(H1ClDup, "h1.cl_dup", 400, "http_request_error", "Content-Length given twice")                                    \
  X(H1ClBad, "h1.cl_bad", 400, "http_request_error", "Malformed Content-Length")                                      \
  X(H1BodyLimit, "h1.body_limit", 413, "http_request_error", "Body too large")                                        \
  X(H1TeFinal, "h1.te_final", 400, "http_request_error", "Transfer-Encoding does not end in chunked")                 \
  X(H1TeUnknown, "h1.te_unknown", 501, "http_request_error", "Unknown transfer coding")                               \
  X(H1TeHttp10, "h1.te_http10", 400, "http_request_error", "Transfer-Encoding in an HTTP/1.0 message")                \
  X(H1BodyHttp10, "h1.body_http10", 400, "http_request_error", "Body in an HTTP/1.0 request of this method")          \
  X(H1Version, "h1.version", 505, "http_request_error", "HTTP version not supported")                                 \
  X(H1RequestLine, "h1.request_line", 400, "http_request_error", "Malformed request line")                            \
  X(H1Method, "h1.method", 501, "http_request_error", "Unknown method")                                               \
  X(H1MethodNotAllowed, "h1.method_refused", 405, "http_request_denied", "Method not allowed")                        \
  X(H1ObsFold, "h1.obs_fold", 400, "http_request_error", "Folded header line")                                        \
  X(H1Name, "h1.name", 400, "http_request_error", "Malformed header name")                                            \
  X(H1BareLf, "h1.bare_lf", 400, "http_request_error", "Line ended by LF alone")                                      \
  X(H1BareCr, "h1.bare_cr", 400, "http_request_error", "CR without LF")                                               \
  X(H1Value, "h1.value", 400, "http_request_error", "Control character in a header value")                            \
  X(H1ChunkSize, "h1.chunk_size", 400, "http_request_error", "Malformed chunk size")                                  \
  X(H1ChunkEnd, "h1.chunk_end", 400, "http_request_error", "Chunk not followed by CRLF")                              \
  X(H1ChunkExt, "h1.chunk_ext", 400, "http_request_error", "Malformed chunk extension")                               \
  X(H1ChunkOverhead, "h1.chunk_overhead", 400, "http_request_error", "Too much chunk framing for its data")           \
  X(H1Expect, "h1.expect", 417, "http_request_error", "Unknown expectation")                                          \
  X(H1TargetLimit, "h1.target_limit", 414, "http_request_error", "Request target too long")                           \
  X(H1HeaderBytes, "h1.header_bytes", 431, "http_request_error", "Header section too large")                          \
  X(H1HeaderCount, "h1.header_count", 431, "http_request_error", "Too many header fields")                            \
  X(H1Host, "h1.host", 400, "http_request_error", "Missing, repeated or malformed Host")                              \
  X(H1Nominated, "h1.nominated", 400, "http_request_error", "Connection names a field it must not")                   \
  X(H1UpgradeBody, "h1.upgrade_body", 400, "http_request_error", "Upgrade request with a body")                       \
  X(H1TraceBody, "h1.trace_body", 400, "http_request_error", "TRACE request with a body")                             \
  X(H1HeaderTimeout, "h1.header_timeout", 408, "http_request_error", "Header section not received in time")           \
  X(H1BodyTimeout, "h1.body_timeout", 408, "http_request_error", "Body not received in time")                         \
  X(H1Truncated, "h1.truncated", 400, "http_request_error", "Connection closed inside the message")                   \
  X(H2Preface, "h2.preface", 400, "http_request_error", "HTTP/2 preface where HTTP/2 is not spoken")                  \
  /* What the client asked for: target and authority (RFC 3986, RFC 9110) */                                          \
  X(PathDots, "path.dots", 400, "http_request_error", "Ambiguous dot segment in the path")                            \
  X(PathEncoded, "path.encoded", 400, "http_request_error", "Encoded separator in the path")                          \
  X(PathFragment, "path.fragment", 400, "http_request_error", "Fragment in the request target")                       \
  X(PathPercent, "path.percent", 400, "http_request_error", "Malformed percent-encoding")                             \
  X(PathTarget, "path.target", 400, "http_request_error", "Malformed request target")                                 \
  X(PathRewrite, "path.rewrite", 400, "http_request_error", "Rewritten path is not acceptable")                       \
  X(QueryLimit, "query.limit", 400, "http_request_error", "Too many query parameters")                                \
  X(Misdirected, "scheme.misdirected", 421, "http_request_error", "Request for https on a cleartext connection")      \
  /* What the gateway decided */                                                                                      \
  X(RouteNone, "route.none", 404, "destination_not_found", "No route matches")                                        \
  X(RouteRespond, "route.respond", 0, "", "Answered by the route")                                                    \
  X(RouteRedirect, "route.redirect", 0, "", "Redirected by the route")                                                \
  X(RouteNoCluster, "route.no_cluster", 503, "destination_not_found", "Route names a cluster that does not exist")    \
  X(Loop, "loop", 508, "proxy_loop_detected", "The request went through this gateway before")                         \
  X(ListenerLimit, "listener.limit", 503, "connection_limit_reached", "Connection limit reached")                     \
  X(Draining, "draining", 0, "", "The gateway is shutting down")                                                      \
  X(RequestTimeout, "request.timeout", 504, "http_response_timeout", "Request took longer than its route allows")     \
  X(BodyLimit, "body.limit", 413, "http_request_denied", "Body larger than a filter may hold")                        \
  X(ResponseBodyLimit, "response.body_limit", 502, "http_response_body_size",                                         \
    "Response larger than a filter may hold")                                                                         \
  X(PluginError, "plugin.error", 500, "proxy_internal_error", "A filter failed")                                      \
  X(PluginStalled, "plugin.stalled", 504, "proxy_internal_response", "A filter held the request too long")            \
  X(Memory, "memory.limit", 503, "proxy_internal_error", "Memory limit reached")                                      \
  /* What the upstream did */                                                                                         \
  X(UpstreamNoEndpoint, "upstream.no_endpoint", 503, "destination_unavailable", "Cluster has no endpoint")            \
  X(UpstreamConnect, "upstream.connect", 503, "connection_refused", "Upstream refused the connection")                \
  X(UpstreamConnectTimeout, "upstream.connect_timeout", 504, "connection_timeout", "Upstream did not accept in time") \
  X(UpstreamNoFd, "upstream.no_fd", 503, "proxy_internal_error", "No file descriptor left for the upstream")          \
  X(UpstreamLimit, "upstream.limit", 503, "connection_limit_reached", "Limit of the cluster reached")                 \
  X(UpstreamReset, "upstream.reset", 502, "connection_terminated", "Upstream closed before answering")                \
  X(UpstreamTimeout, "upstream.timeout", 504, "http_response_timeout", "Upstream did not answer in time")             \
  X(UpstreamFraming, "upstream.framing", 502, "http_protocol_error", "Upstream's message framing is broken")          \
  X(UpstreamHeader, "upstream.header", 502, "http_response_header_size",                                              \
    "Upstream's header section is not acceptable")                                                                    \
  X(UpstreamStatus, "upstream.status", 502, "http_protocol_error", "Upstream's status line is not HTTP")              \
  X(UpstreamTruncated, "upstream.truncated", 502, "http_response_incomplete", "Upstream closed inside its answer")    \
  X(UpstreamTooMany1xx, "upstream.too_many_1xx", 502, "http_protocol_error", "Too many informational responses")      \
  X(UpstreamUpgrade, "upstream.upgrade", 502, "http_upgrade_failed", "Upstream switched protocols unasked")           \
  X(UpstreamEarly, "upstream.early", 0, "", "Upstream answered before the request was sent")                          \
  X(UpstreamStray, "upstream.stray", 0, "", "Upstream sent bytes that belong to no answer")                           \
  /* How the exchange ended otherwise */                                                                              \
  X(DownstreamReset, "downstream.reset", 0, "", "Client went away")                                                   \
  X(DownstreamStalled, "downstream.stalled", 0, "", "Client stopped reading")                                         \
  X(IdleTimeout, "idle.timeout", 0, "", "Connection was idle")

enum class Reason : uint16_t {
#define SP_REASON_ENUM(name, token, status, proxy_error, title) k##name,
  SP_REASONS(SP_REASON_ENUM)
#undef SP_REASON_ENUM
      kCount
};

struct ReasonInfo {
  std::string_view name;   // `H1ClTe`, for tests
  std::string_view token;  // `h1.cl_te`
  uint16_t status;
  std::string_view proxy_error;  // `http_request_error`
  std::string_view title;
};

const ReasonInfo& InfoOf(Reason reason);
inline std::string_view TokenOf(Reason reason) { return InfoOf(reason).token; }
std::optional<Reason> ReasonFromToken(std::string_view token);

}  // namespace sp
