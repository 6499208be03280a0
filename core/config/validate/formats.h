// Whether a text has the form that a field's rule `format` names, and addresses by what they are for. Each gives the
// message of an error, or an empty text where there is none. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sp::config {

// Formats that need more than the text itself (`address`, `regex`) are not looked at here.
std::string FormatFault(std::string_view format, std::string_view text);

std::string CidrFault(std::string_view text);
// What goes upstream as Host, or into a Location.
std::string AuthorityFault(std::string_view text);
// `regex` of RE2 within our bounds.
std::string RegexFault(std::string_view text);
// `refuse`, or a status from 400 to 599.
std::string MissingClusterFault(std::string_view text);
// A name that may be set, added or removed.
std::string HeaderNameFault(std::string_view name);
std::string HeaderValueFault(std::string_view value);

}  // namespace sp::config
