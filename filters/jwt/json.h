// JSON of strangers, strictly (RFC 8259, THREATS T79): one text has one meaning or none.
//
// Refused beyond what the grammar refuses: a member named twice (parsers differ in which one they take), more than
// kMaxJsonDepth levels, anything after the value, a byte order mark, text that isn't UTF-8, U+0000 in a string or name
// (where C code downstream would cut it), and a number that no double can hold.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

namespace sp::jwt {

inline constexpr int kMaxJsonDepth = 16;

// False: *out holds something that has no meaning. Never throws but for memory.
bool ParseJson(std::string_view text, nlohmann::json* out);

}  // namespace sp::jwt
