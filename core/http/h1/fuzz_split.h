// For the fuzz targets of this folder: cuts bytes at places that the input itself chooses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace sp::h1 {

inline void Require(bool holds) {
  if (!holds) std::abort();
}

// Calls `use(piece)` for consecutive pieces of `bytes`, of sizes 1…16 drawn from `seed`; whole where it is 0.
template <typename Use>
void ForEachPiece(std::string_view bytes, uint8_t seed, Use use) {
  uint32_t state = seed;
  while (!bytes.empty()) {
    state = state * 1664525 + 1013904223;
    const size_t size = seed == 0 ? bytes.size() : seed == 1 ? 1 : 1 + (state >> 24) % 16;
    use(bytes.substr(0, size));
    bytes.remove_prefix(bytes.size() < size ? bytes.size() : size);
  }
}

}  // namespace sp::h1
