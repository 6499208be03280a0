#include "filters/jwt/token_places.h"

#include <algorithm>

namespace sp::jwt {
namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// The part before `separator`, which goes from *rest with it.
std::string_view TakeUntil(std::string_view* rest, char separator) {
  size_t end = rest->find(separator);
  std::string_view part = rest->substr(0, end);
  rest->remove_prefix(end == std::string_view::npos ? rest->size() : end + 1);
  return part;
}

// Strips `Bearer` in any case (RFC 9110 11.1) and what separates it; false where another scheme stands there.
bool TakeScheme(std::string_view* credentials) {
  constexpr std::string_view kScheme = "bearer";
  std::string_view text = Trim(*credentials);
  if (text.size() < kScheme.size()) return false;
  for (size_t i = 0; i < kScheme.size(); ++i) {
    if (Lower(text[i]) != kScheme[i]) return false;
  }
  text.remove_prefix(kScheme.size());
  if (!text.empty() && text.front() != ' ' && text.front() != '\t') return false;
  *credentials = Trim(text);
  return true;
}

// Space or a comma means that more follows than one token.
bool IsOneWord(std::string_view token) {
  return !token.empty() && token.find_first_of(" \t,") == std::string_view::npos;
}

int HexOf(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = Lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// As an upstream would read the name of a parameter; what is no escape stays.
std::string Unescape(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    bool escape = text[i] == '%' && i + 2 < text.size() && HexOf(text[i + 1]) >= 0 && HexOf(text[i + 2]) >= 0;
    plain.push_back(escape ? static_cast<char>(HexOf(text[i + 1]) * 16 + HexOf(text[i + 2])) : text[i]);
    if (escape) i += 2;
  }
  return plain;
}

bool IsNamed(std::string_view parameter_name, std::string_view name) {
  if (parameter_name == name) return true;
  return parameter_name.find('%') != std::string_view::npos && Unescape(parameter_name) == name;
}

const std::string* Find(const std::vector<std::string>& names, std::string_view name) {
  auto found = std::find(names.begin(), names.end(), name);
  return found == names.end() ? nullptr : &*found;
}

// The text without the parts that `drop` says, joined again as they were.
template <typename Drop>
std::string Without(std::string_view text, char separator, std::string_view joint, Drop drop) {
  std::string kept;
  while (!text.empty()) {
    std::string_view part = TakeUntil(&text, separator);
    if (drop(part)) continue;
    if (!kept.empty()) kept += joint;
    kept += part;
  }
  return kept;
}

}  // namespace

void TokenFinder::Take(PlaceKind kind, std::string_view name, std::string_view token) {
  if (++found_ > 1) return;
  kind_ = kind;
  name_ = name;
  token_ = token;
}

void TokenFinder::AddAuthorization(std::string_view value) {
  ++authorization_fields_;
  if (!TakeScheme(&value)) return;
  invalid_ = invalid_ || !IsOneWord(value);
  Take(PlaceKind::kAuthorization, "authorization", value);
}

void TokenFinder::AddHeader(std::string_view name, std::string_view value) {
  value = Trim(value);
  TakeScheme(&value);
  invalid_ = invalid_ || !IsOneWord(value);
  Take(PlaceKind::kHeader, name, value);
}

void TokenFinder::AddCookies(const TokenPlaces& places, std::string_view cookie_header) {
  while (!cookie_header.empty()) {
    std::string_view value = Trim(TakeUntil(&cookie_header, ';'));
    const std::string* name = Find(places.cookies, TakeUntil(&value, '='));
    if (name != nullptr && !value.empty()) Take(PlaceKind::kCookie, *name, value);  // empty: logged out
  }
}

void TokenFinder::AddQuery(const TokenPlaces& places, std::string_view query) {
  while (!query.empty()) {
    std::string_view value = TakeUntil(&query, '&');
    std::string_view name = TakeUntil(&value, '=');
    for (const std::string& wanted : places.parameters) {
      if (IsNamed(name, wanted)) Take(PlaceKind::kParameter, wanted, value);
    }
  }
}

Refusal TokenFinder::Result() const {
  if (found_ > 1 || authorization_fields_ > 1 || invalid_) return Refusal::kMultiple;
  return found_ == 0 ? Refusal::kMissing : Refusal::kNone;
}

std::string WithoutCookie(std::string_view cookie_header, std::string_view name) {
  return Without(cookie_header, ';', "; ", [&](std::string_view& part) {
    part = Trim(part);
    return part.substr(0, part.find('=')) == name;
  });
}

std::string WithoutParameter(std::string_view query, std::string_view name) {
  return Without(query, '&', "&", [&](std::string_view part) { return IsNamed(part.substr(0, part.find('=')), name); });
}

}  // namespace sp::jwt
