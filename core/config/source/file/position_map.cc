#include "core/config/source/file/position_map.h"

#include <algorithm>
#include <charconv>

namespace sp::file {

namespace {
constexpr size_t kLongestName = 200;  // bytes of one name in a path that is shown
}

PositionMap::Node PositionMap::AddField(Node parent, std::string_view name, Position at) {
  nodes_.push_back({name.data(), static_cast<uint32_t>(name.size()), parent, kOpen, at});
  return static_cast<Node>(nodes_.size() - 1);
}

PositionMap::Node PositionMap::AddElement(Node parent, uint32_t index, Position at) {
  nodes_.push_back({nullptr, index, parent, kOpen, at});
  return static_cast<Node>(nodes_.size() - 1);
}

std::string PositionMap::PathOf(Node node) const {
  std::vector<Node> way;
  for (; node != kRoot; node = nodes_[node].parent) way.push_back(node);
  std::string path;
  for (auto at = way.rbegin(); at != way.rend(); ++at) {
    const Entry& entry = nodes_[*at];
    if (entry.name == nullptr) {
      path += "[" + std::to_string(entry.size) + "]";
    } else {
      if (!path.empty()) path += '.';
      path += entry.text().substr(0, kLongestName);
      if (entry.size > kLongestName) path += "…";
    }
  }
  return path;
}

PositionMap::Node PositionMap::End(Node node) const {
  return std::min(nodes_[node].end, static_cast<Node>(nodes_.size()));
}

PositionMap::Node PositionMap::Element(Node node, std::string_view path, size_t* taken) const {
  uint32_t index = 0;
  const auto [end, error] = std::from_chars(path.data() + 1, path.data() + path.size(), index);
  if (error != std::errc() || end == path.data() + path.size() || *end != ']') return kRoot;
  *taken = static_cast<size_t>(end - path.data()) + 1;
  for (Node child = node + 1; child < End(node); child = End(child)) {
    if (nodes_[child].name == nullptr && nodes_[child].size == index) return child;
  }
  return kRoot;
}

// A map's keys may hold dots: of two children that fit, the longer is meant.
PositionMap::Node PositionMap::Step(Node node, std::string_view path, size_t* taken) const {
  if (path.starts_with('[')) return Element(node, path, taken);
  const size_t skip = path.starts_with('.') ? 1 : 0;
  path.remove_prefix(skip);
  Node best = kRoot;
  *taken = 0;
  for (Node child = node + 1; child < End(node); child = End(child)) {
    const Entry& entry = nodes_[child];
    if (entry.name == nullptr || !path.starts_with(entry.text())) continue;
    const bool whole = path.size() == entry.size || path[entry.size] == '.' || path[entry.size] == '[';
    if (!whole || (best != kRoot && entry.size + skip <= *taken)) continue;
    best = child;
    *taken = entry.size + skip;
  }
  return best;
}

Position PositionMap::Find(std::string_view path) const {
  Node node = kRoot;
  while (!path.empty()) {
    size_t taken = 0;
    const Node child = Step(node, path, &taken);
    if (child == kRoot) break;
    node = child;
    path.remove_prefix(taken);
  }
  return nodes_[node].at;
}

}  // namespace sp::file
