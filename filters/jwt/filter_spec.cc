#include "filters/jwt/filter_spec.h"

#include <algorithm>
#include <set>

#include "filters/jwt/read_provider.h"

namespace sp::jwt {
namespace {

using namespace sallyport::literals;
using sallyport::Json;

constexpr size_t kMaxProviders = 64;
constexpr uint64_t kMaxCacheBytes = uint64_t{1} << 30;

std::vector<ProviderSpec> ReadProviders(const Json& config) {
  std::vector<ProviderSpec> providers;
  Json list = config.at("providers");
  if (!list.exists()) {
    providers.push_back(ReadProvider(config, config));
    return providers;
  }
  for (std::string_view name : {"issuer", "jwks"}) {
    if (config.at(name).exists()) config.at(name).fail("stands in each of the providers where there is a list of them");
  }
  if (list.count() == 0 || list.count() > kMaxProviders) list.fail("must hold 1 to 64 providers");
  std::set<std::string> issuers;
  for (const Json place : list.each()) {
    providers.push_back(ReadProvider(place, config));
    const std::string& issuer = providers.back().issuer;
    if (issuer.empty() && list.count() > 1) place.at("issuer").fail("is required where there are several providers");
    if (!issuers.insert(issuer).second) place.at("issuer").fail("is another provider's, too");
  }
  return providers;
}

bool IsHeaderName(std::string_view name) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";  // RFC 9110 5.6.2
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || kMarks.find(c) != std::string_view::npos;
  });
}

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return lower;
}

TokenPlaces ReadPlaces(const Json& from) {
  TokenPlaces places;
  places.authorization = from.at("authorization").boolean(true);
  places.cookies = ReadTexts(from.at("cookies"));
  places.parameters = ReadTexts(from.at("query"));
  for (const Json name : from.at("headers").each()) {
    places.headers.push_back(LowerCase(name.str()));
    const std::string& header = places.headers.back();
    if (!IsHeaderName(header) || header == "authorization" || header == "cookie") {
      name.fail("is no header that can hold just a token");
    }
  }
  if (!places.authorization && places.headers.empty() && places.cookies.empty() && places.parameters.empty()) {
    from.fail("leaves no place for a token");
  }
  return places;
}

// A header that this filter sets: nobody else may, so it is removed from what comes in; it can be no place of a token.
std::string OwnHeader(const Json& place, const TokenPlaces& places) {
  std::string header = LowerCase(place.str());
  bool taken = header == "authorization" || header == "cookie" ||
               std::find(places.headers.begin(), places.headers.end(), header) != places.headers.end();
  if (!IsHeaderName(header) || taken) {
    place.fail(taken ? "is a place where tokens come in" : "is no name of a header");
  } else {
    place.own_request_header(header);
  }
  return header;
}

ClaimPath ReadPath(const Json& place) {
  std::optional<ClaimPath> path = ClaimPath::Parse(place.name());
  if (path) return *path;
  place.fail("names no claim: write a name, or a JSON pointer that starts with /");
  return {};
}

std::vector<ClaimHeader> ReadClaimHeaders(const Json& map, const TokenPlaces& places) {
  std::vector<ClaimHeader> headers;
  for (const Json place : map.each()) {
    headers.push_back({ReadPath(place), OwnHeader(place, places)});
    for (size_t i = 0; i + 1 < headers.size(); ++i) {
      if (headers[i].header == headers.back().header) place.fail("is set from another claim, too");
    }
  }
  return headers;
}

bool IsStandardKey(std::string_view key) { return key == "sub" || key == "iss" || key == "scope" || key == "payload"; }

std::vector<ClaimSlot> ReadClaimSlots(const Json& map) {
  std::vector<ClaimSlot> slots;
  for (const Json place : map.each()) {
    std::string_view key = place.str();
    if (IsStandardKey(key)) place.fail("is set from every token already");
    slots.push_back({ReadPath(place), place.metadata(key)});
  }
  return slots;
}

ChallengeSpec ReadChallenge(const Json& config) {
  ChallengeSpec challenge{std::string(config.at("realm").str("sallyport")),
                          std::string(config.at("resource_metadata").str(""))};
  for (std::string_view name : {"realm", "resource_metadata"}) {
    if (!IsPlainQuotable(config.at(name).str(""))) {
      config.at(name).fail("may hold only printable ASCII, without quotation marks and backslashes");
    }
  }
  return challenge;
}

