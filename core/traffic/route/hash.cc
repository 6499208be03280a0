#include "core/traffic/route/hash.h"

#include "core/base/random.h"

namespace sp::route {

uint64_t ProcessHashSeed() {
  static const uint64_t seed = [] {
    uint64_t drawn = 0;
    SecureRandomBytes(&drawn, sizeof(drawn));
    return drawn;
  }();
  return seed;
}

}  // namespace sp::route
