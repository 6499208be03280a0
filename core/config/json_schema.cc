#include "core/config/json_schema.h"

#include <google/protobuf/descriptor.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string_view>

#include "core/base/units.h"
#include "core/config/comments.h"
#include "core/config/field_table.h"
#include "core/config/plugin_schema.h"
#include "sallyport/v1/gateway.pb.h"
#include "sallyport/v1/rules.pb.h"

namespace sp::config {

using google::protobuf::FieldDescriptor;
using Json = nlohmann::ordered_json;
namespace v1 = ::sallyport::v1;

namespace {

Json Reference(const MessageTable& table) { return {{"$ref", "#/$defs/" + table.message().name()}}; }

class Schema {
 public:
  Json Build() {
    const MessageTable& gateway = MessageTable::Of(*v1::Gateway::descriptor());
    Json root = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                 {"title", "Sallyport configuration"},
                 {"description", comments_.OfFile(*v1::Gateway::descriptor())}};
    root.update(Message(gateway));
    root["$defs"] = std::move(definitions_);
    return root;
  }

 private:
  Json Message(const MessageTable& table) {
    Json properties = Json::object();
    Json required = Json::array();
    for (const FieldInfo& field : table.fields()) {
      properties[std::string(field.name)] = Field(field);
      if (field.rules->required()) required.push_back(std::string(field.name));
    }
    Json schema = {{"type", "object"}, {"additionalProperties", false}, {"properties", std::move(properties)}};
    if (!required.empty()) schema["required"] = std::move(required);
    Json choices = Json::array();
    for (const MessageTable::Choice& choice : table.choices()) choices.push_back(Choice(table, choice));
    if (!choices.empty()) schema["allOf"] = std::move(choices);
    return schema;
  }

  // Exactly one of the fields, or at most one.
  static Json Choice(const MessageTable& table, const MessageTable::Choice& choice) {
    Json any = Json::array();
    for (const FieldInfo& field : table.fields()) {
      if (field.choice == choice.name) any.push_back({{"required", {std::string(field.name)}}});
    }
    Json one = any;
    if (!choice.needed) one.push_back({{"not", {{"anyOf", any}}}});
    return {{"oneOf", std::move(one)}};
  }

  Json Field(const FieldInfo& field) {
    Json schema = Json::object();
    std::string description = comments_.Of(*field.field);
    if (!field.rules->reserved().empty()) {
      schema["not"] = Json::object();
      description += (description.empty() ? "" : "\n\n") + ("Reserved: " + field.rules->reserved()) + ".";
    } else if (field.map) {
      schema = {{"type", "object"}, {"additionalProperties", Value(field)}};
    } else if (field.list) {
      schema = {{"type", "array"}, {"items", Value(field)}};
    } else {
      schema = Value(field);
      AddDefault(field, schema);
    }
    if (!description.empty()) schema["description"] = std::move(description);
    return schema;
  }

  Json Value(const FieldInfo& field) {
    switch (field.kind) {
      case FieldKind::kBool:
        return {{"type", "boolean"}};
      case FieldKind::kNumber:
        return Number(field);
      case FieldKind::kBytes:
        return ByteSizeSchema();
      case FieldKind::kDuration:
        return DurationSchema();
      case FieldKind::kText:
        return Text(field);
      case FieldKind::kEnum:
        return {{"enum", EnumTexts(*field.value->enum_type())}};
      case FieldKind::kStruct:
        return {{"type", "object"}};
      case FieldKind::kMessage:
        Define(*field.message);
        return Reference(*field.message);
    }
    return {};
  }

  static Json Number(const FieldInfo& field) {
    const v1::FieldRules& rules = *field.rules;
    Json schema = {{"type", "integer"}, {"minimum", std::max<uint64_t>(rules.min(), rules.positive() ? 1 : 0)}};
    if (rules.max() != 0) schema["maximum"] = rules.max();
    if (rules.max() == 0 && field.value->cpp_type() == FieldDescriptor::CPPTYPE_UINT32) schema["maximum"] = UINT32_MAX;
    return schema;
  }

  static Json Text(const FieldInfo& field) {
    const std::string& format = field.rules->format();
    Json schema = {{"type", "string"}};
    if (format == "missing_cluster")
      schema = {{"type", {"string", "integer"}}, {"pattern", "^(refuse|[45][0-9][0-9])$"}};
    if (format == "name") schema["pattern"] = "^[A-Za-z0-9_.:/@-]{1,128}$";
    if (format == "regex") schema["format"] = "regex";
    if (field.rules->required() && !schema.contains("pattern")) schema["minLength"] = 1;
    return schema;
  }

  static void AddDefault(const FieldInfo& field, Json& schema) {
    const std::string& text = field.rules->default_();
    if (text.empty()) return;
    if (field.kind == FieldKind::kBool) {
      schema["default"] = text == "true";
    } else if (field.kind == FieldKind::kNumber) {
      schema["default"] = ParseByteSize(text).value_or(0);
    } else {
      schema["default"] = text;
    }
  }

  void Define(const MessageTable& table) {
    const std::string name = table.message().name();
    if (!defined_.insert(name).second) return;
    Json schema = Message(table);
    if (std::string text = comments_.Of(table.message()); !text.empty()) schema["description"] = std::move(text);
    definitions_[name] = std::move(schema);
  }

  Comments comments_;
  std::set<std::string> defined_;
  Json definitions_ = Json::object();
};

// `if plugin is NAME then config is …`.
void Refine(Json& root, const std::string& message, const std::string& plugin, const std::string& kind,
            const std::string& text) {
  // Names hold no `~`; a `/` in a JSON pointer is written `~1` (RFC 6901 section 3).
  const std::string name = kind + ":" + plugin;
  std::string place = "#/$defs/" + name;
  if (const size_t slash = name.find('/'); slash != name.npos) place.replace(8 + slash, 1, "~1");
  auto schema = PluginSchema(text, place);
  if (!schema) return;
  Json& definitions = root["$defs"];
  definitions[name] = std::move(*schema);
  definitions[message]["allOf"].push_back(
      {{"if", {{"properties", {{"plugin", {{"const", plugin}}}}}, {"required", {"plugin"}}}},
       {"then", {{"properties", {{"config", {{"$ref", place}}}}}}}});
}

}  // namespace

std::string JsonSchema(const std::map<std::string, FilterSchemas>& filters) {
  Json root = Schema().Build();
  Json names = Json::array();
  for (const auto& [plugin, schemas] : filters) {
    names.push_back(plugin);
    Refine(root, "Filter", plugin, "config", schemas.config);
    Refine(root, "Policy", plugin, "route_config", schemas.route_config);
  }
  if (!names.empty()) root["$defs"]["Filter"]["properties"]["plugin"]["examples"] = std::move(names);
  return root.dump(2) + "\n";
}

}  // namespace sp::config
