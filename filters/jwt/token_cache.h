// Tokens that one worker has verified, so that the next request with the same token costs a look-up instead of a
// signature. Bounded in bytes; the one unused for longest goes first. Only verified tokens are in it.
//
// The key is the whole token, compared byte by byte after a hash that is keyed, so nobody can aim at a bucket or learn
// from the time that a comparison takes how much of a guess was right. An entry says nothing about routes and ends with
// its token's exp, with its key set's version, or after max_age (THREATS T83); whoever finds it checks that.
// One worker's thread only.
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <memory>
#include <string_view>
#include <unordered_map>

#include "filters/jwt/verified_token.h"

namespace sp::jwt {

class TokenCache {
 public:
  using Seed = std::array<uint64_t, 2>;
  // capacity 0: nothing is kept.
  TokenCache(size_t capacity_bytes, int64_t max_age_ns, Seed seed)
      : capacity_bytes_(capacity_bytes), max_age_ns_(max_age_ns), seed_(seed) {}

  // Null: not here, or too old, and then no longer here. The pointer holds until Insert or Remove.
  const VerifiedToken* Find(std::string_view text, int64_t now_ns);
  // Takes the place of what was there for the same text.
  void Insert(std::unique_ptr<VerifiedToken> token, int64_t now_ns);
  void Remove(std::string_view text);

  size_t size() const { return index_.size(); }
  size_t bytes() const { return bytes_; }

 private:
  struct Entry {
    uint64_t hash;
    int64_t ends_ns;  // monotonic
    size_t bytes;
    std::unique_ptr<VerifiedToken> token;
  };
  using Entries = std::list<Entry>;  // most recently used first
  struct AsIs {
    size_t operator()(uint64_t hash) const { return hash; }
  };

  void Erase(Entries::iterator entry);

  size_t capacity_bytes_;
  int64_t max_age_ns_;
  Seed seed_;
  size_t bytes_ = 0;
  Entries entries_;
  std::unordered_map<uint64_t, Entries::iterator, AsIs> index_;
};

// 64 bits of `text` that can't be foretold without the seed.
uint64_t KeyedHash(std::string_view text, TokenCache::Seed seed);

}  // namespace sp::jwt
