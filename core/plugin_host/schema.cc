#include "core/plugin_host/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <unordered_map>

#include "core/plugin_host/manifest.h"
#include "core/plugin_host/schema_node.h"
#include "core/plugin_host/schema_validator.h"

namespace sp::plugin_host {
namespace {

constexpr size_t kMaxErrors = 20;
// How far $ref, allOf, anyOf and the like may lead on for one value.
constexpr int kMaxInPlaceDepth = 64;

std::optional<uint8_t> TypeBit(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, uint8_t>, 7> kNames = {{{"null", kTypeNull},
                                                                           {"boolean", kTypeBoolean},
                                                                           {"integer", kTypeInteger},
                                                                           {"number", kTypeNumber},
                                                                           {"string", kTypeString},
                                                                           {"array", kTypeArray},
                                                                           {"object", kTypeObject}}};
  for (const auto& [known, bit] : kNames) {
    if (known == name) return bit;
  }
  return std::nullopt;
}

std::string Escaped(std::string_view token) {
  std::string out;
  for (const char c : token) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

bool IsInteger(const Json& value) {
  if (value.is_number_integer()) return true;
  if (!value.is_number_float()) return false;
  const double number = value.get<double>();
  return std::nearbyint(number) == number && std::fabs(number) <= 9007199254740992.0;
}

double AsDouble(const Json& value) { return value.get<double>(); }

const Schema::Node* Schema::Node::Property(std::string_view name) const {
  const auto found = std::lower_bound(properties.begin(), properties.end(), name,
                                      [](const auto& property, std::string_view n) { return property.first < n; });
  return found != properties.end() && found->first == name ? found->second : nullptr;
}

const Json* Schema::Node::Default() const {
  const Node* node = this;
  for (int i = 0; node != nullptr && i < kMaxInPlaceDepth; ++i, node = node->target) {
    if (node->default_value) return &*node->default_value;
  }
  return nullptr;
}

// Compiles subschemas by their place (JSON pointer). A $ref is noted and resolved after the rest, so that schemas may
// refer to themselves, and long chains cost no stack.
class SchemaCompiler {
 public:
  using Node = Schema::Node;

  SchemaCompiler(Schema* schema, const Document& document, std::vector<std::string>* errors)
      : schema_(schema), document_(document), errors_(errors) {
    RegisterHandlers();
  }

  void Run() {
    schema_->root_ = NodeAt("", document_.json());
    while (!pending_.empty()) {
      const auto [node, pointer] = pending_.back();
      pending_.pop_back();
      const Json* target = document_.Find(pointer);
      if (target == nullptr) {
        Error(pointer, "$ref leads nowhere");
        continue;
      }
      node->target = NodeAt(pointer, *target);
    }
    if (!errors_->empty()) return;
    for (const auto& node : schema_->nodes_) {
      if (!BoundedDepth(*node, 0)) return Error("", "refers to itself without end");
    }
    for (const auto& [pointer, node] : by_pointer_) CheckDefault(pointer, *node);
  }

 private:
  using Handler = void (SchemaCompiler::*)(Node& node, const Json& value, const std::string& at);

  void Error(std::string_view at, std::string_view message) {
    if (errors_->size() < kMaxErrors) errors_->push_back(fmt::format("schema: {}: {}", at.empty() ? "/" : at, message));
  }

  const Node* NodeAt(const std::string& at, const Json& value) {
    auto [found, is_new] = by_pointer_.emplace(at, nullptr);
    if (!is_new) return found->second;
    schema_->nodes_.push_back(std::make_unique<Node>());
    Node& node = *schema_->nodes_.back();
    found->second = &node;
    Fill(node, value, at);
    return &node;
  }

  void Fill(Node& node, const Json& value, const std::string& at) {
    if (value.is_boolean()) {
      node.never = !value.get<bool>();
      return;
    }
    if (!value.is_object()) return Error(at, "a schema is an object, true or false");
    for (const auto& [keyword, argument] : value.items()) {
      const auto handler = handlers_.find(keyword);
      if (handler == handlers_.end()) {
        Error(at, fmt::format("keyword \"{}\" is not supported", keyword));
      } else if (handler->second != nullptr) {
        (this->*handler->second)(node, argument, at + "/" + Escaped(keyword));
      }
    }
  }

  void RegisterHandlers();

  // One function a keyword, where it needs more than a number or a list.
  void Type(Node& node, const Json& value, const std::string& at) {
    const Json list = value.is_string() ? Json::array({value}) : value;
    if (!list.is_array() || list.empty()) return Error(at, "must name a type or a list of types");
    for (const Json& name : list) {
      const auto bit = name.is_string() ? TypeBit(name.get_ref<const std::string&>()) : std::nullopt;
      if (!bit) return Error(at, "must name a type or a list of types");
      node.types |= *bit;
    }
  }
  void Enum(Node& node, const Json& value, const std::string& at) {
    if (!value.is_array() || value.empty()) return Error(at, "must be a list of values");
    node.has_choices = true;
    node.choices.assign(value.begin(), value.end());
  }
  void Const(Node& node, const Json& value, const std::string&) { node.constant = value; }
  void Default(Node& node, const Json& value, const std::string&) { node.default_value = value; }
  void Title(Node& node, const Json& value, const std::string& at) {
    if (!value.is_string()) return Error(at, "must be text");
    node.title = value.get<std::string>();
  }
  void Properties(Node& node, const Json& value, const std::string& at) {
    if (!value.is_object()) return Error(at, "must be an object of schemas");
    for (const auto& [name, schema] : value.items()) {
      node.properties.emplace_back(name, NodeAt(at + "/" + Escaped(name), schema));
    }
    std::sort(node.properties.begin(), node.properties.end());
  }
  void Required(Node& node, const Json& value, const std::string& at) {
    if (!value.is_array()) return Error(at, "must be a list of names");
    for (const Json& name : value) {
      if (!name.is_string()) return Error(at, "must be a list of names");
      node.required.push_back(name.get<std::string>());
    }
  }
  void AdditionalProperties(Node& node, const Json& value, const std::string& at) {
    node.additional = NodeAt(at, value);
  }
  void Items(Node& node, const Json& value, const std::string& at) { node.items = NodeAt(at, value); }
  void UniqueItems(Node& node, const Json& value, const std::string& at) {
    if (!value.is_boolean()) return Error(at, "must be true or false");
    node.unique_items = value.get<bool>();
  }
  template <auto kMember>
  void Count(Node& node, const Json& value, const std::string& at) {
    if (!value.is_number_unsigned()) return Error(at, "must be a whole number");
    node.*kMember = value.get<uint64_t>();
  }
  template <auto kMember>
  void Number(Node& node, const Json& value, const std::string& at) {
    if (!value.is_number()) return Error(at, "must be a number");
    node.*kMember = AsDouble(value);
  }
  void MultipleOf(Node& node, const Json& value, const std::string& at) {
    if (!value.is_number() || AsDouble(value) <= 0) return Error(at, "must be a number > 0");
    node.multiple_of = AsDouble(value);
  }
  void Pattern(Node& node, const Json& value, const std::string& at) {
    if (!value.is_string()) return Error(at, "must be a regular expression");
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(1 << 20);
    node.pattern = std::make_unique<RE2>(value.get_ref<const std::string&>(), options);
    if (!node.pattern->ok()) Error(at, "is no regular expression of RE2: " + node.pattern->error());
  }
  void FormatName(Node& node, const Json& value, const std::string& at) {
    const auto format = value.is_string() ? FormatFromName(value.get_ref<const std::string&>()) : std::nullopt;
    if (!format) return Error(at, fmt::format("format {} is not supported", value.dump()));
    node.format = *format;
  }
  void SallyportRef(Node& node, const Json& value, const std::string& at) {
    for (const auto kind : {ReferenceKind::kCluster, ReferenceKind::kFile, ReferenceKind::kSecret}) {
      if (value == std::string(NameOf(kind))) node.reference = kind;
    }
    if (!node.reference) Error(at, "must be \"cluster\", \"file\" or \"secret\"");
  }
  template <auto kMember>
  void Branches(Node& node, const Json& value, const std::string& at) {
    if (!value.is_array() || value.empty()) return Error(at, "must be a list of schemas");
    for (size_t i = 0; i < value.size(); ++i) (node.*kMember).push_back(NodeAt(fmt::format("{}/{}", at, i), value[i]));
  }
  void Not(Node& node, const Json& value, const std::string& at) { node.negated = NodeAt(at, value); }
  void Definitions(Node&, const Json& value, const std::string& at) {
    if (!value.is_object()) return Error(at, "must be an object of schemas");
    for (const auto& [name, schema] : value.items()) NodeAt(at + "/" + Escaped(name), schema);
  }
  void Ref(Node& node, const Json& value, const std::string& at) {
    if (!value.is_string()) return Error(at, "must be `#` or `#/…`");
    const auto& text = value.get_ref<const std::string&>();
    if (text != "#" && !text.starts_with("#/")) return Error(at, "must be `#` or `#/…`: other schemas can't be read");
    pending_.emplace_back(&node, text.substr(1));
  }

  // Follows what applies to the same value.
  bool BoundedDepth(const Node& node, int depth) {
    if (depth > kMaxInPlaceDepth) return false;
    if (++visits_ > 1'000'000) return false;
    const auto bounded = [&](const Node* next) { return next == nullptr || BoundedDepth(*next, depth + 1); };
    return bounded(node.target) && bounded(node.negated) &&
           std::all_of(node.all_of.begin(), node.all_of.end(), bounded) &&
           std::all_of(node.any_of.begin(), node.any_of.end(), bounded) &&
           std::all_of(node.one_of.begin(), node.one_of.end(), bounded);
  }

  void CheckDefault(const std::string& pointer, const Node& node) {
    if (!node.default_value) return;
    Json value = *node.default_value;
    FieldErrors wrong;
    SchemaValidator(/*fill_defaults=*/true, FieldPath("default"), &wrong, nullptr).Run(node, value);
    if (!wrong.empty()) Error(pointer, wrong.front().ToString());
  }

  Schema* schema_;
  const Document& document_;
  std::vector<std::string>* errors_;
  std::unordered_map<std::string, Handler> handlers_;
  std::unordered_map<std::string, const Node*> by_pointer_;
  std::vector<std::pair<Node*, std::string>> pending_;
  size_t visits_ = 0;
};

void SchemaCompiler::RegisterHandlers() {
  using C = SchemaCompiler;
  handlers_ = {
      {"type", &C::Type},
      {"enum", &C::Enum},
      {"const", &C::Const},
      {"properties", &C::Properties},
      {"required", &C::Required},
      {"additionalProperties", &C::AdditionalProperties},
      {"minProperties", &C::Count<&Node::min_properties>},
      {"maxProperties", &C::Count<&Node::max_properties>},
      {"items", &C::Items},
      {"minItems", &C::Count<&Node::min_items>},
      {"maxItems", &C::Count<&Node::max_items>},
      {"uniqueItems", &C::UniqueItems},
      {"minimum", &C::Number<&Node::minimum>},
      {"maximum", &C::Number<&Node::maximum>},
      {"exclusiveMinimum", &C::Number<&Node::above>},
      {"exclusiveMaximum", &C::Number<&Node::below>},
      {"multipleOf", &C::MultipleOf},
      {"minLength", &C::Count<&Node::min_length>},
      {"maxLength", &C::Count<&Node::max_length>},
      {"pattern", &C::Pattern},
      {"format", &C::FormatName},
      {"x-sallyport-ref", &C::SallyportRef},
      {"oneOf", &C::Branches<&Node::one_of>},
      {"anyOf", &C::Branches<&Node::any_of>},
      {"allOf", &C::Branches<&Node::all_of>},
      {"not", &C::Not},
      {"$defs", &C::Definitions},
      {"definitions", &C::Definitions},
      {"$ref", &C::Ref},
      {"default", &C::Default},
      {"title", &C::Title},
      {"description", nullptr},
      {"examples", nullptr},
      {"deprecated", nullptr},
      {"$schema", nullptr},
      {"$id", nullptr},
      {"$comment", nullptr},
  };
}

std::string_view NameOf(ReferenceKind kind) {
  constexpr std::string_view kNames[] = {"cluster", "file", "secret"};
  return kNames[static_cast<size_t>(kind)];
}

Schema::Schema() = default;
Schema::~Schema() = default;

std::shared_ptr<const Schema> Schema::Compile(std::string_view text, std::vector<std::string>* errors) {
  if (text.size() > kMaxSchemaBytes) {
    errors->push_back(fmt::format("schema: too large: {} bytes, {} are allowed", text.size(), kMaxSchemaBytes));
    return nullptr;
  }
  std::string error;
  const auto document = Document::Parse(text, &error);
  if (!document) {
    errors->push_back("schema: not JSON: " + error);
    return nullptr;
  }
  std::shared_ptr<Schema> schema(new Schema);
  schema->text_ = text;
  std::vector<std::string> own;
  SchemaCompiler(schema.get(), *document, &own).Run();
  errors->insert(errors->end(), own.begin(), own.end());
  return own.empty() ? schema : nullptr;
}

std::shared_ptr<const Schema> Schema::AnyObject() {
  static const std::shared_ptr<const Schema> any = [] {
    std::vector<std::string> errors;
    return Compile(R"({"type":"object"})", &errors);
  }();
  return any;
}

void Schema::Validate(Document& value, Defaults defaults, const FieldPath& at, FieldErrors* errors,
                      std::vector<Reference>* references) const {
  SchemaValidator(defaults == Defaults::kFill, at, errors, references).Run(*root_, value.json());
}

}  // namespace sp::plugin_host
