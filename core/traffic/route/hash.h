// Hashing of the index: text under a seed, with or without ASCII case, and a table from 64-bit keys to numbers.
//
// Hashes are chained, Hash(Hash(seed, "a"), "b"), so that every prefix of a path costs its own bytes only. The seed is
// random, so nobody can write configuration or requests that collide. A collision costs time and nothing else: whatever
// the index finds by hash is asked again (judge.h). Tests hash into a few bits to see that it does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace sp::route {

// Drawn when first asked for.
uint64_t ProcessHashSeed();

inline uint64_t MixHash(uint64_t a, uint64_t b) {
  const auto product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

namespace internal {

constexpr uint64_t kOnes = 0x0101010101010101;

// Eight ASCII bytes in lower case at once.
inline uint64_t LowerBytes(uint64_t word) {
  const uint64_t low7 = word & (0x7f * kOnes);
  const uint64_t above_z = low7 + (0x7f - 'Z') * kOnes;
  const uint64_t from_a = low7 + (0x80 - 'A') * kOnes;
  return word | ((~word & (from_a ^ above_z) & (0x80 * kOnes)) >> 2);
}

template <typename Word>
uint64_t Load(const char* from) {
  Word word;
  std::memcpy(&word, from, sizeof(word));
  return word;
}

// 0 to 7 bytes; only of the same size are results distinct.
inline uint64_t LoadShort(const char* from, size_t size) {
  if (size >= 4) return Load<uint32_t>(from) | Load<uint32_t>(from + size - 4) << 32;
  if (size >= 2) return Load<uint16_t>(from) | Load<uint16_t>(from + size - 2) << 16;
  return size == 1 ? Load<uint8_t>(from) : 0;
}

}  // namespace internal

// The seed and the text meet in a multiplication, not in an exclusive or: text can't undo a seed that it doesn't know.
template <bool kFold = false>
uint64_t Hash(uint64_t seed, std::string_view text) {
  constexpr uint64_t kA = 0xa0761d6478bd642f, kB = 0xe7037ed1a0b428db;
  uint64_t hash = MixHash(seed ^ kA, text.size() ^ kB);
  const auto take = [&hash](uint64_t word) {
    if (kFold) word = internal::LowerBytes(word);
    hash = (hash << 23 | hash >> 41) ^ MixHash(hash ^ kB, word ^ kA);
  };
  const char* at = text.data();
  size_t left = text.size();
  for (; left >= 8; left -= 8, at += 8) take(internal::Load<uint64_t>(at));
  take(internal::LoadShort(at, left));
  return hash;
}

// Open addressing; grows while it is filled, and Shrink makes it final. A number is never 0.
class HashSlots {
 public:
  // Only the bits of `mask` count.
  explicit HashSlots(uint64_t mask) : mask_(mask) {}

  // 0 where there is none.
  uint32_t Find(uint64_t key) const {
    return FindIf(key, [](uint32_t) { return true; });
  }
  // The first number of that key for which `accept(number)` holds.
  template <typename Accept>
  uint32_t FindIf(uint64_t key, Accept accept) const {
    if (slots_.empty()) return 0;
    key &= mask_;
    for (size_t i = Home(key);; i = i + 1 == slots_.size() ? 0 : i + 1) {
      const Slot& slot = slots_[i];
      if (slot.number == 0 || (slot.key == key && accept(slot.number))) return slot.number;
    }
  }
  // Beside others of the same key, which are found first.
  void Insert(uint64_t key, uint32_t number) {
    key &= mask_;
    if ((used_ + 1) * 2 > slots_.size()) Rehash(slots_.size() * 2 + 8);
    Place({key, number});
    ++used_;
  }
  void Shrink() { Rehash(used_ == 0 ? 0 : used_ + used_ / 2 + 1); }
  template <typename Change>
  void ChangeNumbers(Change change) {
    for (Slot& slot : slots_) {
      if (slot.number != 0) slot.number = change(slot.number);
    }
  }
  size_t bytes() const { return slots_.capacity() * sizeof(Slot); }

 private:
  struct Slot {
    uint64_t key = 0;
    uint32_t number = 0;
  };
  size_t Home(uint64_t key) const {
    return static_cast<size_t>(static_cast<unsigned __int128>(key) * slots_.size() >> 64);
  }
  void Place(Slot slot) {
    size_t i = Home(slot.key);
    while (slots_[i].number != 0) i = i + 1 == slots_.size() ? 0 : i + 1;
    slots_[i] = slot;
  }
  void Rehash(size_t size) {
    std::vector<Slot> old(size);
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.number != 0) Place(slot);
    }
  }

  uint64_t mask_;
  std::vector<Slot> slots_;
  size_t used_ = 0;
};

}  // namespace sp::route
