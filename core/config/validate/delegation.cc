// Delegation between route tables: no cycle, and at most route::MatchResult::kMaxDepth deep, so that matching ends
// (THREATS T91). Without recursion: a configuration may hold a chain of any length.

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/config/validate/parts.h"
#include "core/traffic/route/match.h"
#include "sallyport/v1/gateway.pb.h"

namespace sp::config {

namespace v1 = ::sallyport::v1;

namespace {

struct Link {
  int route;
  int table;
};

class Delegations {
 public:
  Delegations(const Scope& scope, Report& report) : scope_(scope), report_(report) {
    for (const v1::RouteTable& table : scope.gateway.route_tables()) {
      auto& links = links_.emplace_back();
      for (int i = 0; i < table.routes_size(); ++i) {
        if (!table.routes(i).has_table()) continue;
        const int to = scope.route_tables.Find(table.routes(i).table());
        if (to >= 0) links.push_back({i, to});
      }
    }
    height_.resize(links_.size());
    state_.resize(links_.size(), State::kNew);
  }

  void Check() {
    for (size_t i = 0; i < links_.size(); ++i) {
      if (state_[i] == State::kNew) Visit(static_cast<int>(i));
    }
  }

 private:
  static constexpr size_t kMostShown = 10;  // tables of a circle
  enum class State : uint8_t { kNew, kOpen, kDone };
  struct Frame {
    int table;
    size_t next = 0;
  };

  // Depth first; height_ is the longest way down from a table, in delegations.
  void Visit(int root) {
    way_.push_back({root});
    state_[root] = State::kOpen;
    while (!way_.empty()) {
      Frame& frame = way_.back();
      if (frame.next == links_[frame.table].size()) {
        Finish(frame.table);
        way_.pop_back();
        continue;
      }
      const Link link = links_[frame.table][frame.next++];
      if (state_[link.table] == State::kOpen) {
        ReportCycle(frame.table, link);
      } else if (state_[link.table] == State::kNew) {
        state_[link.table] = State::kOpen;
        way_.push_back({link.table});
      }
    }
  }

  void Finish(int table) {
    state_[table] = State::kDone;
    for (const Link link : links_[table]) {
      if (state_[link.table] != State::kDone) continue;
      const size_t height = height_[link.table] + 1;
      // Said once, where the limit is passed; tables above it say nothing more.
      if (height == route::MatchResult::kMaxDepth + 1) {
        Say(table, link.route, fmt::format("delegates deeper than {} tables", route::MatchResult::kMaxDepth));
      }
      height_[table] = std::max(height_[table], height);
    }
  }

  void ReportCycle(int table, Link link) {
    std::string cycle;
    auto frame = std::find_if(way_.begin(), way_.end(), [&](const Frame& f) { return f.table == link.table; });
    for (size_t shown = 0; frame != way_.end() && shown < kMostShown; ++frame, ++shown) {
      cycle += NameOf(frame->table) + " → ";
    }
    if (frame != way_.end()) cycle += "… → ";
    Say(table, link.route, fmt::format("delegates in a circle: {}{}", cycle, NameOf(link.table)));
  }

  void Say(int table, int route, std::string message) {
    const Place root;
    const Place tables = root.Field("route_tables");
    const Place at = tables.Index(table);
    const Place routes = at.Field("routes");
    const Place entry = routes.Index(route);
    report_.Add(entry.Field("table"), std::move(message));
  }

  const std::string& NameOf(int table) const { return scope_.gateway.route_tables(table).name(); }

  const Scope& scope_;
  Report& report_;
  std::vector<std::vector<Link>> links_;
  std::vector<size_t> height_;
  std::vector<State> state_;
  std::vector<Frame> way_;
};

}  // namespace

void CheckDelegation(const Scope& scope, Report& report) { Delegations(scope, report).Check(); }

}  // namespace sp::config
