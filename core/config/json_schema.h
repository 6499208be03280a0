// The JSON Schema (2020-12) of the whole configuration, for editors and for `sallyport schema`: types, bounds,
// defaults, and as descriptions the comments of the .proto files, so that an editor shows the manual at the field.
//
// Made from the descriptors alone; a new field needs nothing here. What plugins say of their configs comes in by name
// and refines `filters[].config`, and `config` of policies that name a plugin. Pure; any thread; takes milliseconds.
//
//   # yaml-language-server: $schema=./sallyport.schema.json
#pragma once

#include <map>
#include <string>

namespace sp::config {

// JSON Schemas as text, as the plugin's file has them; empty where there is none.
struct FilterSchemas {
  std::string config;
  std::string route_config;
};

// By what `plugin:` says: `jwt`, `stamp/second`. A text that isn't a JSON object is left out.
std::string JsonSchema(const std::map<std::string, FilterSchemas>& filters = {});

}  // namespace sp::config
