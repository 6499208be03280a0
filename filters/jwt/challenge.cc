#include "filters/jwt/challenge.h"

namespace sp::jwt {
namespace {

void Append(std::string* challenge, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  *challenge += challenge->back() == '"' ? ", " : " ";
  *challenge += name;
  *challenge += "=\"";
  *challenge += value;
  *challenge += '"';
}

}  // namespace

std::string MakeChallenge(const ChallengeSpec& spec, Refusal refusal, std::string_view scopes) {
  const RefusalRow& row = RowOf(refusal);
  if (row.status < 400 || row.status > 403) return {};
  std::string challenge = "Bearer";
  Append(&challenge, "realm", spec.realm);
  Append(&challenge, "error", row.error);  // none where no token was given (RFC 6750 3.1)
  if (!row.error.empty()) Append(&challenge, "error_description", row.detail);
  if (refusal == Refusal::kScope || refusal == Refusal::kMissing) Append(&challenge, "scope", scopes);
  Append(&challenge, "resource_metadata", spec.resource_metadata);
  return challenge;
}

bool IsPlainQuotable(std::string_view text) {
  for (char c : text) {
    if (c < 0x20 || c > 0x7e || c == '"' || c == '\\') return false;
  }
  return true;
}

}  // namespace sp::jwt
