#include "core/http/path.h"

#include <cstring>

#include "core/http/ascii.h"

namespace sp::http {
namespace {

constexpr char kUpperHex[] = "0123456789ABCDEF";

// True where `path` is surely its own normal form: one scan, the way of nearly every request.
bool IsPlain(std::string_view path, bool merge_slashes) {
  char previous = 0;
  for (const char c : path) {
    if (!Is(c, ascii::kPlainPathChar)) {
      if (c != '/' && c != '.') return false;
      if (c == '.' && previous == '/') return false;  // may be a dot segment
      if (c == '/' && previous == '/' && merge_slashes) return false;
    }
    previous = c;
  }
  return !path.empty() && path.front() == '/';
}

// Writes the normal form into a buffer of the path's size: no step makes it longer.
class Normalizer {
 public:
  Normalizer(const PathOptions& options, char* out) : options_(options), out_(out) {}

  Reason Run(std::string_view path) {
    for (size_t i = 0; i < path.size();) {
      const Reason reason = path[i] == '/' ? TakeSlash(&i) : TakeByte(path, &i);
      if (reason != Reason::kNone) return reason;
    }
    return CloseSegment(/*last=*/true);
  }
  size_t size() const { return size_; }

 private:
  // Ends the segment before it and begins the next one.
  Reason TakeSlash(size_t* i) {
    ++*i;
    const Reason reason = CloseSegment(/*last=*/false);
    if (reason != Reason::kNone) return reason;
    const bool merged = options_.merge_slashes && size_ > 0 && out_[size_ - 1] == '/';
    if (!merged) out_[size_++] = '/';
    segment_ = size_;
    return Reason::kNone;
  }

  Reason TakeByte(std::string_view path, size_t* i) {
    const char c = path[*i];
    if (c == '%') return TakeEscape(path, i);
    ++*i;
    if (c == '#') return Reason::kPathFragment;
    if (c == '\\') {
      if (!options_.keep_encoded) return Reason::kPathEncoded;
      separators_kept_ = true;
    } else if (static_cast<unsigned char>(c) >= 0x80) {
      return Reason::kPathPercent;
    } else if (c <= ' ' || c == 0x7f || c == '?') {
      return Reason::kPathTarget;
    }
    out_[size_++] = c;
    return Reason::kNone;
  }

  Reason TakeEscape(std::string_view path, size_t* i) {
    const size_t at = *i;
    if (at + 2 >= path.size() || !Is(path[at + 1], ascii::kHexDigit) || !Is(path[at + 2], ascii::kHexDigit)) {
      return Reason::kPathPercent;
    }
    *i += 3;
    const auto byte = static_cast<uint8_t>(HexValue(path[at + 1]) << 4 | HexValue(path[at + 2]));
    if (Is(static_cast<char>(byte), ascii::kUnreserved)) {
      out_[size_++] = static_cast<char>(byte);
      return Reason::kNone;
    }
    if (byte == '/' || byte == '\\' || byte == 0) {
      if (!options_.keep_encoded) return Reason::kPathEncoded;
      separators_kept_ = true;
    }
    out_[size_++] = '%';
    out_[size_++] = kUpperHex[byte >> 4];
    out_[size_++] = kUpperHex[byte & 15];
    return Reason::kNone;
  }

  // The segment [segment_, size_) is complete. A dot segment goes with the slash before it, `..` with the segment
  // before that too; at the end of the path a slash is left in their place (RFC 3986 section 5.2.4).
  Reason CloseSegment(bool last) {
    if (size_ == 0) return Reason::kNone;
    const std::string_view segment(out_ + segment_, size_ - segment_);
    if (segment == ".") {
      size_ = segment_ - 1;
    } else if (segment == "..") {
      size_ = segment_ - 1;
      while (size_ > 0 && out_[--size_] != '/') {
      }
    } else if (segment.substr(0, 2) == ".;" || segment.substr(0, 3) == "..;") {
      return Reason::kPathDots;
    } else {
      return separators_kept_ && HidesDots(segment) ? Reason::kPathDots : Reason::kNone;
    }
    if (last) out_[size_++] = '/';
    return Reason::kNone;
  }

  // With separators kept opaque here: `..%2Fadmin` is a way up for whoever decodes them behind us.
  static bool HidesDots(std::string_view segment) {
    size_t begin = 0;
    bool separated = false;
    for (size_t i = 0; i <= segment.size(); ++i) {
      size_t width = 0;
      if (i < segment.size() && segment[i] == '\\') width = 1;
      const std::string_view escape = segment.substr(i, 3);
      if (escape == "%2F" || escape == "%5C" || escape == "%00") width = 3;
      if (width == 0 && i < segment.size()) continue;
      separated = separated || width > 0;
      const std::string_view part = segment.substr(begin, i - begin);
      if (separated && (part == "." || part == "..")) return true;
      if (width == 0) break;
      begin = i + width;
      i = begin - 1;
    }
    return false;
  }

  const PathOptions options_;
  char* const out_;
  size_t size_ = 0;
  size_t segment_ = 0;  // where the current segment begins, behind its slash
  bool separators_kept_ = false;
};

}  // namespace

Reason NormalizePath(std::string_view path, const PathOptions& options, Arena& arena, std::string_view* out) {
  if (IsPlain(path, options.merge_slashes)) {
    *out = path;
    return Reason::kNone;
  }
  if (path.empty() || path.front() != '/') return Reason::kPathTarget;
  char* buffer = static_cast<char*>(arena.Allocate(path.size() + 1, 1));
  Normalizer normalizer(options, buffer);
  const Reason reason = normalizer.Run(path);
  *out = {buffer, normalizer.size()};
  return reason;
}

Reason NormalizeRewrittenPath(std::string_view path, const PathOptions& options, Arena& arena, std::string_view* out) {
  if (NormalizePath(path, options, arena, out) != Reason::kNone) return Reason::kPathRewrite;
  return out->substr(0, 2) == "//" ? Reason::kPathRewrite : Reason::kNone;
}

std::string_view PathForLocation(std::string_view path, Arena& arena) {
  const auto is_slash = [](char c) { return c == '/' || c == '\\'; };
  if (path.empty()) return "/";
  if (path.front() != '/') return arena.Extend(arena.Copy("/"), path);
  size_t slashes = 1;
  while (slashes < path.size() && is_slash(path[slashes])) ++slashes;
  return path.substr(slashes - 1).front() == '/' ? path.substr(slashes - 1)
                                                 : arena.Extend(arena.Copy("/"), path.substr(slashes));
}

Reason CheckQuery(std::string_view query) {
  for (const char c : query) {
    if (Is(c, ascii::kPlainPathChar)) continue;
    if (c == '#') return Reason::kPathFragment;
    if (static_cast<unsigned char>(c) >= 0x80) return Reason::kPathPercent;
    if (c <= ' ' || c == 0x7f) return Reason::kPathTarget;
  }
  return Reason::kNone;
}

}  // namespace sp::http
