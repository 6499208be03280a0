#include "filters/jwt/compact_token.h"

#include <sallyport/sdk/base64url.hpp>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "filters/jwt/json.h"

namespace sp::jwt {
namespace {

using nlohmann::json;

struct Parts {
  std::string_view header, payload, signature;
};

bool Split(std::string_view text, Parts* parts) {
  size_t first = text.find('.');
  if (first == std::string_view::npos) return false;
  size_t second = text.find('.', first + 1);
  if (second == std::string_view::npos || text.find('.', second + 1) != std::string_view::npos) return false;
  *parts = {text.substr(0, first), text.substr(first + 1, second - first - 1), text.substr(second + 1)};
  return true;
}

// A member that is absent or a string.
bool ReadString(const json& object, const char* name, std::optional<std::string>* value) {
  auto member = object.find(name);
  if (member == object.end()) return true;
  if (!member->is_string()) return false;
  *value = member->get_ref<const std::string&>();
  return true;
}

Refusal ReadHeader(std::string_view text, CompactToken* token) {
  json header;
  if (!ParseJson(text, &header) || !header.is_object()) return Refusal::kMalformed;
  std::optional<std::string> algorithm;
  std::optional<std::string> type;
  if (!ReadString(header, "alg", &algorithm) || !algorithm || !ReadString(header, "kid", &token->key_id) ||
      !ReadString(header, "typ", &type)) {
    return Refusal::kMalformed;
  }
  if (header.contains("crit")) return Refusal::kCritical;
  if (header.contains("b64")) return Refusal::kMalformed;  // without `crit` it has no meaning (RFC 7797 6)
  if (token->key_id && token->key_id->size() > kMaxKeyIdBytes) return Refusal::kMalformed;
  token->algorithm = std::move(*algorithm);
  if (type) token->type = ShortType(std::move(*type));
  return Refusal::kNone;
}

}  // namespace

std::string ShortType(std::string type) {
  std::transform(type.begin(), type.end(), type.begin(),
                 [](unsigned char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c); });
  constexpr std::string_view kPrefix = "application/";
  if (type.starts_with(kPrefix)) type.erase(0, kPrefix.size());
  return type;
}

Refusal ParseCompactToken(std::string_view text, CompactToken* token) {
  if (text.size() > kMaxTokenBytes) return Refusal::kMalformed;
  Parts parts;
  if (!Split(text, &parts)) return Refusal::kMalformed;
  std::optional<std::string> header = sallyport::base64url_decode(parts.header);
  std::optional<std::string> payload = sallyport::base64url_decode(parts.payload);
  std::optional<std::string> signature = sallyport::base64url_decode(parts.signature);
  if (!header || !payload || !signature) return Refusal::kMalformed;
  token->payload = std::move(*payload);
  token->signature = std::move(*signature);
  token->signing_input = text.substr(0, parts.header.size() + 1 + parts.payload.size());
  token->encoded_payload = parts.payload;
  return ReadHeader(*header, token);
}

}  // namespace sp::jwt
