#include "core/traffic/route/pattern.h"

#include <algorithm>

#include <fmt/format.h>
#include "core/base/arena.h"
#include "core/base/reason.h"
#include "core/http/ascii.h"
#include "core/http/authority.h"
#include "core/http/path.h"
#include "core/traffic/route/fold.h"

namespace sp::route {

// ----------------------------------------------------------------------------------------------------------- hosts

HostView SplitHost(std::string_view host, uint16_t default_port) {
  const std::string_view name = http::WithoutPort(host);
  if (name.size() == host.size()) return {name, default_port};
  uint32_t port = 0;
  for (const char c : host.substr(name.size() + 1)) port = port * 10 + static_cast<uint32_t>(c - '0');
  return {name, static_cast<uint16_t>(port)};
}

std::optional<HostPattern> HostPattern::Parse(std::string_view text, std::string* error) {
  HostPattern pattern;
  // `*`, `*:81` and `*.a.example` are an authority with something else in the star's place.
  std::string authority(text);
  if (text.substr(0, 2) == "*.") {
    pattern.kind = Kind::kSuffix;
    authority.erase(0, 2);
  } else if (text.substr(0, 1) == "*") {
    authority.replace(0, 1, "any");
  } else {
    pattern.kind = Kind::kExact;
  }
  SlabPool pool;
  Arena arena(pool);
  http::Authority parsed;
  const bool star_alone = pattern.kind != Kind::kAny || text.size() == 1 || text[1] == ':';
  const bool bracketed_suffix = pattern.kind == Kind::kSuffix && authority.front() == '[';
  if (!star_alone || bracketed_suffix || !http::ParseAuthority(authority, "http", arena, &parsed)) {
    *error = fmt::format("\"{}\" is no host: write a.example, *.a.example or *, each with :port if that counts", text);
    return std::nullopt;
  }
  if (parsed.port != 0) pattern.port = parsed.port;
  if (pattern.kind == Kind::kAny) return pattern;
  pattern.text = pattern.kind == Kind::kSuffix ? "." : "";
  pattern.text += http::WithoutPort(parsed.host);
  return pattern;
}

bool HostPattern::Matches(HostView host) const {
  if (port != kAnyPort && port != host.port) return false;
  switch (kind) {
    case Kind::kAny:
      return true;
    case Kind::kExact:
      return host.name == text;
    case Kind::kSuffix:
      return host.name.size() > text.size() && host.name.substr(host.name.size() - text.size()) == text;
  }
  return false;
}

std::string HostPattern::ToString() const {
  const std::string_view star = kind == Kind::kExact ? "" : "*";
  return port == kAnyPort ? fmt::format("{}{}", star, text) : fmt::format("{}{}:{}", star, text, port);
}

// ----------------------------------------------------------------------------------------------------------- paths

namespace {

bool IsVariableName(std::string_view name) {
  return !name.empty() && !http::IsDigit(name.front()) && std::all_of(name.begin(), name.end(), [](char c) {
    return c == '_' || http::IsDigit(c) || (http::ToLower(c) >= 'a' && http::ToLower(c) <= 'z');
  });
}

// What no normal path is can't be matched, and a rule that never holds is better refused.
bool CheckNormal(std::string_view path, std::string* error) {
  SlabPool pool;
  Arena arena(pool);
  std::string_view normal;
  const Reason reason = http::NormalizePath(path, {/*merge_slashes=*/false, /*keep_encoded=*/true}, arena, &normal);
  if (reason != Reason::kNone) {
    *error = fmt::format("no request has such a path: {}", InfoOf(reason).title);
    return false;
  }
  if (normal != path) {
    *error = fmt::format("no request has such a path, since paths are normalised before; write \"{}\"", normal);
    return false;
  }
  return true;
}

bool CheckStringPrefix(std::string_view text, std::string* error) {
  const bool good =
      std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f && c != '?' && c != '#'; });
  if (!good) *error = "holds a byte that no path holds";
  return good;
}

struct TemplateSegment {
  enum class Kind : uint8_t { kLiteral, kOne, kRest } kind = Kind::kLiteral;
  std::string_view text;  // literal, or the variable's name
};

bool ParseSegment(std::string_view text, TemplateSegment* out, std::string* error) {
  using Kind = TemplateSegment::Kind;
  if (text == "*" || text == "**") {
    *out = {text == "*" ? Kind::kOne : Kind::kRest, {}};
    return true;
  }
  if (text.find_first_of("{}*") == std::string_view::npos) {
    *out = {Kind::kLiteral, text};
    return CheckNormal(fmt::format("/{}", text), error);
  }
  if (text.front() != '{' || text.back() != '}') {
    *error = fmt::format("\"{}\": a variable takes the whole of a segment", text);
    return false;
  }
  const std::string_view inner = text.substr(1, text.size() - 2);
  const size_t equals = inner.find('=');
  const std::string_view what = equals == std::string_view::npos ? "*" : inner.substr(equals + 1);
  if (!IsVariableName(inner.substr(0, equals)) || (what != "*" && what != "**")) {
    *error = fmt::format("\"{}\" is no variable: write {{name}}, or {{name=**}} for the rest of the path", text);
    return false;
  }
  *out = {what == "*" ? Kind::kOne : Kind::kRest, inner.substr(0, equals)};
  return true;
}

// The end of the segment that begins behind the slash at `slash`.
size_t SegmentEnd(std::string_view path, size_t slash) { return std::min(path.find('/', slash + 1), path.size()); }

}  // namespace

