// Schemas of plugins as parts of a larger one. Inside config only, since it shows the JSON library.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

namespace sp::config {

// Nothing where `text` isn't a JSON object. References within the schema (`#/…`) are moved to `place` (`#/$defs/x`),
// and our formats `duration` and `byte_size` become patterns: to an editor the first means ISO 8601, the second
// nothing.
std::optional<nlohmann::ordered_json> PluginSchema(std::string_view text, std::string_view place);

nlohmann::ordered_json DurationSchema();
nlohmann::ordered_json ByteSizeSchema();

}  // namespace sp::config
