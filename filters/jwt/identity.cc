#include "filters/jwt/identity.h"

#include <nlohmann/json.hpp>

namespace sp::jwt {
namespace {

using nlohmann::json;

bool IsSpace(char c) { return c == ' ' || c == '\t'; }

bool IsFaithful(std::string_view text) {
  if (text.size() > kMaxHeaderText) return false;
  if (!text.empty() && (IsSpace(text.front()) || IsSpace(text.back()))) return false;
  for (char c : text) {
    if (static_cast<uint8_t>(c) < 0x20 || c == 0x7f) return false;
  }
  return true;
}

bool IsScalar(const json& value) { return value.is_string() || value.is_number() || value.is_boolean(); }

std::string ScalarText(const json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

std::string AsciiJson(const json& value) { return value.dump(-1, ' ', /*ensure_ascii=*/true); }

bool IsListOfScalars(const json& value) {
  if (!value.is_array()) return false;
  for (const json& element : value) {
    if (!IsScalar(element)) return false;
  }
  return true;
}

std::optional<std::string> Joined(const json& list) {
  std::string text;
  for (const json& element : list) {
    std::string part = ScalarText(element);
    if (part.empty() || part.find(',') != std::string::npos || !IsFaithful(part)) return std::nullopt;
    if (!text.empty()) text += ',';
    text += part;
  }
  return text;
}

}  // namespace

std::optional<std::string> HeaderText(const json& claim) {
  std::optional<std::string> text;
  if (IsScalar(claim)) {
    text = ScalarText(claim);
  } else if (IsListOfScalars(claim)) {
    text = Joined(claim);
  } else {
    text = AsciiJson(claim);
  }
  if (text && !IsFaithful(*text)) text.reset();
  return text;
}

SlotValue SlotValue::Of(sallyport::Slot slot, const json& claim) {
  SlotValue value;
  value.slot = slot;
  if (claim.is_string()) {
    value.type = SP_VALUE_STR;
    value.text = claim.get<std::string>();
  } else if (claim.is_boolean()) {
    value.type = SP_VALUE_BOOL;
    value.i64 = claim.get<bool>() ? 1 : 0;
  } else if (claim.is_number_integer() && !(claim.is_number_unsigned() && claim.get<uint64_t>() > INT64_MAX)) {
    value.type = SP_VALUE_I64;
    value.i64 = claim.get<int64_t>();
  } else if (claim.is_number()) {
    value.type = SP_VALUE_F64;
    value.f64 = claim.get<double>();
  } else {
    value.type = SP_VALUE_JSON;
    value.text = claim.dump();
  }
  return value;
}

sallyport::Value SlotValue::value() const {
  sp_value raw{};
  raw.type = type;
  raw.i64 = i64;
  raw.f64 = f64;
  raw.str = sallyport::to_abi(text);
  return sallyport::Value(raw);
}

bool MakeHeaders(const std::vector<ClaimHeader>& headers, const json& claims, std::vector<HeaderValue>* out) {
  for (const ClaimHeader& rule : headers) {
    const json* claim = rule.path.Find(claims);
    if (claim == nullptr || claim->is_null()) continue;
    std::optional<std::string> text = HeaderText(*claim);
    if (!text) return false;
    out->push_back({&rule.header, std::move(*text)});
  }
  return true;
}

std::vector<SlotValue> MakeSlots(const std::vector<ClaimSlot>& slots, const json& claims) {
  std::vector<SlotValue> values;
  for (const ClaimSlot& rule : slots) {
    const json* claim = rule.path.Find(claims);
    if (claim != nullptr && !claim->is_null()) values.push_back(SlotValue::Of(rule.slot, *claim));
  }
  return values;
}

}  // namespace sp::jwt
