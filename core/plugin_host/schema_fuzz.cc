// A schema and, behind the first zero byte, a config to validate with it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>

#include "core/plugin_host/schema.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sp::plugin_host;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t zero = input.find('\0');
  std::vector<std::string> errors;
  const auto schema = Schema::Compile(input.substr(0, zero), &errors);
  if ((schema == nullptr) == errors.empty()) std::abort();  // refused if and only if it says why
  if (schema == nullptr || zero == std::string_view::npos) return 0;
  std::string error;
  auto value = Document::Parse(input.substr(zero + 1), &error);
  if (!value) return 0;
  sp::FieldErrors wrong;
  std::vector<Reference> references;
  schema->Validate(*value, Schema::Defaults::kFill, sp::FieldPath("config"), &wrong, &references);
  if (!wrong.empty()) return 0;
  // What was filled in is valid too, and complete.
  const std::string filled = value->Text();
  schema->Validate(*value, Schema::Defaults::kFill, sp::FieldPath("config"), &wrong, nullptr);
  if (schema->text().find("not") == std::string::npos && schema->text().find("Of") == std::string::npos) {
    if (!wrong.empty() || value->Text() != filled) std::abort();
  }
  for (const Reference& reference : references) {
    if (value->Find(reference.pointer) == nullptr) std::abort();
  }
  return 0;
}
