// An issuer whose tokens are accepted, and the keys to check them with: as compiled, immutable, read by all workers.
#pragma once

#include <sallyport/sdk/base.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "filters/jwt/algorithm.h"
#include "filters/jwt/claims.h"
#include "filters/jwt/key_set.h"

namespace sp::jwt {

// Where keys come from that are fetched; see key_refresh.h.
struct KeySource {
  sallyport::Cluster cluster;
  std::string cluster_name;
  std::string path;
  std::string authority;  // empty: the cluster's name
  sallyport::Duration refresh{};
  sallyport::Duration timeout{};
  sallyport::Duration max_age{};
  uint64_t max_bytes = 0;
  bool wait = true;  // hold the snapshot back until the first keys are there
};

struct ProviderSpec {
  std::string issuer;  // empty: any, also none
  std::vector<std::string> audiences;
  std::vector<std::string> types;  // wanted `typ`, in short form; empty: any
  AlgorithmSet algorithms;
  TimeRules times;
  std::shared_ptr<const KeySet> fixed_keys;  // where they stand in the configuration or a file
  std::optional<KeySource> source;           // else
};

// The key set a provider has now. The version changes whenever the keys do; null: none.
struct CurrentKeys {
  std::shared_ptr<const KeySet> keys;
  uint64_t version = 0;
};

// The fetched keys of all providers, by index; what the home worker publishes.
struct KeyRing {
  std::vector<CurrentKeys> by_provider;
};

}  // namespace sp::jwt
