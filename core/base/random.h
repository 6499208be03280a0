// Random: a worker's own fast generator (xoshiro256**) for balancing and jitter, and bytes from the system's
// cryptographic generator for anything an attacker must not guess.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sp {

class Random {
 public:
  explicit Random(uint64_t seed);
  static Random FromSystem();
  uint64_t Next();
  // Uniform in [0, bound); bound > 0.
  uint64_t Below(uint64_t bound) {
    return static_cast<uint64_t>((static_cast<unsigned __int128>(Next()) * bound) >> 64);
  }

 private:
  uint64_t s_[4];
};

// Fills `to` from getrandom(2). Aborts if the system has no random source.
void SecureRandomBytes(void* to, size_t bytes);

}  // namespace sp
