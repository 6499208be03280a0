// Index: finds the first route of a table that matches, without asking the others.
//
//   host ──hash──► buckets: a.example, *.example, *             one per host pattern; equal lists of routes share one
//                     ├─ any: routes without a path condition, and regular expressions of which nothing is known
//                     ├─ string prefixes, by length ──hash──► candidates
//                     └─ node ─(segment ──hash──► node)*        the path, a segment at a time; {x} is a child of its
//                     own
//                          ├─ under: candidates for this prefix and all below it (also a regular expression's shape)
//                          └─ exact: candidates for a path that ends here
//   candidates: candidates.h
//
// A request visits its buckets (at most one exact, one per label, one for `*`; twice that if ports are written), in
// each the nodes along its path, and keeps the earliest candidate that really matches (search.h); nodes and lists that
// hold only later ones are passed over. None of it depends on the number of routes. What does, by nature: templates
// that branch between a literal and a variable at many depths (bounded by the nodes there are), and what candidates.h
// names.
//
// Everything found by hash is checked, so collisions cost time only. Segments of routes that ignore case hang below a
// node of their own and are hashed in lower case.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "core/traffic/route/candidates.h"
#include "core/traffic/route/hash.h"
#include "core/traffic/route/match.h"
#include "core/traffic/route/search.h"

namespace sp::route {

class Index {
 public:
  // `routes` must outlive it and stay in place. `hash_mask`: see hash.h.
  explicit Index(const std::vector<RouteSpec>& routes, uint64_t hash_mask = UINT64_MAX);

  struct Found {
    uint32_t route;    // Search::kNone: none
    bool query_limit;  // it is where the query had to be looked at and has too many parameters
  };
  // The first route at `from` or behind it whose conditions hold. `steps` grows by what was looked at.
  Found First(uint32_t from, const Request& request, uint32_t* steps) const;

  size_t bytes() const;

 private:
  friend class IndexBuilder;
  using Ref = CandidateLists::Ref;

  struct Node {
    uint32_t variable = 0;           // child; 0: none
    uint32_t first = Search::kNone;  // earliest route at or below
    Ref under = 0;
    Ref exact = 0;
  };
  // Patterns of one bucket that compare case, or that don't.
  struct Paths {
    uint32_t root = 0;           // node; 0: none
    uint32_t lengths_begin = 0;  // of string prefixes, ascending, in prefix_lengths_
    uint32_t lengths_count = 0;
  };
  struct Bucket {
    uint32_t first = Search::kNone;
    Ref any = 0;
    Paths paths;
    Paths folded;
  };
  struct Host {
    std::string_view text;  // of the HostPattern
    int32_t port;
    HostPattern::Kind kind;
    uint32_t bucket;
  };

  static uint64_t HostKey(uint64_t name_hash, HostPattern::Kind kind, int32_t port) {
    return MixHash(name_hash ^ static_cast<uint64_t>(kind), static_cast<uint32_t>(port) + 0x9e3779b97f4a7c15);
  }
  // `.a.example` label by label from the right, as a request meets it; calls `use(hash, text)` for each suffix.
  template <typename Use>
  static void ForEachSuffix(uint64_t seed, std::string_view name, Use use);
  template <bool kFold>
  uint64_t SegmentKey(uint32_t node, std::string_view segment) const {
    return Hash<kFold>(seed_ ^ node * 0xd6e8feb86659fd93, segment);
  }
  uint64_t PrefixSeed(uint32_t bucket, bool folded) const {
    return seed_ ^ (uint64_t{bucket} << 1 | static_cast<uint64_t>(folded)) * 0xc2b2ae3d27d4eb4f;
  }

  void VisitHost(std::string_view text, uint64_t name_hash, HostPattern::Kind kind, uint16_t port,
                 Search& search) const;
  void VisitHostOnPort(std::string_view text, uint64_t name_hash, HostPattern::Kind kind, int32_t port,
                       Search& search) const;
  void VisitBucket(uint32_t bucket, Search& search) const;
  template <bool kFold>
  void VisitPaths(uint32_t bucket, const Paths& paths, Search& search) const;
  template <bool kFold>
  void Walk(uint32_t node, size_t slash, Search& search) const;

  const std::vector<RouteSpec>& routes_;
  uint64_t seed_;
  bool has_ports_ = false;
  bool has_suffixes_ = false;
  std::vector<Host> hosts_{1};
  std::vector<Bucket> buckets_;
  std::vector<Node> nodes_{1};
  std::vector<uint32_t> prefix_lengths_;
  HashSlots host_slots_;    // to hosts_
  HashSlots child_slots_;   // to nodes_
  HashSlots prefix_slots_;  // to Ref
  CandidateLists candidates_;
  BucketsOfRoutes buckets_of_routes_;
};

template <typename Use>
void Index::ForEachSuffix(uint64_t seed, std::string_view name, Use use) {
  uint64_t hash = seed;
  for (size_t end = name.size(); end > 0;) {
    const size_t dot = name.rfind('.', end - 1);
    if (dot == std::string_view::npos) return;
    hash = Hash(hash, name.substr(dot, end - dot));
    use(hash, name.substr(dot));
    end = dot;
  }
}

}  // namespace sp::route
