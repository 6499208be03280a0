// Table: the routes of one route table with their index; TableSet: the tables of one snapshot, linked by name.
//
// The first route in list order that matches wins, exactly as a scan from the top would find it (naive.h is that scan,
// and tests hold the two equal); the time doesn't grow with the number of routes (index.h says how, and what stays
// linear). A route that delegates is tried in place: its own conditions first, then the named table's routes in their
// order, then, unless exclusive, the scan goes on after it; so the time is linear in delegations whose conditions hold
// and in whose table nothing matches.
//
// Immutable, shared by all workers and by every snapshot in which the table is the same: a change of one table
// compiles that one alone. Matching allocates nothing (but RE2, see regex.h), locks nothing, and doesn't recurse
// deeper than the delegations do.
//
//   auto main = Table::Compile("main", std::move(routes));
//   TableSet tables({main, team_a}, &errors);
//   tables.Match(*tables.Find("main"), request, result);
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/field_error.h"
#include "core/traffic/route/match.h"
#include "core/traffic/route/route.h"

namespace sp::route {

class Index;

class Table {
 public:
  // Never fails: whatever can be wrong with a route was refused where its parts were parsed.
  static std::shared_ptr<const Table> Compile(std::string name, std::vector<RouteSpec> routes);
  ~Table();
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  const std::string& name() const { return name_; }
  const std::vector<RouteSpec>& routes() const { return routes_; }
  // Every cluster and table that is named, once each, by ClusterRef::local and Delegate::local.
  const std::vector<std::string>& clusters() const { return clusters_; }
  const std::vector<std::string>& delegates() const { return delegates_; }
  const Index& index() const { return *index_; }
  // Of the index alone, without the routes.
  size_t index_bytes() const;

 private:
  Table(std::string name, std::vector<RouteSpec> routes);
  void NumberReferences();

  std::string name_;
  std::vector<RouteSpec> routes_;
  std::vector<std::string> clusters_;
  std::vector<std::string> delegates_;
  std::unique_ptr<const Index> index_;
};

class TableSet {
 public:
  // Tables have distinct names. `errors`, with paths like `route_tables[main].routes[3].table`: a table that isn't
  // there, a cycle, more than MatchResult::kMaxDepth delegations deep. A set with errors still matches safely: a link
  // that is missing has no routes, and depth is bounded.
  TableSet(std::vector<std::shared_ptr<const Table>> tables, FieldErrors* errors);
  TableSet() = default;

  std::optional<TableSlot> Find(std::string_view name) const;
  const Table& at(TableSlot slot) const { return *tables_[slot]; }
  const std::shared_ptr<const Table>& shared(TableSlot slot) const { return tables_[slot]; }
  size_t size() const { return tables_.size(); }
  // What an entry of the table at `slot` delegates to.
  std::optional<TableSlot> Linked(TableSlot slot, const Delegate& delegate) const;

  void Match(TableSlot slot, const Request& request, MatchResult& result) const;

 private:
  static constexpr TableSlot kMissing = UINT32_MAX;
  void Link(FieldErrors* errors);
  void CheckDepth(FieldErrors* errors) const;
  void ReportLink(TableSlot slot, TableSlot below, std::string message, FieldErrors* errors) const;
  static std::string PathOf(const Table& table, size_t route);

  std::vector<std::shared_ptr<const Table>> tables_;  // by name
  std::vector<std::vector<TableSlot>> links_;         // [slot][Delegate::local]
};

}  // namespace sp::route
