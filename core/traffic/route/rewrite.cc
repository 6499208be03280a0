#include "core/traffic/route/rewrite.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/http/authority.h"

namespace sp::route {

namespace {

constexpr size_t kMaxPath = 64 << 10;  // bytes that a regular expression may make of a path

// Text and names in braces, in turn; CheckRewrite has refused names that the template doesn't have.
template <typename UseText, typename UseName>
void ForEachPart(std::string_view path, UseText use_text, UseName use_name) {
  while (!path.empty()) {
    const size_t open = path.find('{');
    const size_t close = open == std::string_view::npos ? open : path.find('}', open);
    if (close == std::string_view::npos) return use_text(path);
    use_text(path.substr(0, open));
    use_name(path.substr(open + 1, close - open - 1));
    path.remove_prefix(close + 1);
  }
}

std::string_view ReplacePrefix(std::string_view replacement, const PathPattern& pattern, std::string_view path,
                               Arena& arena) {
  const std::string_view rest = path.substr(std::min(pattern.MatchedPrefix(path), path.size()));
  if (!rest.empty() && rest.front() == '/' && !replacement.empty() && replacement.back() == '/') {
    replacement.remove_suffix(1);
  }
  if (replacement.empty() && (rest.empty() || rest.front() != '/')) replacement = "/";
  return arena.Extend(arena.Copy(replacement), rest);
}

std::string_view FillIn(std::string_view path, const MatchResult& match, Arena& arena) {
  std::string_view filled;
  ForEachPart(
      path, [&](std::string_view text) { filled = arena.Extend(filled, text); },
      [&](std::string_view name) {
        const std::string_view* value = match.Param(name);
        if (value != nullptr) filled = arena.Extend(filled, *value);
      });
  return filled;
}

// Before it is normalised.
std::optional<std::string_view> Rewritten(const PathRewrite& rewrite, const MatchResult& match, std::string_view path,
                                          Arena& arena) {
  if (const auto* prefix = std::get_if<PrefixRewrite>(&rewrite)) {
    return ReplacePrefix(prefix->replacement, match.route->match.path, path, arena);
  }
  if (const auto* full = std::get_if<FullRewrite>(&rewrite)) return FillIn(full->path, match, arena);
  const auto& regex = std::get<RegexRewrite>(rewrite);
  return regex.regex->ReplaceAll(path, regex.substitution, kMaxPath, arena);
}

std::string CheckPathText(std::string_view text) {
  if (!text.empty() && text.front() != '/') return "must begin with /";
  const bool good =
      std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f && c != '?' && c != '#'; });
  return good ? "" : "holds a byte that no path holds";
}

bool Captures(const PathPattern& pattern, std::string_view name) {
  if (pattern.kind() != PathPattern::Kind::kTemplate || name.empty()) return false;
  const auto& segments = pattern.segments();
  return pattern.tail_name() == name ||
         std::any_of(segments.begin(), segments.end(), [&](const auto& s) { return s.variable && s.text == name; });
}

}  // namespace

std::optional<std::string_view> RewritePath(const PathRewrite& rewrite, const MatchResult& match, std::string_view path,
                                            const http::PathOptions& options, Arena& arena) {
  if (std::holds_alternative<std::monostate>(rewrite)) return path;
  const std::optional<std::string_view> rewritten = Rewritten(rewrite, match, path, arena);
  std::string_view normal;
  if (!rewritten) return std::nullopt;
  if (http::NormalizeRewrittenPath(*rewritten, options, arena, &normal) != Reason::kNone) return std::nullopt;
  return normal;
}

std::optional<std::string> CheckRewrite(const PathRewrite& rewrite, const PathPattern& pattern) {
  using Kind = PathPattern::Kind;
  std::string error;
  if (const auto* prefix = std::get_if<PrefixRewrite>(&rewrite)) {
    const bool has_prefix = pattern.kind() == Kind::kPrefix || pattern.kind() == Kind::kStringPrefix ||
                            (pattern.kind() == Kind::kTemplate && pattern.tail());
    error = has_prefix ? CheckPathText(prefix->replacement)
                       : "the route's path is no prefix, string_prefix or template that ends in **";
  } else if (const auto* full = std::get_if<FullRewrite>(&rewrite)) {
    error = full->path.empty() ? "must begin with /" : CheckPathText(full->path);
    ForEachPart(
        full->path, [](std::string_view) {},
        [&](std::string_view name) {
          if (error.empty() && !Captures(pattern, name)) error = fmt::format("the route's path has no {{{}}}", name);
        });
  } else if (const auto* regex = std::get_if<RegexRewrite>(&rewrite)) {
    regex->regex->CheckSubstitution(regex->substitution, &error);
  }
  return error.empty() ? std::nullopt : std::optional(std::move(error));
}

std::string_view RewriteHost(const HostRewrite& rewrite, const http::RequestHead& head, std::string_view endpoint_host,
                             Arena& arena) {
  switch (rewrite.kind) {
    case HostRewrite::Kind::kKeep:
      return head.authority;
    case HostRewrite::Kind::kLiteral:
      return rewrite.text;
    case HostRewrite::Kind::kEndpoint:
      return endpoint_host.empty() ? head.authority : endpoint_host;
    case HostRewrite::Kind::kHeader: {
      const std::string_view* value = head.headers.Find(rewrite.text);
      http::Authority parsed;
      if (value == nullptr || !http::ParseAuthority(*value, head.scheme, arena, &parsed)) return head.authority;
      return parsed.text;
    }
  }
  return head.authority;
}

void Apply(const std::vector<HeaderOp>& ops, http::HeaderMap& headers) {
  for (const HeaderOp& op : ops) {
    switch (op.kind) {
      case HeaderOp::Kind::kSet:
        headers.Set(op.name, op.value);
        break;
      case HeaderOp::Kind::kAdd:
        headers.Add(op.name, op.value);
        break;
      case HeaderOp::Kind::kSetIfAbsent:
        if (headers.Find(op.name) == nullptr) headers.Add(op.name, op.value);
        break;
      case HeaderOp::Kind::kRemove:
        headers.Remove(op.name);
        break;
    }
  }
}

}  // namespace sp::route
