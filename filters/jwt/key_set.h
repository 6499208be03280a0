// A JWK Set (RFC 7517 5) as the keys of it that can be used, and which of them a token may be tried with.
//
// Keys that are for something else, not supported, weak or wrong are left out, each with the reason, and the others
// kept (THREATS T78). Immutable; shared by all workers without a lock.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "filters/jwt/key.h"

namespace sp::jwt {

inline constexpr size_t kMaxKeySetBytes = 1 << 20;
inline constexpr size_t kMaxKeys = 1000;
inline constexpr size_t kMaxCandidates = 4;  // signatures tried for one token (THREATS T77)

class KeySet {
 public:
  struct Candidates {
    std::array<const Key*, kMaxCandidates> keys{};
    size_t count = 0;
  };

  explicit KeySet(std::vector<Key> keys) : keys_(std::move(keys)) {}
  size_t size() const { return keys_.size(); }
  // The first four keys that `algorithm` may use and whose id, compared bytewise, is the token's. Where one of both
  // has no id, ids say nothing.
  Candidates Find(Algorithm algorithm, const std::optional<std::string>& key_id) const;
  // A key of exactly this id, for whatever algorithm.
  bool HasId(std::string_view key_id) const;
  bool UsesIds() const;

 private:
  std::vector<Key> keys_;
};

struct KeySetResult {
  std::shared_ptr<const KeySet> keys;  // null where there is no usable key; then `error` says why
  std::string error;
  std::vector<std::string> left_out;  // "keys[2] is an RSA key of fewer than 2048 bits"
  bool has_short_secret = false;      // one of those is a shared secret that is too short
};

// Texts in the result hold nothing of the keys.
KeySetResult ParseKeySet(std::string_view text, AlgorithmSet wanted);

}  // namespace sp::jwt
