// The formats of `"format"`: what a value of each looks like. Pure functions.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string_view>

namespace sp::plugin_host {

enum class Format : uint8_t { kNone, kDuration, kByteSize, kCidr, kIp, kRegex, kHeaderName };

std::optional<Format> FormatFromName(std::string_view name);
// What a value has to be: `a duration such as 5s or 250ms`.
std::string_view Describe(Format format);
bool Matches(Format format, const nlohmann::json& value);

// Nanoseconds of a duration, bytes of a size, as the config has them; nothing for another value.
std::optional<uint64_t> DurationOf(const nlohmann::json& value);
std::optional<uint64_t> ByteSizeOf(const nlohmann::json& value);

}  // namespace sp::plugin_host
