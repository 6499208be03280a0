// RequestHead, ResponseHead: what stands before a body, the same for every HTTP version.
//
// A codec fills the parts that it reads; http::ValidateRequest (validate.h) checks them and fills the rest, so that
// after it: `method` is known, `scheme`, `authority`, `host`, `path` and `query` are set and normalised, and `headers`
// holds neither Host nor framing nor hop-by-hop fields (they are members here and are written anew for the next hop).
// All text lives in the stream's arena.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/http/header_map.h"

namespace sp::http {

enum class Version : uint8_t { kHttp10, kHttp11, kHttp2 };

enum class Method : uint8_t { kOther, kGet, kHead, kPost, kPut, kDelete, kConnect, kOptions, kTrace, kPatch };
Method MethodOf(std::string_view text);  // case-sensitive (RFC 9110 section 9.1)
std::string_view TextOf(Method method);  // empty for kOther
// Whether a request with this method is served at all: those of IANA's registry, others are answered 501. A registered
// one without a Method of its own (PROPFIND, QUERY …) is kOther and named by `method_text`.
bool IsKnownMethod(std::string_view text);
// RFC 9110 section 9.2.2.
bool IsIdempotent(Method method);

// How the end of a body is known. On the receiving side what the message said; on the sending side what to write.
enum class BodyFraming : uint8_t {
  kNone,       // there is no body
  kLength,     // content_length bytes
  kChunked,    // length unknown: chunked in HTTP/1.1, plain DATA in HTTP/2
  kUntilClose  // a response of HTTP/1.0 style, ended by an orderly close
};

struct RequestHead {
  explicit RequestHead(Arena& arena) : headers(arena) {}

  Method method = Method::kOther;
  Version version = Version::kHttp11;
  BodyFraming framing = BodyFraming::kNone;
  bool has_query = false;         // `/a?` has a query that is empty
  bool expect_continue = false;   // the client waits for 100 (RFC 9110 section 10.1.1)
  bool accepts_trailers = false;  // `te: trailers`
  uint64_t content_length = 0;    // bytes, with kLength
  std::string_view method_text;
  std::string_view target;     // as received: what the access log shows beside the path
  std::string_view scheme;     // `http` or `https`
  std::string_view authority;  // what goes upstream as Host; as received but for an absolute target's precedence
  std::string_view host;       // for matching: lower case, no port if the scheme's default, no trailing dot
  std::string_view path;       // normalised, begins with `/`; `*` for OPTIONS *
  std::string_view query;      // without the `?`
  std::string_view upgrade;    // token asked for by Upgrade + `Connection: upgrade`; empty without
  HeaderMap headers;
};

struct ResponseHead {
  explicit ResponseHead(Arena& arena) : headers(arena) {}

  uint16_t status = 0;
  Version version = Version::kHttp11;
  BodyFraming framing = BodyFraming::kNone;
  uint64_t content_length = 0;      // bytes; with kLength, and for answers to HEAD and 304 when has_content_length
  bool has_content_length = false;  // a Content-Length is to be shown even where no body follows
  std::string_view upgrade;         // of a 101
  HeaderMap headers;
};

}  // namespace sp::http