bool PathPattern::ParseTemplate(std::string_view text, std::string* error) {
  std::vector<std::string_view> names;
  size_t variables = 0;
  for (size_t slash = 0; slash < text.size();) {
    const size_t end = SegmentEnd(text, slash);
    const std::string_view part = text.substr(slash + 1, end - slash - 1);
    TemplateSegment segment;
    if (!ParseSegment(part, &segment, error)) return false;
    if (tail_ || (part.empty() && end != text.size())) {
      *error = tail_ ? "`**` takes the rest of the path: nothing may follow it" : "has an empty segment";
      return false;
    }
    if (segment.kind != TemplateSegment::Kind::kLiteral) {
      ++variables;
      if (!segment.text.empty() && std::find(names.begin(), names.end(), segment.text) != names.end()) {
        *error = fmt::format("names the variable {} twice", segment.text);
        return false;
      }
      names.push_back(segment.text);
    }
    if (segment.kind == TemplateSegment::Kind::kRest) {
      tail_ = true;
      tail_name_ = segment.text;
    } else {
      const bool variable = segment.kind == TemplateSegment::Kind::kOne;
      segments_.push_back({variable || !ignore_case_ ? std::string(segment.text) : Lowered(segment.text), variable});
    }
    slash = end;
  }
  if (variables > kMaxVariables) *error = fmt::format("has {} variables; {} are the limit", variables, kMaxVariables);
  return variables <= kMaxVariables;
}

std::optional<PathPattern> PathPattern::Parse(Kind kind, std::string_view text, bool ignore_case, std::string* error) {
  PathPattern pattern;
  pattern.kind_ = kind;
  pattern.ignore_case_ = ignore_case;
  pattern.text_ = ignore_case && kind != Kind::kRegex ? Lowered(text) : std::string(text);
  if (kind == Kind::kRegex) {
    pattern.regex_ = Regex::Compile(text, {ignore_case}, error);
    return pattern.regex_ == nullptr ? std::nullopt : std::optional(std::move(pattern));
  }
  if (kind == Kind::kExact && text == "*") return pattern;
  if (text.empty() || text.front() != '/') {
    *error = "must begin with /";
    return std::nullopt;
  }
  const bool good = kind == Kind::kTemplate       ? pattern.ParseTemplate(text, error)
                    : kind == Kind::kStringPrefix ? CheckStringPrefix(text, error)
                                                  : CheckNormal(text, error);
  if (!good) return std::nullopt;
  if (kind == Kind::kPrefix && pattern.text_.back() == '/') pattern.text_.pop_back();
  return pattern;
}

bool PathPattern::Matches(std::string_view path) const {
  const size_t size = text_.size();
  switch (kind_) {
    case Kind::kAny:
      return true;
    case Kind::kExact:
      return SameText(path, text_, ignore_case_);
    case Kind::kPrefix:
      return path.size() >= size && (path.size() == size ? size > 0 : path[size] == '/') &&
             SameText(path.substr(0, size), text_, ignore_case_);
    case Kind::kStringPrefix:
      return path.size() >= size && SameText(path.substr(0, size), text_, ignore_case_);
    case Kind::kTemplate:
      return FollowTemplate(path, [](const Segment&, std::string_view) {}) != std::string_view::npos;
    case Kind::kRegex:
      return regex_->FullMatch(path);
  }
  return false;
}

template <typename OnVariable>
size_t PathPattern::FollowTemplate(std::string_view path, OnVariable on_variable) const {
  if (path.empty() || path.front() != '/') return std::string_view::npos;
  size_t slash = 0;
  for (const Segment& segment : segments_) {
    if (slash == path.size()) return std::string_view::npos;
    const size_t end = SegmentEnd(path, slash);
    const std::string_view part = path.substr(slash + 1, end - slash - 1);
    if (segment.variable ? part.empty() : !SameText(part, segment.text, ignore_case_)) return std::string_view::npos;
    if (segment.variable) on_variable(segment, part);
    slash = end;
  }
  return tail_ || slash == path.size() ? slash : std::string_view::npos;
}

size_t PathPattern::Capture(std::string_view path, PathParam* out, size_t capacity) const {
  if (kind_ != Kind::kTemplate) return 0;
  size_t count = 0;
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!name.empty() && count < capacity) out[count++] = {name, value};
  };
  const size_t end = FollowTemplate(path, [&](const Segment& s, std::string_view part) { add(s.text, part); });
  if (end == std::string_view::npos) return 0;
  if (tail_) add(tail_name_, end == path.size() ? std::string_view() : path.substr(end + 1));
  return count;
}

size_t PathPattern::MatchedPrefix(std::string_view path) const {
  switch (kind_) {
    case Kind::kAny:
      return 0;
    case Kind::kPrefix:
    case Kind::kStringPrefix:
      return text_.size();
    case Kind::kTemplate:
      return tail_ ? FollowTemplate(path, [](const Segment&, std::string_view) {}) : path.size();
    case Kind::kExact:
    case Kind::kRegex:
      return path.size();
  }
  return 0;
}

std::string PathPattern::ToString() const {
  static constexpr std::string_view kNames[] = {"any", "exact", "prefix", "string_prefix", "template", "regex"};
  const std::string_view name = kNames[static_cast<size_t>(kind_)];
  if (kind_ == Kind::kAny) return std::string(name);
  return fmt::format("{} \"{}\"{}", name, kind_ == Kind::kPrefix && text_.empty() ? "/" : text_,
                     ignore_case_ ? " (any case)" : "");
}

}  // namespace sp::route
