// Escaping for log lines and label values: every byte that could end a value, a line or a terminal's patience (T129).
#pragma once

#include <cstddef>
#include <string_view>

namespace sp::telemetry {

// Length of the well-formed UTF-8 sequence at the start of `text` (RFC 3629: no overlong form, no surrogate, nothing
// above U+10FFFF); 0 if there is none.
size_t Utf8Length(std::string_view text);

// What of a value was written, and whether something of it was left out at the limit.
struct Escaped {
  size_t size;
  bool cut;
};

// The inside of a JSON string (RFC 8259 section 7), at most `limit` bytes. Control characters (C0, DEL, C1), line and
// paragraph separators and what changes the direction of text become `\u…`; a byte that is no UTF-8 becomes the
// `\u00XX` of its value.
Escaped EscapeJson(std::string_view text, size_t limit, char* to);

// A value of a text line, at most `limit` bytes. Control bytes, all from 0x7f on, `"`, `\`, `next` (the byte that ends
// the value in its line) and, outside quotes, spaces become `\xHH`.
Escaped EscapeText(std::string_view text, char next, bool quoted, size_t limit, char* to);

}  // namespace sp::telemetry
