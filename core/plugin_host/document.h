// Document: one JSON value. Keeps the JSON library out of the headers of this folder; paths are JSON pointers
// (RFC 6901). Immutable once it is shared. Members of an object are in the order of their names.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/field_error.h"

namespace sp::plugin_host {

inline constexpr size_t kMaxJsonDepth = 64;

class Document {
 public:
  Document();  // null
  explicit Document(nlohmann::json value);
  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;
  ~Document();

  // Nothing, and `error` set, for what is no JSON text or nested deeper than kMaxJsonDepth.
  static std::optional<Document> Parse(std::string_view text, std::string* error);

  const nlohmann::json& json() const { return *value_; }
  nlohmann::json& json() { return *value_; }
  // Null where nothing stands, or `pointer` is none.
  const nlohmann::json* Find(std::string_view pointer) const;
  // Canonical text: no white space, members in order.
  std::string Text() const;
  // `/rules/0/name` → `<at>.rules[0].name`. What does not exist in this document is taken for a member's name.
  FieldPath PathOf(std::string_view pointer, const FieldPath& at) const { return PathIn(value_.get(), pointer, at); }
  static FieldPath PathIn(const nlohmann::json* value, std::string_view pointer, const FieldPath& at);

 private:
  std::unique_ptr<nlohmann::json> value_;
};

}  // namespace sp::plugin_host
