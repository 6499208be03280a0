#include "core/plugin_host/schema_validator.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <unordered_set>

namespace sp::plugin_host {
namespace {

constexpr int kMaxDepth = 512;
constexpr uint64_t kMaxVisits = 20'000'000;

uint8_t TypesOf(const Json& value) {
  switch (value.type()) {
    case Json::value_t::null:
      return kTypeNull;
    case Json::value_t::boolean:
      return kTypeBoolean;
    case Json::value_t::string:
      return kTypeString;
    case Json::value_t::array:
      return kTypeArray;
    case Json::value_t::object:
      return kTypeObject;
    default:
      return IsInteger(value) ? kTypeInteger | kTypeNumber : kTypeNumber;
  }
}

std::string_view TypeName(const Json& value) {
  switch (value.type()) {
    case Json::value_t::null:
      return "null";
    case Json::value_t::boolean:
      return "a boolean";
    case Json::value_t::string:
      return "text";
    case Json::value_t::array:
      return "a list";
    case Json::value_t::object:
      return "an object";
    default:
      return "a number";
  }
}

std::string DescribeTypes(uint8_t types) {
  std::vector<std::string_view> names;
  if ((types & kTypeString) != 0) names.emplace_back("text");
  if ((types & kTypeNumber) != 0) names.emplace_back("a number");
  if ((types & kTypeInteger) != 0 && (types & kTypeNumber) == 0) names.emplace_back("a whole number");
  if ((types & kTypeBoolean) != 0) names.emplace_back("true or false");
  if ((types & kTypeArray) != 0) names.emplace_back("a list");
  if ((types & kTypeObject) != 0) names.emplace_back("an object");
  if ((types & kTypeNull) != 0) names.emplace_back("null");
  return fmt::format("{}", fmt::join(names, " or "));
}

std::string Shown(const Json& value) {
  std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() > 60) text = text.substr(0, 57) + "...";
  return text;
}

uint64_t CodePoints(const std::string& text) {
  return static_cast<uint64_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

}  // namespace

FieldPath SchemaValidator::Path() const {
  FieldPath path = at_;
  for (const Step& step : steps_) path = step.member != nullptr ? path.Field(*step.member) : path.Index(step.index);
  return path;
}

std::string SchemaValidator::Pointer() const {
  std::string pointer;
  for (const Step& step : steps_) {
    pointer += '/';
    if (step.member == nullptr) {
      pointer += std::to_string(step.index);
      continue;
    }
    for (const char c : *step.member) pointer += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  }
  return pointer;
}

void SchemaValidator::Error(std::string message, std::string_view suggestion) {
  first_error_ = std::min(first_error_, steps_.size() - std::min(steps_.size(), branch_start_));
  if (errors_->size() < Schema::kMaxErrors) {
    errors_->push_back({Path().str(), std::move(message), std::string(suggestion)});
  }
}

void SchemaValidator::Check(const Node& node, Json& value) {
  if (++visits_ > kMaxVisits || depth_ >= kMaxDepth) {
    if (visits_ <= kMaxVisits + 1) Error("too deep or too large for its schema");
    return;
  }
  ++depth_;
  if (node.never) Error("is not allowed here");
  if (CheckType(node, value)) {
    CheckChoices(node, value);
    if (value.is_number() || node.format == Format::kDuration || node.format == Format::kByteSize) {
      CheckNumber(node, value);
    }
    if (value.is_string()) CheckString(node, value);
    if (value.is_array()) CheckArray(node, value);
    if (value.is_object()) CheckObject(node, value);
    if (node.target != nullptr) Check(*node.target, value);
    for (const Node* part : node.all_of) Check(*part, value);
    if (!node.any_of.empty()) CheckBranches(node.any_of, /*only_one=*/false, value);
    if (!node.one_of.empty()) CheckBranches(node.one_of, /*only_one=*/true, value);
    if (node.negated != nullptr && Try(*node.negated, value).errors.empty()) Error("has a form that is not allowed");
  }
  --depth_;
}

bool SchemaValidator::CheckType(const Node& node, const Json& value) {
  if (node.format != Format::kNone) {
    if (!Matches(node.format, value)) {
      Error(fmt::format("must be {}", Describe(node.format)));
      return false;
    }
    if (node.format == Format::kDuration || node.format == Format::kByteSize) return true;
  }
  if (node.reference && !value.is_string()) {
    Error(fmt::format("must be the name of a {}", NameOf(*node.reference)));
    return false;
  }
  if (node.types == 0 || (node.types & TypesOf(value)) != 0) return true;
  Error(fmt::format("must be {}, not {}", DescribeTypes(node.types), TypeName(value)));
  return false;
}

void SchemaValidator::CheckChoices(const Node& node, const Json& value) {
  if (node.constant && value != *node.constant) {
    Error("must be " + Shown(*node.constant));
    first_error_ = 0;  // a member that tells branches apart: another branch was meant
  }
  if (!node.has_choices || std::find(node.choices.begin(), node.choices.end(), value) != node.choices.end()) return;
  std::vector<std::string> shown;
  std::vector<std::string_view> words;
  for (const Json& choice : node.choices) {
    shown.push_back(Shown(choice));
    if (choice.is_string()) words.push_back(choice.get_ref<const std::string&>());
  }
  const std::string_view near = value.is_string() ? Nearest(value.get_ref<const std::string&>(), words) : "";
  Error(fmt::format("must be one of {}", fmt::join(shown, ", ")), near);
}

// minimum and the like, also of durations (in seconds) and sizes (in bytes).
void SchemaValidator::CheckNumber(const Node& node, const Json& value) {
  if (node.format == Format::kDuration) return CheckRange(node, static_cast<double>(*DurationOf(value)) / 1e9);
  if (node.format == Format::kByteSize) return CheckRange(node, static_cast<double>(*ByteSizeOf(value)));
  CheckRange(node, AsDouble(value));
}

void SchemaValidator::CheckRange(const Node& node, double number) {
  const std::string_view unit = node.format == Format::kDuration ? "s" : node.format == Format::kByteSize ? "B" : "";
  if (node.minimum && number < *node.minimum) Error(fmt::format("must be >= {}{}", *node.minimum, unit));
  if (node.above && number <= *node.above) Error(fmt::format("must be > {}{}", *node.above, unit));
  if (node.maximum && number > *node.maximum) Error(fmt::format("must be <= {}{}", *node.maximum, unit));
  if (node.below && number >= *node.below) Error(fmt::format("must be < {}{}", *node.below, unit));
  if (!node.multiple_of) return;
  const double times = number / *node.multiple_of;
  if (std::fabs(times - std::nearbyint(times)) > 1e-9 * std::max(1.0, std::fabs(times))) {
    Error(fmt::format("must be a multiple of {}", *node.multiple_of));
  }
}

void SchemaValidator::CheckString(const Node& node, const Json& value) {
  const auto& text = value.get_ref<const std::string&>();
  if (node.min_length || node.max_length) {
    const uint64_t length = CodePoints(text);
    if (node.min_length && length < *node.min_length) {
      Error(*node.min_length == 1 ? std::string("must not be empty")
                                  : fmt::format("must have at least {} characters", *node.min_length));
    }
    if (node.max_length && length > *node.max_length) {
      Error(fmt::format("must have at most {} characters", *node.max_length));
    }
  }
  if (node.pattern && !RE2::PartialMatch(text, *node.pattern)) {
    Error(fmt::format("must match {}", node.pattern->pattern()));
  }
  CheckReference(node, value);
}

void SchemaValidator::CheckReference(const Node& node, const Json& value) {
  if (!node.reference) return;
  const auto& name = value.get_ref<const std::string&>();
  if (name.empty()) return Error(fmt::format("must be the name of a {}", NameOf(*node.reference)));
  if (references_ == nullptr) return;
  Reference reference{Pointer(), *node.reference, name};
  if (std::find(references_->begin(), references_->end(), reference) == references_->end()) {
    references_->push_back(std::move(reference));
  }
}

void SchemaValidator::CheckArray(const Node& node, Json& value) {
  if (node.min_items && value.size() < *node.min_items) {
    Error(*node.min_items == 1 ? std::string("must not be empty")
                               : fmt::format("must have at least {} elements", *node.min_items));
  }
  if (node.max_items && value.size() > *node.max_items) {
    Error(fmt::format("must have at most {} elements", *node.max_items));
  }
  if (node.unique_items) CheckUnique(value);
  if (node.items == nullptr) return;
  for (size_t i = 0; i < value.size(); ++i) {
    steps_.push_back({nullptr, i});
    Check(*node.items, value[i]);
    steps_.pop_back();
  }
}

void SchemaValidator::CheckUnique(const Json& value) {
  std::unordered_set<std::string> seen;
  for (size_t i = 0; i < value.size(); ++i) {
    if (seen.insert(value[i].dump(-1, ' ', false, Json::error_handler_t::replace)).second) continue;
    steps_.push_back({nullptr, i});
    Error("is given twice");
    steps_.pop_back();
  }
}

void SchemaValidator::CheckObject(const Node& node, Json& value) {
  if (fill_defaults_) FillDefaults(node, value);
  for (const std::string& name : node.required) {
    if (value.contains(name)) continue;
    steps_.push_back({&name, 0});
    Error("is required");
    steps_.pop_back();
  }
  if (node.min_properties && value.size() < *node.min_properties) {
    Error(fmt::format("must have at least {} members", *node.min_properties));
  }
  if (node.max_properties && value.size() > *node.max_properties) {
    Error(fmt::format("must have at most {} members", *node.max_properties));
  }
  for (auto member = value.begin(); member != value.end(); ++member) CheckMember(node, member.key(), member.value());
}

void SchemaValidator::CheckMember(const Node& node, const std::string& name, Json& value) {
  steps_.push_back({&name, 0});
  if (const Node* property = node.Property(name)) {
    Check(*property, value);
  } else if (node.additional != nullptr && node.additional->never) {
    std::vector<std::string_view> known;
    for (const auto& [property_name, unused] : node.properties) known.push_back(property_name);
    Error("unknown field", Nearest(name, known));
  } else if (node.additional != nullptr) {
    Check(*node.additional, value);
  }
  steps_.pop_back();
}

void SchemaValidator::FillDefaults(const Node& node, Json& value) {
  for (const auto& [name, property] : node.properties) {
    const Json* fallback = property->Default();
    if (fallback != nullptr && !value.contains(name)) value[name] = *fallback;
  }
}

SchemaValidator::Branch SchemaValidator::Try(const Node& node, const Json& value) {
  Branch branch;
  branch.value = value;
  FieldErrors* outer_errors = std::exchange(errors_, &branch.errors);
  std::vector<Reference>* outer_references =
      std::exchange(references_, references_ == nullptr ? nullptr : &branch.references);
  const size_t outer_start = std::exchange(branch_start_, steps_.size());
  const size_t outer_first = std::exchange(first_error_, SIZE_MAX);
  Check(node, branch.value);
  branch.depth = first_error_;
  first_error_ = outer_first;
  branch_start_ = outer_start;
  references_ = outer_references;
  errors_ = outer_errors;
  return branch;
}

void SchemaValidator::CheckBranches(const std::vector<const Node*>& branches, bool only_one, Json& value) {
  std::vector<Branch> tried;
  const Branch* first = nullptr;
  size_t matching = 0;
  tried.reserve(branches.size());
  for (const Node* node : branches) {
    tried.push_back(Try(*node, value));
    if (!tried.back().errors.empty()) continue;
    ++matching;
    if (first == nullptr) first = &tried.back();
  }
  if (matching == 0) return ExplainNoBranch(branches, value, tried);
  if (only_one && matching > 1) return Error("fits more than one of the forms that exclude each other");
  value = first->value;
  if (references_ != nullptr) {
    references_->insert(references_->end(), first->references.begin(), first->references.end());
  }
}

// Says what is wrong by the branch that was most probably meant: the one whose first error lies deepest, or else has
// the fewest. Where several are as near, names the choices.
void SchemaValidator::ExplainNoBranch(const std::vector<const Node*>& nodes, const Json& value,
                                      std::vector<Branch>& tried) {
  const auto nearer = [](const Branch& a, const Branch& b) {
    if ((a.depth == 0) != (b.depth == 0)) return b.depth == 0;
    return a.errors.size() < b.errors.size();
  };
  const auto best = std::min_element(tried.begin(), tried.end(), nearer);
  const auto as_near = std::count_if(tried.begin(), tried.end(), [&](const Branch& b) { return !nearer(*best, b); });
  if (as_near == 1) {
    for (const FieldError& error : best->errors) {
      if (errors_->size() < Schema::kMaxErrors) errors_->push_back(error);
    }
    first_error_ = std::min(first_error_, best->depth + (steps_.size() - branch_start_));
    return;
  }
  std::vector<std::string> choices;
  for (const Node* node : nodes) {
    if (!node->title.empty()) {
      choices.push_back(node->title);
    } else if (value.is_object() && !node->required.empty()) {
      choices.push_back(fmt::format("{}", fmt::join(node->required, " with ")));
    } else if (node->types != 0) {
      choices.push_back(DescribeTypes(node->types));
    } else if (node->format != Format::kNone) {
      choices.emplace_back(Describe(node->format));
    }
  }
  if (choices.size() != nodes.size()) return Error("has none of the forms that are allowed");
  Error(fmt::format("must {} one of: {}", value.is_object() ? "have" : "be", fmt::join(choices, ", ")));
}

}  // namespace sp::plugin_host
