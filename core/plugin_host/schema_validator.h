// SchemaValidator: one walk of a value along a compiled schema. Private to schema*.cc.
//
// Texts of paths are made only for what is wrong: a list of 100,000 addresses costs one look at each.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/plugin_host/schema_node.h"

namespace sp::plugin_host {

class SchemaValidator {
 public:
  using Node = Schema::Node;

  SchemaValidator(bool fill_defaults, FieldPath at, FieldErrors* errors, std::vector<Reference>* references)
      : fill_defaults_(fill_defaults), at_(std::move(at)), errors_(errors), references_(references) {}

  void Run(const Node& node, Json& value) { Check(node, value); }

 private:
  // What one branch of oneOf or anyOf made of the value.
  struct Branch {
    Json value;
    FieldErrors errors;
    std::vector<Reference> references;
    size_t depth = 0;  // of the first error below the value: 0 is the value itself
  };

  void Check(const Node& node, Json& value);
  bool CheckType(const Node& node, const Json& value);
  void CheckChoices(const Node& node, const Json& value);
  void CheckNumber(const Node& node, const Json& value);
  void CheckRange(const Node& node, double number);
  void CheckString(const Node& node, const Json& value);
  void CheckReference(const Node& node, const Json& value);
  void CheckArray(const Node& node, Json& value);
  void CheckUnique(const Json& value);
  void CheckObject(const Node& node, Json& value);
  void CheckMember(const Node& node, const std::string& name, Json& value);
  void FillDefaults(const Node& node, Json& value);
  void CheckBranches(const std::vector<const Node*>& branches, bool only_one, Json& value);
  Branch Try(const Node& node, const Json& value);
  void ExplainNoBranch(const std::vector<const Node*>& nodes, const Json& value, std::vector<Branch>& tried);

  void Error(std::string message, std::string_view suggestion = {});
  FieldPath Path() const;
  std::string Pointer() const;

  struct Step {
    const std::string* member;  // null: an element
    size_t index;
  };

  const bool fill_defaults_;
  const FieldPath at_;
  FieldErrors* errors_;
  std::vector<Reference>* references_;
  std::vector<Step> steps_;
  size_t branch_start_ = 0;        // steps_ at the innermost branch
  size_t first_error_ = SIZE_MAX;  // steps below that of its first error
  int depth_ = 0;
  uint64_t visits_ = 0;
};

}  // namespace sp::plugin_host
