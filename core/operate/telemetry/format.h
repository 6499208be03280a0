// LineFormat: what a line of the access log looks like; compiled once, then written without an allocation.
//
//   JSON   {"time":"2026-11-24T17:53:17.042Z","duration_ms":1.204,"client_address":"203.0.113.7",…}
//   text   a template: `{client.address} "{request.method} {request.path}" {response.status}`
//
// core/operate/telemetry/README.md has the fields, what is escaped and where values are cut. Whatever bytes a client
// sends, a line stays one line and parses back (THREATS T129).
//
// Immutable once compiled; any number of threads may Write at the same time, each with a LineClock of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/field_error.h"
#include "core/operate/telemetry/fields.h"
#include "core/traffic/downstream/stream_record.h"

namespace sp::telemetry {

inline constexpr size_t kMaxTemplateBytes = 4096;
// Of any line, with its newline. A template whose lines could get longer is refused.
inline constexpr size_t kMaxLineBytes = 64 << 10;

// What is wrong with a template, if anything; the path is that of the template itself (empty).
std::optional<FieldError> CheckTemplate(std::string_view text);

// Used for the text format without a template: near to the combined format of other servers.
inline constexpr std::string_view kDefaultTemplate =
    "{client.address} - - [{time.clf}] \"{request.method} {request.target} {protocol}\" {response.status} "
    "{response.bytes} \"{request.referer}\" \"{request.user_agent}\"";

class LineFormat {
 public:
  static LineFormat Json();
  // `text` has passed CheckTemplate, or is empty for kDefaultTemplate.
  static LineFormat Text(std::string_view text);

  // Writes the line and its newline to `to`, which has room for kMaxLineBytes. Returns its size.
  size_t Write(const downstream::StreamRecord& record, LineClock& clock, char* to) const;

 private:
  friend class TemplateReader;
  // A piece of a template: literal text, then a field.
  struct Piece {
    std::string literal;
    Field field = Field::kNone;
    std::string header;     // lower case, for kRequestHeader and kResponseHeader
    std::string otherwise;  // what stands for a field without a value
    uint16_t limit = 0;     // of the escaped value; 0: a number or a time
    bool quoted = false;    // within "…"
    char next = '\n';       // the literal byte behind the field: escaped within its value
  };
  size_t WriteJson(const downstream::StreamRecord& record, LineClock& clock, char* to) const;
  size_t WriteText(const downstream::StreamRecord& record, LineClock& clock, char* to) const;

  bool json_ = false;
  std::vector<Piece> pieces_;
};

}  // namespace sp::telemetry
