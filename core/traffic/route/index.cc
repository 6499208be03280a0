#include "core/traffic/route/index.h"

#include <algorithm>

namespace sp::route {

Index::Found Index::First(uint32_t from, const Request& request, uint32_t* steps) const {
  using Kind = HostPattern::Kind;
  Search search(routes_, buckets_of_routes_, request, from);
  const HostView host = SplitHost(request.host, request.default_port);
  VisitHost(host.name, Hash(seed_, host.name), Kind::kExact, host.port, search);
  if (has_suffixes_) {
    ForEachSuffix(seed_, host.name, [&](uint64_t hash, std::string_view suffix) {
      // At least one label must stand before it.
      if (suffix.size() < host.name.size()) VisitHost(suffix, hash, Kind::kSuffix, host.port, search);
    });
  }
  VisitHost({}, seed_, Kind::kAny, host.port, search);
  *steps += search.steps();
  return {search.best(), search.verdict() == Verdict::kQueryLimit};
}

void Index::VisitHost(std::string_view text, uint64_t name_hash, HostPattern::Kind kind, uint16_t port,
                      Search& search) const {
  VisitHostOnPort(text, name_hash, kind, HostPattern::kAnyPort, search);
  if (has_ports_) VisitHostOnPort(text, name_hash, kind, port, search);
}

void Index::VisitHostOnPort(std::string_view text, uint64_t name_hash, HostPattern::Kind kind, int32_t port,
                            Search& search) const {
  search.CountStep();
  const uint32_t found = host_slots_.FindIf(HostKey(name_hash, kind, port), [&](uint32_t number) {
    const Host& host = hosts_[number];
    return host.kind == kind && host.port == port && host.text == text;
  });
  if (found != 0) VisitBucket(hosts_[found].bucket, search);
}

void Index::VisitBucket(uint32_t number, Search& search) const {
  const Bucket& bucket = buckets_[number];
  if (bucket.first >= search.best()) return;
  search.EnterBucket(number);
  VisitPaths<false>(number, bucket.paths, search);
  VisitPaths<true>(number, bucket.folded, search);
  candidates_.Visit(bucket.any, search);
}

template <bool kFold>
void Index::VisitPaths(uint32_t bucket, const Paths& paths, Search& search) const {
  const std::string_view path = search.request().path;
  if (paths.root != 0 && !path.empty() && path.front() == '/') Walk<kFold>(paths.root, 0, search);
  uint64_t hash = PrefixSeed(bucket, kFold);
  size_t hashed = 0;
  for (uint32_t i = 0; i < paths.lengths_count; ++i) {
    const size_t length = prefix_lengths_[paths.lengths_begin + i];
    if (length > path.size()) return;
    search.CountStep();
    hash = Hash<kFold>(hash, path.substr(hashed, length - hashed));
    hashed = length;
    candidates_.Visit(prefix_slots_.Find(hash), search);
  }
}

// From a node whose segments end at `slash`, or at the path's end. Calls itself for variables only, of which a template
// has at most PathPattern::kMaxVariables; a regular expression's shape no more (index_builder.cc).
template <bool kFold>
void Index::Walk(uint32_t number, size_t slash, Search& search) const {
  const std::string_view path = search.request().path;
  while (number != 0) {
    const Node& node = nodes_[number];
    if (node.first >= search.best()) return;
    search.CountStep();
    candidates_.Visit(node.under, search);
    if (slash == path.size()) return candidates_.Visit(node.exact, search);
    const size_t end = std::min(path.find('/', slash + 1), path.size());
    if (node.variable != 0) Walk<kFold>(node.variable, end, search);
    number = child_slots_.Find(SegmentKey<kFold>(number, path.substr(slash + 1, end - slash - 1)));
    slash = end;
  }
}

size_t Index::bytes() const {
  return sizeof(*this) + hosts_.capacity() * sizeof(Host) + buckets_.capacity() * sizeof(Bucket) +
         nodes_.capacity() * sizeof(Node) + prefix_lengths_.capacity() * sizeof(uint32_t) + host_slots_.bytes() +
         child_slots_.bytes() + prefix_slots_.bytes() + candidates_.bytes() + buckets_of_routes_.bytes();
}

}  // namespace sp::route
