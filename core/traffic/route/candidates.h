// CandidateLists: routes that share host and path pattern, told apart by their other conditions.
//
//   ref ──► one route
//       └─► list ──► routes without a key, ascending: each is asked
//              └───► keys: (header, value) (header) (parameter, value) (parameter) (method) ──hash──► ref
//
// A short list is simply asked from its start. In a long one each route is filed under the rarest of its conditions
// that a request can be looked up by: an exact header or parameter value, the presence of a header or parameter, a
// method; and so again within what shares that key. A request then asks only for the keys that it has. What stays
// linear: routes of the same host and path that have no such condition, or the same ones, and differ in prefixes,
// expressions, inverted conditions or shares.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/traffic/route/hash.h"
#include "core/traffic/route/route.h"
#include "core/traffic/route/search.h"

namespace sp::route {

class CandidateLists {
 public:
  // 0 is no route at all.
  using Ref = uint32_t;

  CandidateLists(uint64_t seed, uint64_t hash_mask) : seed_(seed), lists_(1), by_key_(hash_mask) {}

  // `ordered`: places in `routes`, ascending, once each.
  Ref Add(const std::vector<RouteSpec>& routes, const std::vector<uint32_t>& ordered);
  void Shrink();

  void Visit(Ref ref, Search& search) const;
  size_t bytes() const;

 private:
  friend class CandidateFiling;
  static constexpr Ref kOneRoute = 0x80000000;  // the rest is the route
  static constexpr uint32_t kNoKeys = UINT32_MAX;

  struct List {
    uint32_t begin = 0;  // in entries_
    uint32_t count = 0;
    uint32_t keys = kNoKeys;  // in keys_
  };
  struct Keys {
    uint64_t headers = 0;  // a bit for each header name that is looked up, by NameBit
    uint64_t params = 0;
    Ref with_query = 0;  // all that are filed under a parameter: for a query over its limit, which can't be looked up
    bool methods = false;
  };
  enum class KeyKind : uint8_t { kMethod, kHeader, kHeaderValue, kParam, kParamValue };

  // A few of 64 bits tell most names that are not looked up.
  static uint64_t NameBit(std::string_view name) {
    if (name.empty()) return 1;
    const auto first = static_cast<unsigned char>(name.front()), last = static_cast<unsigned char>(name.back());
    return uint64_t{1} << ((first * 7U + last * 13U + name.size()) & 63U);
  }
  uint64_t NameKey(uint32_t list, KeyKind kind, std::string_view name) const {
    return Hash(seed_ + (uint64_t{list} << 8 | static_cast<uint64_t>(kind)), name);
  }
  static uint64_t ValueKey(uint64_t name_key, std::string_view value) { return Hash<true>(name_key, value); }

  Ref AddPlain(const std::vector<uint32_t>& ordered);
  // All that are filed under the key, or one with the same hash.
  void VisitKey(uint64_t key, Search& search) const;
  void VisitKeys(uint32_t list, const Keys& keys, Search& search) const;
  void VisitHeaders(uint32_t list, const Keys& keys, Search& search) const;
  void VisitParams(uint32_t list, const Keys& keys, Search& search) const;

  uint64_t seed_;
  std::vector<uint32_t> entries_;
  std::vector<List> lists_;
  std::vector<Keys> keys_;
  HashSlots by_key_;  // to Ref
};

}  // namespace sp::route
