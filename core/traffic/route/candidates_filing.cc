// How a long list of candidates is filed: each route under its rarest key, and what shares a key again.
#include <algorithm>
#include <limits>
#include <unordered_map>

#include "core/http/ascii.h"
#include "core/traffic/route/candidates.h"

namespace sp::route {

class CandidateFiling {
 public:
  using Ref = CandidateLists::Ref;
  using KeyKind = CandidateLists::KeyKind;

  CandidateFiling(CandidateLists& lists, const std::vector<RouteSpec>& routes) : lists_(lists), routes_(routes) {}

  Ref File(const std::vector<uint32_t>& ordered, int depth) {
    constexpr size_t kShort = 8;  // asking that many costs no more than looking up
    constexpr int kMaxDepth = 6;
    if (ordered.size() <= kShort || depth == kMaxDepth) return lists_.AddPlain(ordered);
    CountKeys(ordered);
    // A key that all share helps once, against requests without it; below that it would go round in circles.
    const size_t most = depth == 0 ? ordered.size() : ordered.size() - 1;
    Filed filed;
    std::vector<uint32_t> keyless;
    for (const uint32_t route : ordered) {
      if (!FileOne(route, most, filed)) keyless.push_back(route);
    }
    if (filed.groups.empty()) return lists_.AddPlain(ordered);
    return Store(keyless, filed, depth);
  }

 private:
  struct Key {
    KeyKind kind;
    std::string_view name;
    std::string_view value;

    // Values are hashed without their case.
    bool operator==(const Key& other) const {
      return kind == other.kind && name == other.name && http::EqualsIgnoringCase(value, other.value);
    }
  };
  struct Group {
    Key key;
    std::vector<uint32_t> routes;
  };
  struct Filed {
    std::unordered_multimap<uint64_t, size_t> group_of;  // by hash
    std::vector<Group> groups;
    std::vector<uint32_t> with_query;
  };

  uint64_t HashOf(uint32_t list, const Key& key) const {
    const uint64_t name = lists_.NameKey(list, key.kind, key.name);
    const bool with_value = key.kind == KeyKind::kHeaderValue || key.kind == KeyKind::kParamValue;
    return with_value ? CandidateLists::ValueKey(name, key.value) : name;
  }

  // Calls `use(key)` for every condition that a request without that key can't fulfil.
  template <typename Use>
  void ForEachKey(const MatchSpec& match, Use use) const {
    for (const HeaderMatcher& header : match.headers) {
      if (header.invert()) continue;
      const StringMatcher& value = header.value();
      if (value.kind() == StringMatcher::Kind::kExact && !header.list()) {
        use(Key{KeyKind::kHeaderValue, header.name(), value.text()});
      }
      use(Key{KeyKind::kHeader, header.name(), {}});
    }
    for (const QueryMatcher& param : match.query) {
      if (param.invert()) continue;
      const StringMatcher& value = param.value();
      if (value.kind() == StringMatcher::Kind::kExact) use(Key{KeyKind::kParamValue, param.name(), value.text()});
      use(Key{KeyKind::kParam, param.name(), {}});
    }
  }

  void CountKeys(const std::vector<uint32_t>& ordered) {
    counts_.clear();
    for (const uint32_t route : ordered) {
      const MatchSpec& match = routes_[route].match;
      ForEachKey(match, [&](const Key& key) { ++counts_[HashOf(0, key)]; });
      for (const std::string_view method : match.methods.Texts()) ++counts_[HashOf(0, {KeyKind::kMethod, method, {}})];
    }
  }

  // False where no key is shared by at most `most`.
  bool FileOne(uint32_t route, size_t most, Filed& filed) const {
    const MatchSpec& match = routes_[route].match;
    Key rarest{};
    size_t rarest_count = std::numeric_limits<size_t>::max();
    ForEachKey(match, [&](const Key& key) {
      const size_t count = counts_.at(HashOf(0, key));
      if (count < rarest_count) rarest = key;
      rarest_count = std::min(rarest_count, count);
    });
    const std::vector<std::string_view> methods = match.methods.Texts();
    size_t method_count = methods.empty() ? std::numeric_limits<size_t>::max() : 0;
    for (const std::string_view method : methods) {
      method_count = std::max<size_t>(method_count, counts_.at(HashOf(0, {KeyKind::kMethod, method, {}})));
    }
    if (std::min(method_count, rarest_count) > most) return false;
    if (method_count <= rarest_count) {
      for (const std::string_view method : methods) Join({KeyKind::kMethod, method, {}}, route, filed);
      return true;
    }
    Join(rarest, route, filed);
    if (rarest.kind == KeyKind::kParam || rarest.kind == KeyKind::kParamValue) filed.with_query.push_back(route);
    return true;
  }

  void Join(const Key& key, uint32_t route, Filed& filed) const {
    const uint64_t hash = HashOf(0, key);
    auto [at, end] = filed.group_of.equal_range(hash);
    while (at != end && !(filed.groups[at->second].key == key)) ++at;
    if (at == end) {
      at = filed.group_of.emplace(hash, filed.groups.size());
      filed.groups.push_back({key, {}});
    }
    filed.groups[at->second].routes.push_back(route);
  }

  Ref Store(const std::vector<uint32_t>& keyless, const Filed& filed, int depth) {
    const auto list = static_cast<uint32_t>(lists_.lists_.size());
    lists_.lists_.push_back({static_cast<uint32_t>(lists_.entries_.size()), static_cast<uint32_t>(keyless.size()),
                             static_cast<uint32_t>(lists_.keys_.size())});
    lists_.entries_.insert(lists_.entries_.end(), keyless.begin(), keyless.end());
    lists_.keys_.emplace_back();
    CandidateLists::Keys keys;
    for (const Group& group : filed.groups) {
      lists_.by_key_.Insert(HashOf(list, group.key), File(group.routes, depth + 1));
      const uint64_t bit = CandidateLists::NameBit(group.key.name);
      if (group.key.kind == KeyKind::kMethod) keys.methods = true;
      if (group.key.kind == KeyKind::kHeader || group.key.kind == KeyKind::kHeaderValue) keys.headers |= bit;
      if (group.key.kind == KeyKind::kParam || group.key.kind == KeyKind::kParamValue) keys.params |= bit;
    }
    keys.with_query = lists_.AddPlain(filed.with_query);
    lists_.keys_[lists_.lists_[list].keys] = keys;
    return list;
  }

  CandidateLists& lists_;
  const std::vector<RouteSpec>& routes_;
  std::unordered_map<uint64_t, uint32_t> counts_;
};

CandidateLists::Ref CandidateLists::Add(const std::vector<RouteSpec>& routes, const std::vector<uint32_t>& ordered) {
  return ordered.size() <= 1 ? AddPlain(ordered) : CandidateFiling(*this, routes).File(ordered, 0);
}

}  // namespace sp::route
