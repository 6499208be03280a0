// For tests of the whole filter: a config over the fake host, and requests with tokens made on the spot.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "filters/jwt/test_tokens.h"
#include "test/support/catch.h"
#include "test/support/fake_host.h"

extern "C" const sp_plugin_entry sallyport_plugin_entry;

namespace sp::jwt::testing {

using sp::testing::Errors;
using sp::testing::FakeConfig;
using sp::testing::FakeHost;
using sp::testing::FakeStream;

inline constexpr const char* kIssuer = "https://idp.example";
// Text that stands in every token and key of these tests and may appear in nothing that the filter says.
inline constexpr const char* kCanary = "c4n4ry-s3cr3t";

inline std::unique_ptr<FakeConfig> MakeConfig(FakeHost& host, const json& config) {
  auto made =
      std::make_unique<FakeConfig>(host, sp::testing::EntryFilter(sallyport_plugin_entry), config.dump(), "auth");
  INFO((made->errors.empty() ? std::string() : made->errors.front()));
  REQUIRE(made->errors == Errors{});
  REQUIRE(made->Start());
  return made;
}

inline Errors ErrorsOf(FakeHost& host, const json& config) {
  return FakeConfig(host, sp::testing::EntryFilter(sallyport_plugin_entry), config.dump(), "auth").errors;
}

// A config with one key, of the id "k", written inline.
inline json BasicConfig() {
  return {{"issuer", kIssuer}, {"jwks", {{"inline", {{"keys", {EdSigner().Jwk({{"kid", "k"}})}}}}}}};
}

inline int64_t NowSeconds(FakeHost& host) {
  return std::chrono::duration_cast<std::chrono::seconds>(host.clock.Wall().time_since_epoch()).count();
}

// Claims that are good for ten minutes, with `more` merged in.
inline json Claims(FakeHost& host, const json& more = json::object()) {
  json claims = {{"iss", kIssuer}, {"sub", "alice"}, {"exp", NowSeconds(host) + 600}, {"secret", kCanary}};
  claims.update(more);
  return claims;
}

// Signed by the key of BasicConfig.
inline std::string GoodToken(FakeHost& host, const json& more = json::object()) {
  return MakeToken(EdSigner(), Algorithm::kEdDsa, Claims(host, more), {{"kid", "k"}});
}

// What became of a request with that token: "200", or status and reason.
inline std::string Outcome(FakeStream& s) {
  if (s.reply) return std::to_string(s.reply->status) + " " + s.reply->reason;
  return "200";
}

inline std::string Send(FakeConfig& config, std::string_view token, const void* route = nullptr) {
  FakeStream s(config, route);
  s.request.emplace_back("authorization", "Bearer " + std::string(token));
  s.RequestHead();
  return Outcome(s);
}

inline std::string SendNothing(FakeConfig& config, const void* route = nullptr) {
  FakeStream s(config, route);
  s.RequestHead();
  return Outcome(s);
}

}  // namespace sp::jwt::testing
