#include <algorithm>

#include <fmt/format.h>

#include "core/traffic/route/index.h"
#include "core/traffic/route/table.h"

namespace sp::route {

TableSet::TableSet(std::vector<std::shared_ptr<const Table>> tables, FieldErrors* errors) : tables_(std::move(tables)) {
  std::sort(tables_.begin(), tables_.end(), [](const auto& a, const auto& b) { return a->name() < b->name(); });
  Link(errors);
  CheckDepth(errors);
}

std::optional<TableSlot> TableSet::Find(std::string_view name) const {
  const auto at = std::lower_bound(tables_.begin(), tables_.end(), name,
                                   [](const auto& table, std::string_view n) { return table->name() < n; });
  if (at == tables_.end() || (*at)->name() != name) return std::nullopt;
  return static_cast<TableSlot>(at - tables_.begin());
}

std::optional<TableSlot> TableSet::Linked(TableSlot slot, const Delegate& delegate) const {
  const TableSlot linked = links_[slot][delegate.local];
  return linked == kMissing ? std::nullopt : std::optional(linked);
}

void TableSet::Link(FieldErrors* errors) {
  std::vector<std::string_view> names;
  for (const auto& table : tables_) names.push_back(table->name());
  for (const auto& table : tables_) {
    std::vector<TableSlot>& links = links_.emplace_back();
    for (const std::string& name : table->delegates()) links.push_back(Find(name).value_or(kMissing));
    if (std::find(links.begin(), links.end(), kMissing) == links.end()) continue;
    for (size_t i = 0; i < table->routes().size(); ++i) {
      const Delegate* delegate = table->routes()[i].delegate();
      if (delegate == nullptr || links[delegate->local] != kMissing) continue;
      errors->push_back({PathOf(*table, i), fmt::format("there is no route table \"{}\"", delegate->table),
                         std::string(Nearest(delegate->table, names))});
    }
  }
}

std::string TableSet::PathOf(const Table& table, size_t route) {
  return fmt::format("route_tables[{}].routes[{}].table", table.name(), route);
}

// Depth first, without recursion; a table is done when all below it are, and its depth then is known.
void TableSet::CheckDepth(FieldErrors* errors) const {
  enum class State : uint8_t { kNew, kOpen, kDone };
  struct Frame {
    TableSlot slot;
    size_t next;
  };
  std::vector<State> states(tables_.size(), State::kNew);
  std::vector<size_t> depths(tables_.size(), 0);  // delegations below
  for (TableSlot start = 0; start < tables_.size(); ++start) {
    std::vector<Frame> open;
    if (states[start] == State::kNew) open.push_back({start, 0});
    while (!open.empty()) {
      const Frame frame = open.back();
      states[frame.slot] = State::kOpen;
      if (frame.next == links_[frame.slot].size()) {
        states[frame.slot] = State::kDone;
        open.pop_back();
        if (!open.empty()) depths[open.back().slot] = std::max(depths[open.back().slot], depths[frame.slot] + 1);
        continue;
      }
      ++open.back().next;
      const TableSlot below = links_[frame.slot][frame.next];
      if (below == kMissing) continue;
      if (states[below] == State::kNew) {
        open.push_back({below, 0});
      } else if (states[below] == State::kDone) {
        depths[frame.slot] = std::max(depths[frame.slot], depths[below] + 1);
      } else {
        std::string circle;
        for (const Frame& f : open) {
          if (!circle.empty() || f.slot == below) circle += tables_[f.slot]->name() + " -> ";
        }
        ReportLink(frame.slot, below, fmt::format("goes in a circle: {}{}", circle, tables_[below]->name()), errors);
      }
    }
  }
  for (TableSlot slot = 0; slot < tables_.size(); ++slot) {
    if (depths[slot] != MatchResult::kMaxDepth + 1) continue;  // said once, where it begins to be too much
    for (const TableSlot below : links_[slot]) {
      if (below == kMissing || depths[below] != MatchResult::kMaxDepth) continue;
      ReportLink(slot, below, fmt::format("delegates more than {} tables deep", MatchResult::kMaxDepth), errors);
    }
  }
}

// At the first route of the table at `slot` that delegates to `below`.
void TableSet::ReportLink(TableSlot slot, TableSlot below, std::string message, FieldErrors* errors) const {
  const std::vector<RouteSpec>& routes = tables_[slot]->routes();
  for (size_t i = 0; i < routes.size(); ++i) {
    const Delegate* delegate = routes[i].delegate();
    if (delegate == nullptr || links_[slot][delegate->local] != below) continue;
    errors->push_back({PathOf(*tables_[slot], i), std::move(message), {}});
    return;
  }
}

namespace {

// Where the scan stands in one table.
struct Place {
  TableSlot slot;
  uint32_t from;
};

}  // namespace

void TableSet::Match(TableSlot start, const Request& request, MatchResult& result) const {
  using Outcome = MatchResult::Outcome;
  std::array<Place, MatchResult::kMaxDepth + 1> places;
  places[0] = {start, 0};
  result.Clear();
  for (uint32_t delegations = 0;;) {
    Place& place = places[result.depth];
    const Table& table = *tables_[place.slot];
    const Index::Found found = table.index().First(place.from, request, &result.steps);
    if (found.route == Search::kNone) {
      if (result.depth == 0) return;
      const Delegation& above = result.chain[result.depth - 1];
      if (above.entry->delegate()->exclusive) {
        result.outcome = Outcome::kExclusive;
        return;
      }
      places[--result.depth].from = above.index + 1;
      continue;
    }
    if (found.query_limit) {
      result.outcome = Outcome::kQueryLimit;
      return;
    }
    const RouteSpec& route = table.routes()[found.route];
    const Delegate* delegate = route.delegate();
    if (delegate == nullptr) return result.Take(route, place.slot, found.route, request.path);
    if (++delegations > MatchResult::kMaxDelegations) {
      result.outcome = Outcome::kDelegationLimit;
      return;
    }
    const std::optional<TableSlot> below = Linked(place.slot, *delegate);
    if (below && result.depth < MatchResult::kMaxDepth) {
      result.chain[result.depth++] = {place.slot, found.route, &route};
      places[result.depth] = {*below, 0};
    } else if (delegate->exclusive) {
      result.outcome = Outcome::kExclusive;
      return;
    } else {
      place.from = found.route + 1;
    }
  }
}

}  // namespace sp::route
