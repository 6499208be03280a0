// How an Index is filled: hosts into buckets, paths into nodes and string prefixes, and at last the routes that ended
// up in the same place into candidate lists.
#include <algorithm>
#include <string>
#include <unordered_map>

#include "core/traffic/route/fold.h"
#include "core/traffic/route/index.h"
#include "core/traffic/route/regex_shape.h"

namespace sp::route {

class IndexBuilder {
 public:
  explicit IndexBuilder(Index& index) : index_(index) {}

  void Run() {
    GroupByHost();
    ShareBuckets();
    for (uint32_t bucket = 0; bucket < routes_of_bucket_.size(); ++bucket) FillBucket(bucket);
    MakeCandidates();
    index_.buckets_of_routes_ = BucketsOfRoutes(buckets_of_route_);
    Shrink();
  }

 private:
  using Places = std::vector<uint32_t>;  // of routes, ascending
  struct StringPrefix {
    std::string text;  // lower case where folded
    uint32_t route;
  };

  // Routes by host pattern, in the order of the index's hosts.
  void GroupByHost() {
    static const HostPattern any;
    const std::vector<RouteSpec>& routes = index_.routes_;
    for (uint32_t route = 0; route < routes.size(); ++route) {
      const std::vector<HostPattern>& hosts = routes[route].match.hosts;
      if (hosts.empty()) AddToHost(any, route);
      for (const HostPattern& host : hosts) AddToHost(host, route);
    }
  }

  void AddToHost(const HostPattern& pattern, uint32_t route) {
    index_.has_ports_ |= pattern.port != HostPattern::kAnyPort;
    index_.has_suffixes_ |= pattern.kind == HostPattern::Kind::kSuffix;
    uint64_t name_hash = index_.seed_;
    if (pattern.kind == HostPattern::Kind::kExact) name_hash = Hash(index_.seed_, pattern.text);
    if (pattern.kind == HostPattern::Kind::kSuffix) {
      Index::ForEachSuffix(index_.seed_, pattern.text, [&](uint64_t hash, std::string_view) { name_hash = hash; });
    }
    const uint64_t key = Index::HostKey(name_hash, pattern.kind, pattern.port);
    uint32_t host = index_.host_slots_.FindIf(key, [&](uint32_t number) {
      const Index::Host& known = index_.hosts_[number];
      return known.kind == pattern.kind && known.port == pattern.port && known.text == pattern.text;
    });
    if (host == 0) {
      host = static_cast<uint32_t>(index_.hosts_.size());
      index_.hosts_.push_back({pattern.text, pattern.port, pattern.kind, 0});
      index_.host_slots_.Insert(key, host);
      routes_of_host_.emplace_back();
    }
    Places& places = routes_of_host_[host];
    if (places.empty() || places.back() != route) places.push_back(route);
  }

  // Hosts with the same routes, as the domains of one virtual host have, share a bucket.
  void ShareBuckets() {
    std::unordered_map<uint64_t, std::vector<uint32_t>> by_hash;
    buckets_of_route_.resize(index_.routes_.size());
    for (uint32_t host = 1; host < index_.hosts_.size(); ++host) {
      const Places& places = routes_of_host_[host];
      const std::string_view bytes(reinterpret_cast<const char*>(places.data()), places.size() * sizeof(uint32_t));
      std::vector<uint32_t>& same_hash = by_hash[Hash(index_.seed_, bytes)];
      const auto same = std::find_if(same_hash.begin(), same_hash.end(),
                                     [&](uint32_t bucket) { return routes_of_bucket_[bucket] == places; });
      uint32_t bucket = 0;
      if (same != same_hash.end()) {
        bucket = *same;
      } else {
        bucket = static_cast<uint32_t>(routes_of_bucket_.size());
        routes_of_bucket_.push_back(places);
        same_hash.push_back(bucket);
        for (const uint32_t route : places) buckets_of_route_[route].push_back(bucket);
      }
      index_.hosts_[host].bucket = bucket;
    }
    index_.buckets_.resize(routes_of_bucket_.size());
  }

