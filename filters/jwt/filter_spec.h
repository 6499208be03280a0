// The filter's configuration as compiled: read once, in create; immutable, shared by all workers and routes.
// config.schema.json and route.schema.json say what may be written; what a schema can't say is checked here.
#pragma once

#include <sallyport/sdk/json.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "filters/jwt/challenge.h"
#include "filters/jwt/identity.h"
#include "filters/jwt/provider.h"
#include "filters/jwt/requirements.h"
#include "filters/jwt/token_cache.h"
#include "filters/jwt/token_places.h"

namespace sp::jwt {

// Metadata that every verified token leaves, under these keys.
struct StandardSlots {
  sallyport::Slot subject;  // "sub"
  sallyport::Slot issuer;   // "iss"
  sallyport::Slot scope;    // "scope": all scopes, separated by spaces
  sallyport::Slot payload;  // "payload": the claims as JSON
};

struct Counters {
  sallyport::Counter accepted;  // tokens
  sallyport::Counter refused;   // tokens
  sallyport::Counter missing;   // requests without a token, let through or not
  sallyport::Counter cache_hits;
  sallyport::Counter cache_misses;
  sallyport::Counter fetches_ok;
  sallyport::Counter fetches_failed;
};

struct FilterSpec {
  explicit FilterSpec(const sallyport::Json& config);

  std::vector<ProviderSpec> providers;
  TokenPlaces places;
  bool strip_token = false;
  std::vector<ClaimHeader> claim_headers;
  std::string payload_header;  // empty: none
  std::vector<ClaimSlot> claim_slots;
  StandardSlots slots;
  ChallengeSpec challenge;
  uint64_t cache_bytes = 0;
  sallyport::Duration cache_max_age{};
  TokenCache::Seed seed{};
  Counters counters;
  std::array<sallyport::Reason, kRefusalCount> reasons;

  bool HasKeySources() const;
};

// The requirements that stand at `place`: the filter's config, or one route config.
WrittenRequirements ReadRequirements(const sallyport::Json& place);

}  // namespace sp::jwt
