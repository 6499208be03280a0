// HostPattern, PathPattern: the two conditions of a route that its index is built on, parsed from text, with their
// plain meaning. What the index does must equal Matches here.
//
// Hosts (compared with RequestHead::host: lower case, no default port, no trailing dot):
//   a.example      that host          *.a.example   one or more labels before it, not a.example itself
//   *              any                a.example:81  on that port only; without a port, on every port
//
// Paths (compared with RequestHead::path: normalised, begins with `/`, never holds the query):
//   exact          byte for byte; `*` for OPTIONS *
//   prefix         on segment boundaries: `/users` and `/users/` both match /users, /users/ and /users/…
//   string_prefix  raw: `/users` matches /users2
//   template       `/u/{id}/f/{rest=**}`: `{id}` is one non-empty segment; `{rest=**}`, only at the end, is the
//                  remaining segments, also none: /u/1/f, /u/1/f/ and /u/1/f/x/y match. `*` and `**` name nothing.
//   regex          the whole path
// With ignore_case ASCII letters are folded in all of them.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/traffic/route/regex.h"

namespace sp::route {

struct HostView {
  std::string_view name;  // `a.example`, `[::1]`
  uint16_t port = 0;
};
// `default_port` is the port where `host` has none.
HostView SplitHost(std::string_view host, uint16_t default_port);

struct HostPattern {
  enum class Kind : uint8_t { kAny, kExact, kSuffix };
  static constexpr int32_t kAnyPort = -1;

  Kind kind = Kind::kAny;
  int32_t port = kAnyPort;  // or that port; the scheme's default counts where the request names none
  std::string text;         // in the form of RequestHead::host, no port; of `*.a.example` it is `.a.example`

  // Nothing, and `error`, for text that no host could equal: empty, non-ASCII, `*` elsewhere than in front, a bad port.
  static std::optional<HostPattern> Parse(std::string_view text, std::string* error);
  bool Matches(HostView host) const;
  std::string ToString() const;
  friend bool operator==(const HostPattern&, const HostPattern&) = default;
};

// A named part of a path.
struct PathParam {
  std::string_view name;
  std::string_view value;  // as it stands in the path, not decoded
};

class PathPattern {
 public:
  enum class Kind : uint8_t { kAny, kExact, kPrefix, kStringPrefix, kTemplate, kRegex };
  static constexpr size_t kMaxVariables = 8;  // of one template
  struct Segment {
    std::string text;  // literal, or the variable's name (empty for `*`)
    bool variable = false;
  };

  PathPattern() = default;  // kAny: every path, and a request without one
  // Nothing, and `error`, for text that can't be a path of that kind, or that no request could match because it is not
  // in the normal form (http/path.h). `kind` is not kAny.
  static std::optional<PathPattern> Parse(Kind kind, std::string_view text, bool ignore_case, std::string* error);

  bool Matches(std::string_view path) const;
  // The variables of a template that matches `path`; returns how many were written.
  size_t Capture(std::string_view path, PathParam* out, size_t capacity) const;
  // How many bytes of `path`, which matches, the pattern's fixed part covers: what a prefix rewrite replaces. All of
  // it for exact and regex; for a template what stands before `{rest=**}`.
  size_t MatchedPrefix(std::string_view path) const;

  Kind kind() const { return kind_; }
  bool ignore_case() const { return ignore_case_; }
  // As the index wants it: without a prefix's last slash, lower case where ignore_case.
  const std::string& text() const { return text_; }
  const std::vector<Segment>& segments() const { return segments_; }
  bool tail() const { return tail_; }  // the template ends in `**`; tail_name() may be empty
  const std::string& tail_name() const { return tail_name_; }
  const std::shared_ptr<const Regex>& regex() const { return regex_; }
  std::string ToString() const;

 private:
  bool ParseTemplate(std::string_view text, std::string* error);
  // Calls `on_variable(segment, text)` on the way; returns the slash behind the last segment, or the path's size, or
  // npos where `path` doesn't match.
  template <typename OnVariable>
  size_t FollowTemplate(std::string_view path, OnVariable on_variable) const;

  Kind kind_ = Kind::kAny;
  bool ignore_case_ = false;
  bool tail_ = false;
  std::string text_;
  std::string tail_name_;
  std::vector<Segment> segments_;
  std::shared_ptr<const Regex> regex_;
};

}  // namespace sp::route
