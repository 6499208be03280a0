#include "core/config/plugin_schema.h"

#include <string>

namespace sp::config {

using Json = nlohmann::ordered_json;

namespace {

constexpr int kMaxDepth = 64;

void Move(Json& schema, const std::string& place, int depth) {
  if (depth > kMaxDepth) return;
  if (schema.is_array()) {
    for (Json& element : schema) Move(element, place, depth + 1);
  }
  if (!schema.is_object()) return;
  for (auto& [key, value] : schema.items()) {
    if (key == "$ref" && value.is_string()) {
      const std::string target = value.get<std::string>();
      if (target == "#" || target.starts_with("#/")) value = place + target.substr(1);
    } else {
      Move(value, place, depth + 1);
    }
  }
  const auto format = schema.find("format");
  if (format == schema.end() || !format->is_string()) return;
  const Json known = *format == "duration" ? DurationSchema() : *format == "byte_size" ? ByteSizeSchema() : Json();
  if (known.is_null()) return;
  schema.erase("format");
  schema.update(known);
}

}  // namespace

std::optional<Json> PluginSchema(std::string_view text, std::string_view place) {
  Json schema = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!schema.is_object()) return std::nullopt;
  schema.erase("$schema");
  schema.erase("$id");
  Move(schema, std::string(place), 0);
  return schema;
}

Json DurationSchema() { return {{"type", "string"}, {"pattern", "^(0|([0-9]+(\\.[0-9]+)?(ns|us|ms|s|m|h|d))+)$"}}; }

Json ByteSizeSchema() {
  return {{"type", {"string", "integer"}},
          {"minimum", 0},
          {"pattern", "^[0-9]+(\\.[0-9]+)? ?(B|KB|MB|GB|TB|KiB|MiB|GiB|TiB)?$"}};
}

}  // namespace sp::config
