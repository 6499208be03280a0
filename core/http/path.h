// The one form of a path that routes, filters, logs and the upstream see (RFC 3986 section 6.2.2, THREATS T47-T52).
//
//   /a/./b/../%61dmin//x   ->  /a/admin/x
//
// Percent-encoded unreserved bytes are decoded, other hex digits upper-cased, dot segments removed (those above the
// root are dropped), repeated slashes merged. `;` is an ordinary byte. Refused, because readers disagree about them:
//   path.dots      a segment that begins with `.;` or `..;`, or dots that only an encoded separator sets apart
//   path.encoded   `%2F`, `%5C`, `%00` and `\`, unless `keep_encoded`: then they are opaque bytes, never separators
//   path.fragment  `#`
//   path.percent   `%` without two hex digits; a raw byte above 0x7F
//   path.target    a space, a control byte, a path that does not begin with `/`
// The result is its own normal form: normalising it again changes nothing.
#pragma once

#include <string_view>

#include "core/base/arena.h"
#include "core/base/reason.h"

namespace sp::http {

struct PathOptions {
  bool merge_slashes = true;
  bool keep_encoded = false;
};

// kNone, and `*out` is `path` itself where it is normal already, else a copy in the arena.
Reason NormalizePath(std::string_view path, const PathOptions& options, Arena& arena, std::string_view* out);

// For a path that a rewrite made (T56): normalised and checked again. kPathRewrite for whatever NormalizePath refuses
// and for a path that begins with `//`, which the next reader could take for an authority.
Reason NormalizeRewrittenPath(std::string_view path, const PathOptions& options, Arena& arena, std::string_view* out);

// `path` as it may stand in a Location: never `//…` or `/\…`, which browsers take for another host (T49).
std::string_view PathForLocation(std::string_view path, Arena& arena);

// Checks a query that is then passed on byte for byte (T57): no space, control byte (path.target), `#` (path.fragment)
// or raw byte above 0x7F (path.percent).
Reason CheckQuery(std::string_view query);

}  // namespace sp::http
