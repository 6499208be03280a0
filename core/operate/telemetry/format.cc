#include "core/operate/telemetry/format.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "core/operate/telemetry/escape.h"

namespace sp::telemetry {
namespace {

using downstream::StreamRecord;

// Marks of a value that was cut. In a text line no value can hold three dots behind a backslash.
constexpr std::string_view kJsonMark = "…";
constexpr std::string_view kTextMark = "\\...";

// JSON names the fields that were cut once more, since a client may send the mark itself.
constexpr std::string_view kCutKey = ",\"cut\":[";

// Every key, every value at its limit with mark and quotes, twice the names (for `cut`): fits in a line.
[[maybe_unused]] size_t LongestJsonLine() {
  size_t bytes = kCutKey.size() + 4;
  for (const FieldInfo& info : Fields()) {
    bytes += 2 * info.prelude.size() + (info.limit > 0 ? info.limit + kJsonMark.size() + 2 : kPlainLimit);
  }
  return bytes;
}

char* Append(char* to, std::string_view text) {
  std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

}  // namespace

LineFormat LineFormat::Json() {
  assert(LongestJsonLine() <= kMaxLineBytes);
  LineFormat format;
  format.json_ = true;
  return format;
}

size_t LineFormat::Write(const StreamRecord& record, LineClock& clock, char* to) const {
  return json_ ? WriteJson(record, clock, to) : WriteText(record, clock, to);
}

size_t LineFormat::WriteJson(const StreamRecord& record, LineClock& clock, char* to) const {
  char* at = to;
  char scratch[kPlainLimit];
  uint64_t cut = 0;  // a bit for each of Fields()
  const auto fields = Fields();
  for (size_t i = 0; i < fields.size(); ++i) {
    const FieldInfo& info = fields[i];
    if (info.prelude.empty()) continue;
    const std::string_view value = ValueOf(info.field, record, clock, scratch);
    if (value.empty()) continue;
    at = Append(at, info.prelude);
    if (info.limit == 0 && info.field != Field::kTime) {
      at = Append(at, value);
      continue;
    }
    *at++ = '"';
    const Escaped escaped = EscapeJson(value, info.limit > 0 ? info.limit : kPlainLimit, at);
    at += escaped.size;
    if (escaped.cut) {
      at = Append(at, kJsonMark);
      cut |= uint64_t{1} << i;
    }
    *at++ = '"';
  }
  if (cut != 0) {
    at = Append(at, kCutKey);
    for (size_t i = 0; i < fields.size(); ++i) {
      if ((cut >> i & 1) == 0) continue;
      if (at[-1] != '[') *at++ = ',';
      at = Append(at, fields[i].prelude.substr(1, fields[i].prelude.size() - 2));  // `"path"`
    }
    *at++ = ']';
  }
  *to = '{';  // in place of the first comma
  at = Append(at, "}\n");
  return static_cast<size_t>(at - to);
}

size_t LineFormat::WriteText(const StreamRecord& record, LineClock& clock, char* to) const {
  char* at = to;
  char scratch[kPlainLimit];
  for (const Piece& piece : pieces_) {
    at = Append(at, piece.literal);
    if (piece.field == Field::kNone) continue;
    std::string_view value;
    if (piece.field == Field::kRequestHeader || piece.field == Field::kResponseHeader) {
      const http::HeaderMap* headers = piece.field == Field::kRequestHeader ? &record.request->headers
                                       : record.response != nullptr         ? &record.response->headers
                                                                            : nullptr;
      const std::string_view* found = headers != nullptr ? headers->Find(std::string_view(piece.header)) : nullptr;
      if (found != nullptr) value = *found;
    } else {
      value = ValueOf(piece.field, record, clock, scratch);
    }
    if (value.empty()) {
      at = Append(at, piece.otherwise);
      continue;
    }
    if (piece.limit == 0) {
      at = Append(at, value);
      continue;
    }
    const Escaped escaped = EscapeText(value, piece.next, piece.quoted, piece.limit, at);
    at += escaped.size;
    if (escaped.cut) at = Append(at, kTextMark);
  }
  *at++ = '\n';
  return static_cast<size_t>(at - to);
}

}  // namespace sp::telemetry
