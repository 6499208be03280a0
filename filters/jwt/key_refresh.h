// Fetches the key sets that come from clusters, on the config's home worker, and publishes them to all workers.
//
// Policy (THREATS T82):
//   - Before the snapshot is served each set is loaded once; until then the config is not ready, unless its source says
//     `on_unavailable: serve`. Requests never fetch: they meet keys that are there, or 503 `jwt.keys`.
//   - One fetch per provider in flight. Every `refresh` (less up to 10 %, so that gateways don't march in step) anew;
//     after a failure sooner: 1 s, 2 s, 4 s … with jitter, at most `refresh`.
//   - A token with an unknown key id asks for a fetch, at most one in 30 s whatever many ask; it waits for the outcome.
//   - A failure (no answer, not 200, too large, no usable key) changes nothing. Keys last fetched longer than `max_age`
//     ago are dropped: then nothing verifies, which is closed.
//   - Redirects are not followed, and no address comes from a token.
//   - The last set also stands in the shared store. So a reload starts with keys at once, even while the issuer is
//     down, and an old config that still has streams takes what its successor fetched instead of fetching, too.
//
// Home worker only, but for Ref(), which is set before workers see the config.
#pragma once

#include <sallyport/sdk.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "filters/jwt/filter_spec.h"
#include "filters/jwt/provider.h"

namespace sp::jwt {

// What a token that waits is told: the provider's keys now, and until when (monotonic) asking again is of no use.
struct KeyAnswer {
  CurrentKeys keys;
  int64_t quiet_until_ns = 0;
};
using KeyWaiter = std::function<void(const KeyAnswer&)>;

class KeyRefresh {
 public:
  explicit KeyRefresh(std::shared_ptr<const FilterSpec> spec);

  void Start(sallyport::Background& b);
  // For a token of that provider whose key id is unknown. `waiter` is called once, now or later.
  void Ask(sallyport::Background& b, size_t provider, KeyWaiter waiter);

  const sallyport::Ref<sallyport::Background>& ref() const { return ref_; }

 private:
  struct Source {
    const KeySource* spec = nullptr;  // null: this provider's keys are fixed
    AlgorithmSet algorithms;
    std::string store_key;
    CurrentKeys keys;
    std::string text;                 // of the set in use, to see whether a new one differs
    int64_t fetched_at = 0;           // when that was, monotonic: what ages are taken from
    int64_t fetched_wall = 0;         // the same, comparable with what others put into the store
    std::optional<int64_t> asked_at;  // monotonic: the last fetch for an unknown key id
    uint64_t timer = 0;
    uint32_t failures = 0;
    bool fetching = false;
    std::vector<KeyWaiter> waiters;
  };

  void Fetch(sallyport::Background& b, size_t provider);
  void OnAnswer(sallyport::Background& b, size_t provider, const sallyport::Answer& answer);
  // Takes a set over; false and *error where it holds no usable key.
  bool Take(sallyport::Background& b, Source& source, std::string_view text, std::string* error);
  bool TakeFromStore(sallyport::Background& b, Source& source);
  void KeepInStore(sallyport::Background& b, const Source& source);
  void Fail(sallyport::Background& b, Source& source, std::string_view why);
  void DropIfTooOld(sallyport::Background& b, Source& source);
  void Schedule(sallyport::Background& b, size_t provider, sallyport::Duration after);
  void OnTimer(sallyport::Background& b, size_t provider);
  void Publish(sallyport::Background& b);
  void UpdateReadiness(sallyport::Background& b);
  void Tell(Source& source);

  static int64_t QuietUntil(const Source& source);
  sallyport::Duration NextRefresh(sallyport::Background& b, const Source& source) const;
  sallyport::Duration NextRetry(sallyport::Background& b, const Source& source) const;

  std::shared_ptr<const FilterSpec> spec_;
  std::vector<Source> sources_;  // by provider
  uint64_t last_version_ = 0;
  bool was_ready_ = false;
  sallyport::Ref<sallyport::Background> ref_;
};

}  // namespace sp::jwt
