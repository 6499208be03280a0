#include "filters/jwt/token_cache.h"

#include <cstring>

namespace sp::jwt {
namespace {

constexpr size_t kEntryOverhead = 160;  // list, index, allocations

// Both halves of a product of 128 bits, folded: the step of wyhash.
uint64_t Fold(uint64_t a, uint64_t b) {
  unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

uint64_t Load(const char* from) {
  uint64_t word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

}  // namespace

uint64_t KeyedHash(std::string_view text, TokenCache::Seed seed) {
  constexpr uint64_t kOdd = 0x9e3779b97f4a7c15;
  uint64_t hash = seed[0] ^ Fold(text.size() ^ kOdd, seed[1] | 1);
  const char* at = text.data();
  size_t left = text.size();
  for (; left >= 16; at += 16, left -= 16) hash = Fold(Load(at) ^ seed[1], Load(at + 8) ^ hash);
  if (left > 0) {
    char tail[16] = {};
    std::memcpy(tail, at, left);
    hash = Fold(Load(tail) ^ seed[1], Load(tail + 8) ^ hash);
  }
  return Fold(hash ^ seed[0], kOdd ^ seed[1]);
}

const VerifiedToken* TokenCache::Find(std::string_view text, int64_t now_ns) {
  if (index_.empty()) return nullptr;
  auto found = index_.find(KeyedHash(text, seed_));
  if (found == index_.end()) return nullptr;
  Entries::iterator entry = found->second;
  if (entry->token->text != text) return nullptr;
  if (now_ns >= entry->ends_ns) {
    Erase(entry);
    return nullptr;
  }
  if (entry != entries_.begin()) entries_.splice(entries_.begin(), entries_, entry);
  return entry->token.get();
}

void TokenCache::Insert(std::unique_ptr<VerifiedToken> token, int64_t now_ns) {
  size_t bytes = token->Footprint() + kEntryOverhead;
  if (bytes > capacity_bytes_) return;
  uint64_t hash = KeyedHash(token->text, seed_);
  auto same = index_.find(hash);
  if (same != index_.end()) Erase(same->second);
  while (bytes_ + bytes > capacity_bytes_) Erase(std::prev(entries_.end()));
  entries_.push_front({hash, now_ns + max_age_ns_, bytes, std::move(token)});
  index_.emplace(hash, entries_.begin());
  bytes_ += bytes;
}

void TokenCache::Remove(std::string_view text) {
  auto found = index_.find(KeyedHash(text, seed_));
  if (found != index_.end() && found->second->token->text == text) Erase(found->second);
}

void TokenCache::Erase(Entries::iterator entry) {
  bytes_ -= entry->bytes;
  index_.erase(entry->hash);
  entries_.erase(entry);
}

}  // namespace sp::jwt
