// PositionMap: where in a file each field, list element and map value stands, by its path in the resource model.
//
//   positions.Find("listeners[0].filters[1].config.rate")   line and column of the key `rate`
//
// A field stands where its key stands, a list element where its value does. A path that the file doesn't hold (a field
// that is missing) stands where the nearest thing around it does. Nodes in document order, 32 bytes each; names are
// views of descriptors or of text that the map keeps. Built once, then immutable.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace sp::file {

// Both from 1; 0 where nothing is known.
struct Position {
  uint32_t line = 0;
  uint32_t column = 0;
  friend auto operator<=>(const Position&, const Position&) = default;
};

class PositionMap {
 public:
  using Node = uint32_t;
  static constexpr Node kRoot = 0;

  PositionMap() { nodes_.push_back({}); }

  Position Find(std::string_view path) const;
  std::string PathOf(Node node) const;
  Position At(Node node) const { return nodes_[node].at; }
  size_t size() const { return nodes_.size(); }

  // Building, in document order: a node's children follow it before its next sibling. `name` must outlive the map.
  Node AddField(Node parent, std::string_view name, Position at);
  Node AddElement(Node parent, uint32_t index, Position at);
  // Nothing more is added below `node`.
  void Close(Node node) { nodes_[node].end = static_cast<Node>(nodes_.size()); }
  // A copy of `text` that lives as long as the map.
  std::string_view Keep(std::string_view text) { return kept_.emplace_back(text); }

 private:
  static constexpr uint32_t kOpen = UINT32_MAX;
  struct Entry {
    const char* name = nullptr;  // null: a list element
    uint32_t size = 0;           // of the name; of a list element its index
    Node parent = kRoot;
    Node end = kOpen;  // the first node that isn't below this one
    Position at;
    std::string_view text() const { return {name, size}; }
  };
  // The child of `node` that `path` goes on with, and how much of `path` it takes; kRoot where there is none.
  Node Step(Node node, std::string_view path, size_t* taken) const;
  Node Element(Node node, std::string_view path, size_t* taken) const;
  Node End(Node node) const;

  std::vector<Entry> nodes_;
  std::deque<std::string> kept_;
};

}  // namespace sp::file
