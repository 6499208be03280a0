#include "filters/jwt/key_set.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "filters/jwt/json.h"

namespace sp::jwt {
namespace {

using nlohmann::json;

// Why no key is left, from what was said of the first one.
std::string NoKeyError(const std::vector<std::string>& left_out) {
  if (left_out.empty()) return "the key set holds no key";
  return "the key set holds no usable key: " + left_out.front();
}

}  // namespace

KeySet::Candidates KeySet::Find(Algorithm algorithm, const std::optional<std::string>& key_id) const {
  Candidates found;
  for (const Key& key : keys_) {
    if (!key.algorithms().Has(algorithm)) continue;
    if (key_id && key.id() && *key.id() != *key_id) continue;
    found.keys[found.count++] = &key;
    if (found.count == kMaxCandidates) break;
  }
  return found;
}

bool KeySet::HasId(std::string_view key_id) const {
  return std::any_of(keys_.begin(), keys_.end(), [&](const Key& key) { return key.id() == key_id; });
}

bool KeySet::UsesIds() const {
  return std::any_of(keys_.begin(), keys_.end(), [](const Key& key) { return key.id().has_value(); });
}

KeySetResult ParseKeySet(std::string_view text, AlgorithmSet wanted) {
  KeySetResult result;
  json set;
  if (text.size() > kMaxKeySetBytes) {
    result.error = "the key set is larger than 1 MiB";
    return result;
  }
  if (!ParseJson(text, &set)) {
    result.error = "the key set is not valid JSON";
    return result;
  }
  if (!set.is_object() || !set.contains("keys") || !set.at("keys").is_array()) {
    result.error = "the key set is not an object with an array `keys`";
    return result;
  }
  std::vector<Key> keys;
  const json& list = set.at("keys");
  for (size_t i = 0; i < list.size() && i < kMaxKeys; ++i) {
    KeyFault fault;
    std::optional<Key> key = Key::FromJwk(list[i], wanted, &fault);
    if (key) {
      keys.push_back(std::move(*key));
    } else {
      result.left_out.push_back("keys[" + std::to_string(i) + "] " + std::string(fault.text));
      result.has_short_secret = result.has_short_secret || fault.is_short_secret;
    }
  }
  if (list.size() > kMaxKeys) result.left_out.push_back("those after the first 1000");
  if (keys.empty()) {
    result.error = NoKeyError(result.left_out);
  } else {
    result.keys = std::make_shared<const KeySet>(std::move(keys));
  }
  return result;
}

}  // namespace sp::jwt
