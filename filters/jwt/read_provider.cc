#include "filters/jwt/read_provider.h"

#include "filters/jwt/compact_token.h"

namespace sp::jwt {
namespace {

using namespace sallyport::literals;
using sallyport::Duration;
using sallyport::Json;

constexpr Duration kDefaultSkew = 5s;
constexpr Duration kMaxSkew = 60s;

int64_t Milliseconds(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

// The place that says it: the provider, or else the top.
Json Either(const Json& place, const Json& top, std::string_view name) {
  return place.at(name).exists() ? place.at(name) : top.at(name);
}

AlgorithmSet ReadAlgorithms(const Json& list) {
  if (!list.exists()) return AlgorithmSet::Asymmetric();
  AlgorithmSet set;
  for (const Json name : list.each()) {
    std::optional<Algorithm> algorithm = AlgorithmOf(name.str());
    if (algorithm) {
      set.Add(*algorithm);
    } else {
      name.fail("is no algorithm that tokens can be verified with");
    }
  }
  if (set.empty()) list.fail("must name at least one algorithm");
  return set;
}

std::vector<std::string> ReadTypes(const Json& list) {
  std::vector<std::string> types = ReadTexts(list);
  for (std::string& type : types) type = ShortType(std::move(type));
  return types;
}

TimeRules ReadTimes(const Json& place, const Json& top) {
  Json skew = Either(place, top, "clock_skew");
  TimeRules rules;
  Duration duration = skew.duration(kDefaultSkew);
  if (duration < 0s || duration > kMaxSkew) skew.fail("must be between 0s and 60s");
  rules.skew_ms = Milliseconds(duration);
  rules.require_expiry = Either(place, top, "require_exp").boolean(true);
  return rules;
}

void Log(const Json& place, std::string_view text) {
  place.host().host->log(place.config(), SP_LOG_WARN, sallyport::to_abi(text));
}

// A set that is part of the configuration: must hold a usable key.
std::shared_ptr<const KeySet> ReadFixedKeys(const Json& place, std::string_view text, AlgorithmSet algorithms) {
  KeySetResult result = ParseKeySet(text, algorithms);
  if (!result.keys) {
    place.fail(result.error);
  } else if (result.has_short_secret) {
    // A secret too short for its hash is never somebody else's key that we may pass over.
    for (const std::string& sentence : result.left_out) place.fail(sentence);
  }
  for (const std::string& sentence : result.left_out) Log(place, "not used: " + sentence);
  return result.keys;
}

KeySource ReadSource(const Json& jwks) {
  KeySource source;
  source.cluster = jwks.at("cluster").cluster();
  source.cluster_name = jwks.at("cluster").str("");
  source.path = jwks.at("path").str("/.well-known/jwks.json");
  source.authority = jwks.at("authority").str("");
  source.refresh = jwks.at("refresh").duration(5min);
  source.timeout = jwks.at("timeout").duration(5s);
  source.max_age = jwks.at("max_age").duration(24h);
  source.max_bytes = jwks.at("max_size").size(kMaxKeySetBytes);
  source.wait = jwks.at("on_unavailable").pick<bool>({{"wait", true}, {"serve", false}}, true);
  if (!source.path.starts_with('/')) jwks.at("path").fail("must start with /");
  if (source.refresh < 1s) jwks.at("refresh").fail("must be at least 1s");
  if (source.timeout <= 0s || source.timeout > 60s) jwks.at("timeout").fail("must be at most 60s, and more than 0s");
  if (source.max_age < source.refresh) jwks.at("max_age").fail("must not be less than refresh");
  if (source.max_bytes == 0 || source.max_bytes > kMaxKeySetBytes) jwks.at("max_size").fail("must be at most 1MiB");
  return source;
}

void ReadKeys(const Json& jwks, ProviderSpec* provider) {
  int places = 0;
  for (std::string_view name : {"inline", "file", "secret", "cluster"}) places += jwks.at(name).exists() ? 1 : 0;
  if (places != 1) {
    jwks.fail(jwks.exists() ? "needs exactly one of inline, file, secret and cluster" : "is required");
    return;
  }
  if (jwks.at("cluster").exists()) {
    provider->source = ReadSource(jwks);
    if (!(provider->algorithms & AlgorithmSet::Hmac()).empty()) {
      jwks.at("cluster").fail("keys for HS256, HS384 and HS512 are secrets: they stand in a file or a secret");
    }
    return;
  }
  Json fixed = jwks.at("inline");
  if (fixed.exists()) {
    std::string_view text = fixed.is_string() ? fixed.str() : fixed.json();
    provider->fixed_keys = ReadFixedKeys(fixed, text, provider->algorithms);
    return;
  }
  Json named = jwks.at(jwks.at("file").exists() ? "file" : "secret");
  std::string_view bytes = named.contents();
  if (!bytes.empty()) provider->fixed_keys = ReadFixedKeys(named, bytes, provider->algorithms);
  if (bytes.empty()) named.fail("is empty");
}

}  // namespace

std::vector<std::string> ReadTexts(const Json& list) {
  std::vector<std::string> texts;
  for (const Json element : list.each()) texts.emplace_back(element.str());
  return texts;
}

ProviderSpec ReadProvider(const Json& place, const Json& top) {
  ProviderSpec provider;
  provider.issuer = place.at("issuer").str("");
  if (place.at("issuer").exists() && provider.issuer.empty()) place.at("issuer").fail("must not be empty");
  provider.audiences = ReadTexts(Either(place, top, "audiences"));
  provider.types = ReadTypes(Either(place, top, "types"));
  provider.algorithms = ReadAlgorithms(Either(place, top, "algorithms"));
  provider.times = ReadTimes(place, top);
  ReadKeys(place.at("jwks"), &provider);
  return provider;
}

}  // namespace sp::jwt
