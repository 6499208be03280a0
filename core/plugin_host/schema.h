// Schema: the JSON Schema of a filter's config, compiled once per library; validates configs, fills in defaults, and
// finds the references in them. Immutable after Compile; any thread.
//
// The subset of JSON Schema 2020-12 that is understood; any other keyword refuses the schema, so none is ignored:
//   true, false
//   type ("null" "boolean" "number" "integer" "string" "array" "object", or a list of them), enum, const
//   properties, required, additionalProperties, minProperties, maxProperties
//   items (one schema), minItems, maxItems, uniqueItems
//   minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf
//   minLength, maxLength (in code points), pattern (RE2, unanchored)
//   oneOf, anyOf, allOf, not
//   $defs, definitions, $ref (`#` or `#/…` within the same schema; other keywords beside it apply as well)
//   default: an absent member takes it, before validation; inside oneOf and anyOf that of the branch that matches
//   format: "duration" ("5s", or 0; minimum and maximum are in seconds), "byte_size" ("64KiB", or an integer; minimum
//     and maximum are in bytes), both overrule `type`; "cidr", "ip", "regex" (RE2), "header_name"; others are an error
//   x-sallyport-ref: "cluster" | "file" | "secret": the string names one
//   title, description, examples, deprecated, $schema, $id, $comment: for people
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/field_error.h"
#include "core/plugin_host/document.h"

namespace sp::plugin_host {

enum class ReferenceKind : uint8_t { kCluster, kFile, kSecret };
std::string_view NameOf(ReferenceKind kind);

struct Reference {
  std::string pointer;  // JSON pointer to the string: `/jwks/file`
  ReferenceKind kind;
  std::string value;
  friend bool operator==(const Reference&, const Reference&) = default;
};

class Schema {
 public:
  // Null, and at least one sentence in `errors`, where the text is no schema of the subset.
  static std::shared_ptr<const Schema> Compile(std::string_view text, std::vector<std::string>* errors);
  // Any object.
  static std::shared_ptr<const Schema> AnyObject();

  ~Schema();

  // A route's config is merged over others, which a default must not hide: nothing is filled in there.
  enum class Defaults : uint8_t { kFill, kLeave };
  // Checks `value`, fills in the defaults and appends all that is wrong to `errors` (the first kMaxErrors), with paths
  // below `at`, and the references to `references` (may be null).
  static constexpr size_t kMaxErrors = 100;
  void Validate(Document& value, Defaults defaults, const FieldPath& at, FieldErrors* errors,
                std::vector<Reference>* references) const;
  const std::string& text() const { return text_; }

 private:
  friend class SchemaCompiler;
  struct Node;
  friend class SchemaValidator;
  Schema();

  std::string text_;
  std::vector<std::unique_ptr<Node>> nodes_;
  const Node* root_ = nullptr;
};

}  // namespace sp::plugin_host