Counters MakeCounters(const Json& config) {
  return {config.counter("tokens_total", {{"result", "accepted"}}),
          config.counter("tokens_total", {{"result", "refused"}}),
          config.counter("tokens_total", {{"result", "missing"}}),
          config.counter("cache_lookups_total", {{"result", "hit"}}),
          config.counter("cache_lookups_total", {{"result", "miss"}}),
          config.counter("key_fetches_total", {{"result", "ok"}}),
          config.counter("key_fetches_total", {{"result", "failed"}})};
}

std::vector<std::string> ReadScopes(const Json& list) {
  std::vector<std::string> scopes = ReadTexts(list);
  for (size_t i = 0; i < scopes.size(); ++i) {
    bool one_word = !scopes[i].empty() && scopes[i].find(' ') == std::string::npos && IsPlainQuotable(scopes[i]);
    if (!one_word) list.at(i).fail("is no scope: one word of printable ASCII (RFC 6749 3.3)");
  }
  return scopes;
}

void AddValue(const Json& place, ClaimRule* rule) {
  constexpr double kExact = 9007199254740992.0;  // 2^53
  switch (place.kind()) {
    case SP_JSON_STRING:
      rule->any_of.emplace_back(std::string(place.str()));
      break;
    case SP_JSON_BOOL:
      rule->any_of.emplace_back(place.boolean());
      break;
    case SP_JSON_NUMBER:
      rule->any_of.emplace_back(place.f64());
      if (place.f64() > kExact || place.f64() < -kExact) place.fail("is too large to be compared exactly");
      break;
    default:
      place.fail("must be a text, a number, true or false");
  }
}

std::vector<ClaimRule> ReadClaimRules(const Json& map) {
  std::vector<ClaimRule> rules;
  for (const Json place : map.each()) {
    ClaimRule& rule = rules.emplace_back(ClaimRule{ReadPath(place), {}});
    if (place.is_array()) {
      if (place.count() == 0) place.fail("must hold at least one value");
      for (const Json value : place.each()) AddValue(value, &rule);
    } else if (!place.is_object()) {
      AddValue(place, &rule);
    } else if (!place.at("present").boolean(false)) {
      place.at("present").fail("must be true");
    }
  }
  return rules;
}

std::optional<bool> ReadFlag(const Json& place) {
  return place.exists() ? std::optional<bool>(place.boolean()) : std::nullopt;
}

}  // namespace

FilterSpec::FilterSpec(const Json& config)
    : providers(ReadProviders(config)),
      places(ReadPlaces(config.at("token_from"))),
      strip_token(config.at("forward_token").pick<bool>({{"keep", false}, {"strip", true}}, false)),
      claim_headers(ReadClaimHeaders(config.at("claim_headers"), places)),
      claim_slots(ReadClaimSlots(config.at("claim_metadata"))),
      slots{config.metadata("sub"), config.metadata("iss"), config.metadata("scope"), config.metadata("payload")},
      challenge(ReadChallenge(config)),
      cache_bytes(config.at("cache").at("size").size(8 << 20)),
      cache_max_age(config.at("cache").at("max_age").duration(10min)),
      counters(MakeCounters(config)) {
  if (config.at("payload_header").exists()) {
    payload_header = OwnHeader(config.at("payload_header"), places);
    for (const ClaimHeader& other : claim_headers) {
      if (other.header == payload_header) config.at("payload_header").fail("is set from a claim, too");
    }
  }
  if (cache_bytes > kMaxCacheBytes) config.at("cache").at("size").fail("must be at most 1GiB");
  if (cache_max_age <= 0s) config.at("cache").at("max_age").fail("must be more than 0s");
  for (int i = 1; i < kRefusalCount; ++i) reasons[i] = config.reason(RowOf(static_cast<Refusal>(i)).reason);
  config.host().host->random(config.config(), seed.data(), sizeof seed);
}

bool FilterSpec::HasKeySources() const {
  return std::any_of(providers.begin(), providers.end(), [](const ProviderSpec& p) { return p.source.has_value(); });
}

WrittenRequirements ReadRequirements(const Json& place) {
  WrittenRequirements written;
  written.require = ReadFlag(place.at("require"));
  written.allow_missing = ReadFlag(place.at("allow_missing"));
  if (place.at("audiences").exists()) written.audiences = ReadTexts(place.at("audiences"));
  if (place.at("scopes").exists()) written.scopes = ReadScopes(place.at("scopes"));
  if (place.at("any_scopes").exists()) written.any_scopes = ReadScopes(place.at("any_scopes"));
  if (place.at("claims").exists()) written.claims = ReadClaimRules(place.at("claims"));
  if (written.require == false && written.AsksForSomething()) {
    place.at("require").fail("is false, so audiences, scopes and claims beside it would never be checked");
  }
  return written;
}

}  // namespace sp::jwt
