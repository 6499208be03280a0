// Rewrites of path and host, and the Location of a redirect. What comes out is text in the arena.
//
// A rewritten path is normalised and checked again like the path that came (THREATS T56): nothing where that refuses
// it, and the answer then is 400 `path.rewrite`. A Location never begins with `//` or `/\` where it is a path alone,
// and holds no control character, space, backslash, quote or byte above 0x7e: those are percent-encoded (T49, T56).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/arena.h"
#include "core/http/head.h"
#include "core/http/path.h"
#include "core/traffic/route/match.h"
#include "core/traffic/route/route.h"

namespace sp::route {

// `path` itself for monostate. A prefix rewrite joins without doubling or losing a slash: `/foo/bar` with prefix
// `/foo/` replaced by `/xyz` is /xyz/bar, `/foo` with an empty replacement is `/`. `match` is a result with a route.
std::optional<std::string_view> RewritePath(const PathRewrite& rewrite, const MatchResult& match, std::string_view path,
                                            const http::PathOptions& options, Arena& arena);

// Whether a rewrite can be used with that pattern: the message of a FieldError, or nothing.
std::optional<std::string> CheckRewrite(const PathRewrite& rewrite, const PathPattern& pattern);

// The authority to send upstream; `head.authority` where it is kept, or the header isn't there or holds none. kEndpoint
// gives `endpoint_host`.
std::string_view RewriteHost(const HostRewrite& rewrite, const http::RequestHead& head, std::string_view endpoint_host,
                             Arena& arena);

// The Location of `redirect` for a request that matched: a path where only the path changes, else absolute. Nothing
// where the path rewrite gives nothing, or an absolute one is asked for and the request has no host.
std::optional<std::string_view> Location(const Redirect& redirect, const MatchResult& match,
                                         const http::RequestHead& head, const http::PathOptions& options, Arena& arena);

// In list order.
void Apply(const std::vector<HeaderOp>& ops, http::HeaderMap& headers);

}  // namespace sp::route
