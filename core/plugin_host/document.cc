#include "core/plugin_host/document.h"

#include <nlohmann/json.hpp>

namespace sp::plugin_host {
namespace {

using Json = nlohmann::json;

// Depth of nesting, by the brackets outside of strings; what is no JSON is found by the parser.
bool TooDeep(std::string_view text) {
  size_t depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kMaxJsonDepth) return true;
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return false;
}

// One reference token of a JSON pointer, unescaped; `pointer` starts with '/' and is advanced behind the token.
bool TakeToken(std::string_view& pointer, std::string* token) {
  token->clear();
  pointer.remove_prefix(1);
  while (!pointer.empty() && pointer.front() != '/') {
    char c = pointer.front();
    pointer.remove_prefix(1);
    if (c == '~') {
      if (pointer.empty() || (pointer.front() != '0' && pointer.front() != '1')) return false;
      c = pointer.front() == '0' ? '~' : '/';
      pointer.remove_prefix(1);
    }
    token->push_back(c);
  }
  return true;
}

std::optional<size_t> ArrayIndex(std::string_view token) {
  if (token.empty() || token.size() > 9 || (token.size() > 1 && token.front() == '0')) return std::nullopt;
  size_t index = 0;
  for (const char c : token) {
    if (c < '0' || c > '9') return std::nullopt;
    index = index * 10 + static_cast<size_t>(c - '0');
  }
  return index;
}

const Json* Child(const Json& value, const std::string& token) {
  if (value.is_object()) {
    const auto found = value.find(token);
    return found == value.end() ? nullptr : &*found;
  }
  if (value.is_array()) {
    const auto index = ArrayIndex(token);
    return index && *index < value.size() ? &value[*index] : nullptr;
  }
  return nullptr;
}

}  // namespace

Document::Document() : value_(std::make_unique<Json>()) {}
Document::Document(Json value) : value_(std::make_unique<Json>(std::move(value))) {}
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;
Document::~Document() = default;

std::optional<Document> Document::Parse(std::string_view text, std::string* error) {
  if (TooDeep(text)) {
    *error = "nested too deep";
    return std::nullopt;
  }
  try {
    return Document(Json::parse(text));
  } catch (const Json::exception& e) {
    // `[json.exception.parse_error.101] parse error at line 1, column 2: …`
    std::string_view what = e.what();
    const size_t prefix = what.find("] ");
    *error = prefix == std::string_view::npos ? what : what.substr(prefix + 2);
    return std::nullopt;
  }
}

const Json* Document::Find(std::string_view pointer) const {
  const Json* value = value_.get();
  std::string token;
  while (!pointer.empty()) {
    if (pointer.front() != '/' || !TakeToken(pointer, &token)) return nullptr;
    value = Child(*value, token);
    if (value == nullptr) return nullptr;
  }
  return value;
}

std::string Document::Text() const { return value_->dump(-1, ' ', false, Json::error_handler_t::replace); }

FieldPath Document::PathIn(const Json* value, std::string_view pointer, const FieldPath& at) {
  FieldPath path = at;
  std::string token;
  while (!pointer.empty() && pointer.front() == '/' && TakeToken(pointer, &token)) {
    const auto index = ArrayIndex(token);
    path = value != nullptr && value->is_array() && index ? path.Index(*index) : path.Field(token);
    if (value != nullptr) value = Child(*value, token);
  }
  return path;
}

}  // namespace sp::plugin_host
