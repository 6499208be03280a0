#include "core/config/validate/formats.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "core/base/arena.h"
#include "core/config/validate/names.h"
#include "core/http/ascii.h"
#include "core/http/authority.h"
#include "core/http/validate.h"
#include "core/net/cidr.h"
#include "core/traffic/route/pattern.h"
#include "core/traffic/route/regex.h"

namespace sp::config {

std::string CidrFault(std::string_view text) {
  if (net::Cidr::Parse(text)) return {};
  return "must be an address or a block such as 10.0.0.0/8 or 2001:db8::/32";
}

std::string AuthorityFault(std::string_view text) {
  SlabPool pool;
  Arena arena(pool);
  http::Authority parsed;
  if (http::ParseAuthority(text, "http", arena, &parsed)) return {};
  return "must be a host such as api.example.com, with or without a port";
}

std::string RegexFault(std::string_view text) {
  std::string error;
  return route::Regex::Compile(text, {}, &error) != nullptr ? std::string() : error;
}

std::string HeaderNameFault(std::string_view name) {
  // What frames the message or belongs to the connection is the gateway's to write (RFC 9110 section 7.6.1).
  constexpr std::array<std::string_view, 9> kOwn = {"host",       "content-length",   "transfer-encoding", "connection",
                                                    "keep-alive", "proxy-connection", "upgrade",           "te",
                                                    "trailer"};
  if (!http::IsToken(name)) return "must be a header name";
  for (const std::string_view own : kOwn) {
    if (!http::EqualsIgnoringCase(own, name)) continue;
    return own == "host" ? "is changed by `rewrite: { host: … }`, not here" : "belongs to the gateway";
  }
  return {};
}

std::string HeaderValueFault(std::string_view value) {
  if (!http::IsFieldValue(value)) return "must hold no control characters";
  return http::Trim(value) == value ? "" : "must not begin or end with a space";
}

std::string MissingClusterFault(std::string_view text) {
  int status = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, status);
  if (text == "refuse" || (error == std::errc() && stop == end && status >= 400 && status <= 599)) return {};
  return "must be `refuse` or a status from 400 to 599";
}

std::string FormatFault(std::string_view format, std::string_view text) {
  if (format == "name") return std::string(NameFault(text));
  if (format == "cidr") return CidrFault(text);
  if (format == "header_name") return HeaderNameFault(text);
  if (format == "file") return text.find('\0') == std::string_view::npos ? "" : "must be a file name";
  if (format == "missing_cluster") return MissingClusterFault(text);
  if (format == "host") {
    std::string error;
    return route::HostPattern::Parse(text, &error) ? std::string() : error;
  }
  return {};
}

}  // namespace sp::config
