#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/http/authority.h"
#include "core/traffic/route/rewrite.h"

namespace sp::route {

namespace {

// What ends or splits a field value, or what a browser takes for something else, percent-encoded.
std::string_view Escaped(std::string_view text, Arena& arena) {
  const auto safe = [](char c) { return c > ' ' && c < 0x7f && c != '\\' && c != '"' && c != '<' && c != '>'; };
  if (std::all_of(text.begin(), text.end(), safe)) return text;
  static constexpr char kHex[] = "0123456789ABCDEF";
  char* out = arena.NewArray<char>(text.size() * 3);
  size_t size = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (safe(c)) {
      out[size++] = c;
      continue;
    }
    out[size++] = '%';
    out[size++] = kHex[byte >> 4];
    out[size++] = kHex[byte & 15];
  }
  return {out, size};
}

// Collects the parts of a Location in the arena.
class Text {
 public:
  explicit Text(Arena& arena) : arena_(arena) {}
  Text& operator<<(std::string_view more) {
    if (!more.empty()) text_ = arena_.Extend(text_, more);
    return *this;
  }
  std::string_view str() const { return text_; }

 private:
  Arena& arena_;
  std::string_view text_;
};

uint16_t DefaultPort(std::string_view scheme) { return scheme == "https" ? 443 : 80; }

// `scheme://host:port`; empty where the request has no host and none is given.
std::string_view Origin(const Redirect& redirect, const http::RequestHead& head, Arena& arena) {
  const bool same_scheme = redirect.scheme.empty() || redirect.scheme == head.scheme;
  const std::string_view scheme = redirect.scheme.empty() ? head.scheme : std::string_view(redirect.scheme);
  const HostView asked = SplitHost(head.host, DefaultPort(head.scheme));
  const std::string_view host = redirect.host.empty() ? asked.name : std::string_view(redirect.host);
  if (host.empty()) return {};
  const uint16_t kept = same_scheme && redirect.host.empty() ? asked.port : DefaultPort(scheme);
  const uint16_t port = redirect.port.value_or(kept);
  Text origin(arena);
  origin << scheme << "://" << host;
  if (port != DefaultPort(scheme)) {
    std::array<char, 8> digits;
    const auto end = fmt::format_to_n(digits.data(), digits.size(), ":{}", port).out;
    origin << std::string_view(digits.data(), static_cast<size_t>(end - digits.data()));
  }
  return origin.str();
}

}  // namespace

std::optional<std::string_view> Location(const Redirect& redirect, const MatchResult& match,
                                         const http::RequestHead& head, const http::PathOptions& options,
                                         Arena& arena) {
  const std::optional<std::string_view> path = RewritePath(redirect.path, match, head.path, options, arena);
  if (!path) return std::nullopt;
  const bool absolute = !redirect.scheme.empty() || !redirect.host.empty() || redirect.port.has_value();
  const std::string_view origin = absolute ? Origin(redirect, head, arena) : std::string_view();
  if (absolute && origin.empty()) return std::nullopt;
  Text location(arena);
  location << origin << http::PathForLocation(*path, arena);
  if (head.has_query && !redirect.strip_query) location << "?" << head.query;
  return Escaped(location.str(), arena);
}

}  // namespace sp::route
