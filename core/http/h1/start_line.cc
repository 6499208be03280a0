#include "core/http/h1/start_line.h"

#include "core/http/ascii.h"
#include "core/http/h1/limits.h"

namespace sp::h1 {
namespace {

using http::Is;
using http::IsDigit;
using http::Version;

constexpr std::string_view kName = "HTTP/";
constexpr size_t kVersionBytes = 8;  // `HTTP/1.1`

bool IsCrLf(std::string_view text) { return text.size() == 2 && text[0] == '\r' && text[1] == '\n'; }

// Why a line may not go on as it does at `at`: with half a line end, or otherwise.
Reason ReasonAt(std::string_view line, size_t at) {
  if (at == line.size() || IsCrLf(line.substr(at))) return Reason::kH1RequestLine;
  if (line[at] == '\n') return Reason::kH1BareLf;
  return line[at] == '\r' ? Reason::kH1BareCr : Reason::kH1RequestLine;
}

// `HTTP/` DIGIT `.` DIGIT at `at`.
bool HasVersion(std::string_view line, size_t at) {
  const std::string_view text = line.substr(at, kVersionBytes);
  return text.size() == kVersionBytes && text.substr(0, kName.size()) == kName && IsDigit(text[5]) && text[6] == '.' &&
         IsDigit(text[7]);
}

bool ParseVersion(std::string_view line, size_t at, Version* version) {
  if (line[at + 5] != '1' || line[at + 7] > '1') return false;
  *version = line[at + 7] == '1' ? Version::kHttp11 : Version::kHttp10;
  return true;
}

// A byte that a target may hold as far as lines are concerned; what it means is the validator's matter.
bool IsTargetByte(char c) { return static_cast<unsigned char>(c) > ' ' && c != 0x7f; }

}  // namespace

size_t RequestLineLimit(const http::HttpLimits& limits) {
  return kMaxMethodBytes + 1 + limits.max_target_bytes + 1 + kVersionBytes + 2;
}

Reason ParseRequestLine(std::string_view line, const http::HttpLimits& limits, RequestLine* out) {
  size_t at = 0;
  while (at < line.size() && at <= kMaxMethodBytes && Is(line[at], http::ascii::kTokenChar)) ++at;
  if (at > kMaxMethodBytes) return Reason::kH1Method;
  if (at == 0 || at == line.size() || line[at] != ' ') return ReasonAt(line, at);
  out->method = line.substr(0, at);

  const size_t target = ++at;
  while (at < line.size() && at - target <= limits.max_target_bytes && IsTargetByte(line[at])) ++at;
  out->target = line.substr(target, at - target);
  if (at - target > limits.max_target_bytes) return Reason::kH1TargetLimit;
  if (at == target) return ReasonAt(line, at);
  // A target that a line end follows is a request of HTTP/0.9.
  if (at == line.size() || line[at] != ' ') return ReasonAt(line, at);

  if (!HasVersion(line, ++at)) return Reason::kH1RequestLine;
  const size_t version = at;
  at += kVersionBytes;
  if (!IsCrLf(line.substr(at))) return ReasonAt(line, at);
  // The preface of HTTP/2 looks like a request of that version: the validator names it.
  if (!ParseVersion(line, version, &out->version) && out->method != "PRI") return Reason::kH1Version;
  return Reason::kNone;
}

Reason ParseStatusLine(std::string_view line, StatusLine* out) {
  if (!HasVersion(line, 0) || !ParseVersion(line, 0, &out->version)) return Reason::kUpstreamStatus;
  size_t at = kVersionBytes;
  if (at + 4 > line.size() || line[at] != ' ') return Reason::kUpstreamStatus;
  uint32_t status = 0;
  for (++at; at < kVersionBytes + 4; ++at) {
    if (!IsDigit(line[at])) return Reason::kUpstreamStatus;
    status = status * 10 + static_cast<uint32_t>(line[at] - '0');
  }
  if (status < 100 || status > 599) return Reason::kUpstreamStatus;
  out->status = static_cast<uint16_t>(status);
  // Many leave out the space ahead of an empty phrase (RFC 9112 section 4 wants it).
  if (at < line.size() && line[at] != ' ' && line[at] != '\r' && line[at] != '\n') return Reason::kUpstreamStatus;
  for (; at < line.size(); ++at) {
    const auto byte = static_cast<unsigned char>(line[at]);
    if (byte == '\r' || byte == '\n') return IsCrLf(line.substr(at)) ? Reason::kNone : Reason::kUpstreamFraming;
    if ((byte < 0x20 && byte != '\t') || byte == 0x7f) return Reason::kUpstreamStatus;
  }
  return Reason::kUpstreamStatus;  // longer than kMaxStatusLineBytes
}

bool MayBeRequestLine(std::string_view beginning) {
  return beginning.empty() || Is(beginning.front(), http::ascii::kTokenChar);
}

bool MayBeStatusLine(std::string_view beginning) {
  const size_t compared = beginning.size() < kName.size() ? beginning.size() : kName.size();
  return beginning.substr(0, compared) == kName.substr(0, compared);
}

}  // namespace sp::h1
