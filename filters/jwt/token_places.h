// Where a request may carry its token, and finding it there. By default only `Authorization: Bearer` (RFC 6750 2.1).
//
// Exactly one token may be given in all places together; more is 400 (RFC 6750 3.1, THREATS T81): a gateway that took
// one while the upstream took the other would vouch for what it never saw.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "filters/jwt/refusal.h"

namespace sp::jwt {

struct TokenPlaces {
  bool authorization = true;
  std::vector<std::string> headers;  // lower case
  std::vector<std::string> cookies;
  std::vector<std::string> parameters;  // of the query
};

enum class PlaceKind : uint8_t { kAuthorization, kHeader, kCookie, kParameter };

class TokenFinder {
 public:
  // Give it everything that the request has in the configured places. Texts must outlive the finder.
  void AddAuthorization(std::string_view value);
  void AddHeader(std::string_view name, std::string_view value);
  void AddCookies(const TokenPlaces& places, std::string_view cookie_header);
  void AddQuery(const TokenPlaces& places, std::string_view query);

  // kNone, kMissing, or kMultiple: more than one, or a Bearer that no token follows.
  Refusal Result() const;
  std::string_view token() const { return token_; }
  PlaceKind kind() const { return kind_; }
  std::string_view name() const { return name_; }

 private:
  void Take(PlaceKind kind, std::string_view name, std::string_view token);

  int found_ = 0;
  int authorization_fields_ = 0;
  bool invalid_ = false;
  PlaceKind kind_ = PlaceKind::kAuthorization;
  std::string_view name_;
  std::string_view token_;
};

// The text without the cookie or parameter of that name.
std::string WithoutCookie(std::string_view cookie_header, std::string_view name);
std::string WithoutParameter(std::string_view query, std::string_view name);

}  // namespace sp::jwt
