// The filter: finds a request's token, has it verified or finds it verified, checks what the route asks for, and tells
// upstream and later filters who it is.
//
//   token  ->  cache, or signature and claims (authenticate.h)  ->  route's requirements  ->  headers, metadata
//
// A request waits for one thing only: the fetch that an unknown key id asks for (key_refresh.h). All else is decided
// within the hook.
#pragma once

#include <sallyport/sdk.hpp>

#include <cstdint>
#include <memory>
#include <vector>

#include "filters/jwt/filter_spec.h"
#include "filters/jwt/key_refresh.h"
#include "filters/jwt/token_cache.h"
#include "filters/jwt/token_places.h"

namespace sp::jwt {

struct JwtFilter : sallyport::HttpFilter {
  static constexpr bool kGuard = true;

  // Of the filter, or of a route: then with requirements of its own over the same everything else.
  struct Config {
    explicit Config(const sallyport::Json& config);
    Config(const Config& below, const sallyport::Json& route);
    void start(sallyport::Background& b);

    std::shared_ptr<const FilterSpec> spec;
    Requirements requirements;
    std::shared_ptr<KeyRefresh> refresh;  // home worker's, but for its ref(); null where all keys are fixed
  };

  struct Worker {
    explicit Worker(const Config& config);
    TokenCache cache;
    std::vector<int64_t> quiet_until;  // by provider, monotonic: until then no unknown key id asks for a fetch
  };

  sallyport::Result on_request(sallyport::Request& r, const Config& c);

 private:
  using Request = sallyport::Request;
  using Result = sallyport::Result;

  // `told`: keys that this request has waited for.
  Result Decide(Request& r, const Config& c, const CurrentKeys* told);
  Result Admit(Request& r, const Config& c, const VerifiedToken& token);
  Result Refuse(Request& r, const Config& c, Refusal refusal);
  // Asks for a fetch and pauses, or refuses where that is of no use.
  Result AskForKeys(Request& r, const Config& c, size_t provider);
  void OnKeys(Request& r, const Config& c, size_t provider, const KeyAnswer& answer);
  bool Identify(Request& r, const FilterSpec& spec, const VerifiedToken& token);
  void StripToken(Request& r);

  TokenFinder finder_;
  uint64_t timer_ = 0;
  bool waiting_ = false;
};

}  // namespace sp::jwt