  void FillBucket(uint32_t number) {
    Index::Bucket& bucket = index_.buckets_[number];
    const Places& places = routes_of_bucket_[number];
    if (!places.empty()) bucket.first = places.front();
    prefixes_.clear();
    folded_prefixes_.clear();
    for (const uint32_t route : places) AddPath(bucket, route);
    StorePrefixes(PrefixSeed(number, false), prefixes_, bucket.paths);
    StorePrefixes(PrefixSeed(number, true), folded_prefixes_, bucket.folded);
  }
  uint64_t PrefixSeed(uint32_t bucket, bool folded) const { return index_.PrefixSeed(bucket, folded); }

  void AddPath(Index::Bucket& bucket, uint32_t route) {
    using Kind = PathPattern::Kind;
    const PathPattern& path = index_.routes_[route].match.path;
    const bool fold = path.ignore_case();
    switch (path.kind()) {
      case Kind::kAny:
        return Put(bucket.any, route);
      case Kind::kExact:
        if (path.text() == "*") return Put(bucket.any, route);
        return AddSegments(bucket, fold, Segments(path.text()), /*open=*/false, route);
      case Kind::kPrefix:
        return AddSegments(bucket, fold, Segments(path.text()), /*open=*/true, route);
      case Kind::kStringPrefix:
        return (fold ? folded_prefixes_ : prefixes_).push_back({path.text(), route});
      case Kind::kTemplate: {
        std::vector<RegexShape::Segment> segments;
        for (const PathPattern::Segment& s : path.segments())
          segments.push_back({s.variable ? "" : s.text, s.variable});
        return AddSegments(bucket, fold, segments, path.tail(), route);
      }
      case Kind::kRegex:
        return AddRegex(bucket, *path.regex(), route);
    }
  }

  // Where its syntax, or its automaton, tells most about the paths that match.
  void AddRegex(Index::Bucket& bucket, const Regex& regex, uint32_t route) {
    RegexShape shape = RegexShape::Of(regex.pattern());
    Narrow(shape);
    const size_t literal = shape.literal_bytes() + shape.segments.size();
    if (literal > 0 && literal >= regex.literal_prefix().size()) {
      if (regex.ignore_case()) {
        for (RegexShape::Segment& segment : shape.segments) segment.text = Lowered(segment.text);
      }
      return AddSegments(bucket, regex.ignore_case(), shape.segments, shape.open, route);
    }
    if (regex.literal_prefix().empty()) return Put(bucket.any, route);
    prefixes_.push_back({regex.literal_prefix(), route});
  }

  // Cuts it off at the variable after the last that a walk may branch to.
  static void Narrow(RegexShape& shape) {
    size_t variables = 0;
    for (size_t i = 0; i < shape.segments.size(); ++i) {
      if (!shape.segments[i].any || ++variables <= PathPattern::kMaxVariables) continue;
      shape.segments.resize(i);
      shape.open = true;
    }
  }

  // Behind the first slash, split at the others; none of "".
  static std::vector<RegexShape::Segment> Segments(std::string_view path) {
    std::vector<RegexShape::Segment> segments;
    for (size_t slash = 0; slash < path.size();) {
      const size_t end = std::min(path.find('/', slash + 1), path.size());
      segments.push_back({std::string(path.substr(slash + 1, end - slash - 1)), false});
      slash = end;
    }
    return segments;
  }

  void AddSegments(Index::Bucket& bucket, bool fold, const std::vector<RegexShape::Segment>& segments, bool open,
                   uint32_t route) {
    uint32_t& root = (fold ? bucket.folded : bucket.paths).root;
    if (root == 0) root = NewNode();
    uint32_t node = root;
    index_.nodes_[node].first = std::min(index_.nodes_[node].first, route);
    for (const RegexShape::Segment& segment : segments) {
      node = segment.any ? Variable(node) : Child(node, fold, segment.text);
      index_.nodes_[node].first = std::min(index_.nodes_[node].first, route);
    }
    Index::Node& last = index_.nodes_[node];
    Put(open ? last.under : last.exact, route);
  }

