// HeaderId: the header names that the gateway itself knows, as integers. New ones are added at the end of the list.
#pragma once

#include <cstdint>
#include <string_view>

namespace sp::http {

#define SP_HEADER_IDS(X)                       \
  X(Host, "host")                              \
  X(ContentLength, "content-length")           \
  X(TransferEncoding, "transfer-encoding")     \
  X(Connection, "connection")                  \
  X(KeepAlive, "keep-alive")                   \
  X(ProxyConnection, "proxy-connection")       \
  X(Upgrade, "upgrade")                        \
  X(Te, "te")                                  \
  X(Trailer, "trailer")                        \
  X(Expect, "expect")                          \
  X(Date, "date")                              \
  X(Server, "server")                          \
  X(Via, "via")                                \
  X(ContentType, "content-type")               \
  X(ContentEncoding, "content-encoding")       \
  X(Accept, "accept")                          \
  X(AcceptEncoding, "accept-encoding")         \
  X(UserAgent, "user-agent")                   \
  X(Referer, "referer")                        \
  X(Origin, "origin")                          \
  X(Cookie, "cookie")                          \
  X(SetCookie, "set-cookie")                   \
  X(Location, "location")                      \
  X(Authorization, "authorization")            \
  X(ProxyAuthorization, "proxy-authorization") \
  X(WwwAuthenticate, "www-authenticate")       \
  X(ProxyAuthenticate, "proxy-authenticate")   \
  X(CacheControl, "cache-control")             \
  X(Etag, "etag")                              \
  X(LastModified, "last-modified")             \
  X(RetryAfter, "retry-after")                 \
  X(ProxyStatus, "proxy-status")               \
  X(Forwarded, "forwarded")                    \
  X(XForwardedFor, "x-forwarded-for")          \
  X(XForwardedProto, "x-forwarded-proto")      \
  X(XForwardedHost, "x-forwarded-host")        \
  X(XForwardedPrefix, "x-forwarded-prefix")    \
  X(XForwardedPort, "x-forwarded-port")        \
  X(XRealIp, "x-real-ip")                      \
  X(XRequestId, "x-request-id")                \
  X(Http2Settings, "http2-settings")           \
  X(GrpcTimeout, "grpc-timeout")               \
  X(Traceparent, "traceparent")                \
  X(RateLimit, "ratelimit")                    \
  X(RateLimitPolicy, "ratelimit-policy")       \
  X(Allow, "allow")                            \
  X(XForwardedClientCert, "x-forwarded-client-cert")

enum class HeaderId : uint16_t {
  kOther = 0,
#define SP_HEADER_ENUM(name, text) k##name,
  SP_HEADER_IDS(SP_HEADER_ENUM)
#undef SP_HEADER_ENUM
      kCount
};

// `kOther` for a name that isn't in the list. `name` must be lower case.
HeaderId HeaderIdOf(std::string_view name);
// Empty for kOther.
std::string_view NameOf(HeaderId id);

}  // namespace sp::http
