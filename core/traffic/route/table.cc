#include "core/traffic/route/table.h"

#include <unordered_map>

#include "core/traffic/route/index.h"

namespace sp::route {

namespace {

// Numbers names in the order in which they are first met.
class NameNumbers {
 public:
  explicit NameNumbers(std::vector<std::string>& names) : names_(names) {}
  uint32_t Of(const std::string& name) {
    const auto [at, is_new] = numbers_.try_emplace(name, static_cast<uint32_t>(names_.size()));
    if (is_new) names_.push_back(name);
    return at->second;
  }

 private:
  std::vector<std::string>& names_;
  std::unordered_map<std::string, uint32_t> numbers_;
};

}  // namespace

Table::Table(std::string name, std::vector<RouteSpec> routes) : name_(std::move(name)), routes_(std::move(routes)) {}
Table::~Table() = default;

std::shared_ptr<const Table> Table::Compile(std::string name, std::vector<RouteSpec> routes) {
  std::shared_ptr<Table> table(new Table(std::move(name), std::move(routes)));
  table->NumberReferences();
  table->index_ = std::make_unique<const Index>(table->routes_);
  return table;
}

void Table::NumberReferences() {
  NameNumbers clusters(clusters_);
  NameNumbers delegates(delegates_);
  for (RouteSpec& route : routes_) {
    if (auto* action = std::get_if<ClusterAction>(&route.action)) {
      for (WeightedCluster& weighted : action->clusters) weighted.cluster.local = clusters.Of(weighted.cluster.name);
    } else if (auto* delegate = std::get_if<Delegate>(&route.action)) {
      delegate->local = delegates.Of(delegate->table);
    }
  }
}

size_t Table::index_bytes() const { return index_->bytes(); }

}  // namespace sp::route
