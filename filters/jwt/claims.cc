#include "filters/jwt/claims.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace sp::jwt {
namespace {

using nlohmann::json;

constexpr double kMaxNumericDate = 9007199254740992.0;  // 2^53: beyond it doubles skip whole seconds

bool ReadText(const json& claims, const char* name, std::optional<std::string>* text) {
  auto claim = claims.find(name);
  if (claim == claims.end()) return true;
  if (!claim->is_string()) return false;
  *text = claim->get_ref<const std::string&>();
  return true;
}

// A NumericDate (RFC 7519 2): seconds, which may have a fraction.
bool ReadDate(const json& claims, const char* name, std::optional<int64_t>* milliseconds) {
  auto claim = claims.find(name);
  if (claim == claims.end()) return true;
  if (!claim->is_number()) return false;
  double seconds = claim->get<double>();
  if (!std::isfinite(seconds) || seconds < 0 || seconds > kMaxNumericDate) return false;
  double whole = std::floor(seconds);
  *milliseconds = static_cast<int64_t>(whole) * 1000 + static_cast<int64_t>((seconds - whole) * 1000);
  return true;
}

bool AppendTexts(const json& list, std::vector<std::string>* texts) {
  for (const json& element : list) {
    if (!element.is_string()) return false;
    texts->push_back(element.get_ref<const std::string&>());
  }
  return true;
}

// `aud`: one text or a list of them (RFC 7519 4.1.3).
bool ReadAudiences(const json& claims, std::vector<std::string>* audiences) {
  auto claim = claims.find("aud");
  if (claim == claims.end()) return true;
  if (claim->is_array()) return AppendTexts(*claim, audiences);
  if (!claim->is_string()) return false;
  audiences->push_back(claim->get_ref<const std::string&>());
  return true;
}

void AppendWords(std::string_view text, std::vector<std::string>* words) {
  while (!text.empty()) {
    size_t end = text.find(' ');
    std::string_view word = text.substr(0, end);
    if (!word.empty()) words->emplace_back(word);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

// RFC 8693 4.2 has scopes in one text; some issuers write lists, and call it `scp`.
bool ReadScopes(const json& claims, const char* name, std::vector<std::string>* scopes) {
  auto claim = claims.find(name);
  if (claim == claims.end()) return true;
  if (claim->is_array()) return AppendTexts(*claim, scopes);
  if (!claim->is_string()) return false;
  AppendWords(claim->get_ref<const std::string&>(), scopes);
  return true;
}

// One step of a JSON pointer, unescaped; false for a ~ that escapes nothing.
bool Unescape(std::string_view step, std::string* name) {
  for (size_t i = 0; i < step.size(); ++i) {
    if (step[i] != '~') {
      name->push_back(step[i]);
      continue;
    }
    if (++i == step.size() || (step[i] != '0' && step[i] != '1')) return false;
    name->push_back(step[i] == '0' ? '~' : '/');
  }
  return true;
}

// Not the digits of a number that has another spelling.
std::optional<size_t> IndexOf(std::string_view digits) {
  if (digits.empty() || digits.size() > 9 || (digits.size() > 1 && digits[0] == '0')) return std::nullopt;
  size_t index = 0;
  for (char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    index = index * 10 + static_cast<size_t>(c - '0');
  }
  return index;
}

const json* Step(const json& from, const std::string& name) {
  if (from.is_object()) {
    auto member = from.find(name);
    return member == from.end() ? nullptr : &*member;
  }
  if (!from.is_array()) return nullptr;
  std::optional<size_t> index = IndexOf(name);
  return index && *index < from.size() ? &from[*index] : nullptr;
}

}  // namespace

std::optional<ClaimPath> ClaimPath::Parse(std::string_view text) {
  ClaimPath path;
  if (text.empty()) return std::nullopt;
  if (text.front() != '/') {
    path.steps_.emplace_back(text);
    return path;
  }
  while (!text.empty()) {
    text.remove_prefix(1);
    size_t end = text.find('/');
    if (!Unescape(text.substr(0, end), &path.steps_.emplace_back())) return std::nullopt;
    text.remove_prefix(end == std::string_view::npos ? text.size() : end);
  }
  return path;
}

const json* ClaimPath::Find(const json& claims) const {
  const json* at = &claims;
  for (const std::string& step : steps_) {
    at = Step(*at, step);
    if (at == nullptr) return nullptr;
  }
  return at;
}

Refusal ReadRegisteredClaims(const json& claims, RegisteredClaims* registered) {
  bool ok = ReadText(claims, "iss", &registered->issuer) && ReadText(claims, "sub", &registered->subject) &&
            ReadAudiences(claims, &registered->audiences) && ReadScopes(claims, "scope", &registered->scopes) &&
            ReadScopes(claims, "scp", &registered->scopes) && ReadDate(claims, "exp", &registered->expires_ms) &&
            ReadDate(claims, "nbf", &registered->not_before_ms) && ReadDate(claims, "iat", &registered->issued_ms);
  return ok ? Refusal::kNone : Refusal::kInvalidClaim;
}

Refusal CheckTimes(const RegisteredClaims& claims, const TimeRules& rules, int64_t now_ms) {
  if (!claims.expires_ms && rules.require_expiry) return Refusal::kInvalidClaim;
  if (claims.expires_ms && now_ms >= *claims.expires_ms + rules.skew_ms) return Refusal::kExpired;
  for (const std::optional<int64_t>& from : {claims.not_before_ms, claims.issued_ms}) {
    if (from && now_ms + rules.skew_ms < *from) return Refusal::kNotYetValid;
  }
  return Refusal::kNone;
}

}  // namespace sp::jwt
