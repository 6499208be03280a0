// Host and port as they are compared: by routes, certificate choice and filters alike (THREATS T53, T54).
//
//   A.Example.:80 (http)  ->  host `a.example`         [0:0::1]:8443  ->  host `[::1]:8443`
//
// Stricter than RFC 3986: a name holds letters, digits, `-`, `_`, `~` and single dots, since whatever else it may hold
// by its grammar (sub-delims, percent-encoding) is no name that DNS or a route knows. User information is refused
// (RFC 9110 section 4.2.4).
#pragma once

#include <cstdint>
#include <string_view>

#include "core/base/arena.h"

namespace sp::http {

struct Authority {
  std::string_view text;  // what goes upstream as Host: as received, but for an empty port (`a:`)
  std::string_view host;  // lower case, IPv6 canonical, no trailing dot, `:port` unless it is the scheme's default
  uint16_t port = 0;      // 0 where none was given
};

// False where `text` is no acceptable authority, an empty one included. `scheme` is `http` or `https`.
bool ParseAuthority(std::string_view text, std::string_view scheme, Arena& arena, Authority* out);

// The host without its port: `a.example:8080` -> `a.example`, `[::1]:80` -> `[::1]`.
std::string_view WithoutPort(std::string_view host);

}  // namespace sp::http