  uint32_t NewNode() {
    index_.nodes_.emplace_back();
    return static_cast<uint32_t>(index_.nodes_.size() - 1);
  }
  uint32_t Variable(uint32_t node) {
    if (index_.nodes_[node].variable != 0) return index_.nodes_[node].variable;
    const uint32_t child = NewNode();
    return index_.nodes_[node].variable = child;
  }
  uint32_t Child(uint32_t node, bool fold, std::string_view segment) {
    const uint64_t key = fold ? index_.SegmentKey<true>(node, segment) : index_.SegmentKey<false>(node, segment);
    uint32_t child = index_.child_slots_.Find(key);
    if (child == 0) index_.child_slots_.Insert(key, child = NewNode());
    return child;
  }

  // Chained in the order of lengths, as a request is hashed.
  void StorePrefixes(uint64_t seed, const std::vector<StringPrefix>& prefixes, Index::Paths& paths) {
    std::vector<uint32_t> lengths;
    lengths.reserve(prefixes.size());
    for (const StringPrefix& prefix : prefixes) lengths.push_back(static_cast<uint32_t>(prefix.text.size()));
    std::sort(lengths.begin(), lengths.end());
    lengths.erase(std::unique(lengths.begin(), lengths.end()), lengths.end());
    paths.lengths_begin = static_cast<uint32_t>(index_.prefix_lengths_.size());
    paths.lengths_count = static_cast<uint32_t>(lengths.size());
    index_.prefix_lengths_.insert(index_.prefix_lengths_.end(), lengths.begin(), lengths.end());
    for (const StringPrefix& prefix : prefixes) {
      uint64_t hash = seed;
      size_t hashed = 0;
      for (size_t i = 0; hashed < prefix.text.size(); ++i) {
        hash = Hash(hash, std::string_view(prefix.text).substr(hashed, lengths[i] - hashed));
        hashed = lengths[i];
      }
      uint32_t place = index_.prefix_slots_.Find(hash);
      if (place == 0) index_.prefix_slots_.Insert(hash, place = NewPlace());
      put_.emplace_back(place, prefix.route);
    }
  }

  // While the index is filled a Ref is the number of a place; what was put there becomes a candidate list at the end.
  uint32_t NewPlace() { return ++places_; }
  void Put(uint32_t& place, uint32_t route) {
    if (place == 0) place = NewPlace();
    put_.emplace_back(place, route);
  }

  void MakeCandidates() {
    std::sort(put_.begin(), put_.end());
    std::vector<CandidateLists::Ref> refs(places_ + 1, 0);
    Places routes;
    for (size_t i = 0; i < put_.size();) {
      const uint32_t place = put_[i].first;
      routes.clear();
      for (; i < put_.size() && put_[i].first == place; ++i) {
        if (routes.empty() || routes.back() != put_[i].second) routes.push_back(put_[i].second);
      }
      refs[place] = index_.candidates_.Add(index_.routes_, routes);
    }
    for (Index::Node& node : index_.nodes_) {
      node.under = refs[node.under];
      node.exact = refs[node.exact];
    }
    for (Index::Bucket& bucket : index_.buckets_) bucket.any = refs[bucket.any];
    index_.prefix_slots_.ChangeNumbers([&](uint32_t place) { return refs[place]; });
  }

  void Shrink() {
    index_.hosts_.shrink_to_fit();
    index_.nodes_.shrink_to_fit();
    index_.prefix_lengths_.shrink_to_fit();
    index_.host_slots_.Shrink();
    index_.child_slots_.Shrink();
    index_.prefix_slots_.Shrink();
    index_.candidates_.Shrink();
  }

  Index& index_;
  std::vector<Places> routes_of_host_{1};
  std::vector<Places> routes_of_bucket_;
  std::vector<std::vector<uint32_t>> buckets_of_route_;
  std::vector<StringPrefix> prefixes_;  // of the bucket that is being filled
  std::vector<StringPrefix> folded_prefixes_;
  std::vector<std::pair<uint32_t, uint32_t>> put_;  // place, route
  uint32_t places_ = 0;
};

Index::Index(const std::vector<RouteSpec>& routes, uint64_t hash_mask)
    : routes_(routes),
      seed_(ProcessHashSeed()),
      host_slots_(hash_mask),
      child_slots_(hash_mask),
      prefix_slots_(hash_mask),
      candidates_(ProcessHashSeed(), hash_mask) {
  IndexBuilder(*this).Run();
}

}  // namespace sp::route
