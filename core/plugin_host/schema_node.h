// Schema::Node: one subschema, compiled. Private to schema*.cc.
#pragma once

#include <re2/re2.h>

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/plugin_host/schema.h"
#include "core/plugin_host/schema_format.h"

namespace sp::plugin_host {

using Json = nlohmann::json;

// Types of JSON Schema, as bits.
enum : uint8_t {
  kTypeNull = 1,
  kTypeBoolean = 2,
  kTypeInteger = 4,
  kTypeNumber = 8,
  kTypeString = 16,
  kTypeArray = 32,
  kTypeObject = 64,
};

struct Schema::Node {
  bool never = false;  // the schema `false`
  uint8_t types = 0;   // 0: any
  std::optional<Json> constant;
  std::vector<Json> choices;  // enum
  bool has_choices = false;

  std::vector<std::pair<std::string, const Node*>> properties;  // in order of their names
  std::vector<std::string> required;
  const Node* additional = nullptr;
  std::optional<uint64_t> min_properties, max_properties;

  const Node* items = nullptr;
  std::optional<uint64_t> min_items, max_items;
  bool unique_items = false;

  std::optional<double> minimum, maximum, above, below, multiple_of;

  std::optional<uint64_t> min_length, max_length;
  std::unique_ptr<RE2> pattern;
  Format format = Format::kNone;
  std::optional<ReferenceKind> reference;

  std::vector<const Node*> one_of, any_of, all_of;
  const Node* negated = nullptr;
  const Node* target = nullptr;  // $ref

  std::optional<Json> default_value;
  std::string title;

  const Node* Property(std::string_view name) const;
  // Its own default, or that of what it refers to.
  const Json* Default() const;
};

// `1048576` as JSON integers, and 5.0, but not 5.5 or what a double holds only nearly.
bool IsInteger(const Json& value);
double AsDouble(const Json& value);

}  // namespace sp::plugin_host
