// What upstreams and later filters are told of a verified token: claims as headers and as metadata.
//
// A header's value must mean to the upstream what the claim meant to the issuer, so a claim that can't be written so is
// no value at all: control characters, space at an end (which parsers trim), a comma in an element of a list (which
// would be two elements), more than kMaxHeaderText bytes.
#pragma once

#include <sallyport/sdk/base.hpp>

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "filters/jwt/claims.h"

namespace sp::jwt {

inline constexpr size_t kMaxHeaderText = 4096;

struct ClaimHeader {
  ClaimPath path;
  std::string header;  // lower case
};
struct ClaimSlot {
  ClaimPath path;
  sallyport::Slot slot;
};

// Text: itself. Number, true, false: as JSON. A list of these: joined by commas. An object or a list with anything
// else: JSON in ASCII. Nothing where the rule above says so.
std::optional<std::string> HeaderText(const nlohmann::json& claim);

// A claim as a piece of metadata, kept with a cached token.
struct SlotValue {
  sallyport::Slot slot;
  uint32_t type = SP_VALUE_ABSENT;
  int64_t i64 = 0;
  double f64 = 0;
  std::string text;

  static SlotValue Of(sallyport::Slot slot, const nlohmann::json& claim);
  sallyport::Value value() const;
};

// Values of the claims that are there; false where one of them has no header text.
struct HeaderValue {
  const std::string* header;
  std::string text;
};
bool MakeHeaders(const std::vector<ClaimHeader>& headers, const nlohmann::json& claims, std::vector<HeaderValue>* out);
std::vector<SlotValue> MakeSlots(const std::vector<ClaimSlot>& slots, const nlohmann::json& claims);

}  // namespace sp::jwt
