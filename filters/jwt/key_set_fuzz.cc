// A key set of an issuer that was taken over: read or refused, and whatever key is in it can be used without harm.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "filters/jwt/key_set.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sp::jwt;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  KeySetResult result = ParseKeySet(text, AlgorithmSet::Asymmetric() | AlgorithmSet::Hmac());
  if (!result.keys) return result.error.empty() ? (std::abort(), 1) : 0;
  for (int i = 0; i < kAlgorithmCount; ++i) {
    const auto algorithm = static_cast<Algorithm>(i);
    const KeySet::Candidates candidates = result.keys->Find(algorithm, std::nullopt);
    for (size_t k = 0; k < candidates.count; ++k) {
      if (candidates.keys[k]->Verify(algorithm, "input", text.substr(0, 64))) std::abort();
    }
  }
  return 0;
}
