// Store: the spaces of all filters by (plugin resource, filter name). They outlive configurations: a filter finds its
// counters again after a reload or a new version of its plugin.
//
// Open and Sweep from the config thread or any other; spaces from any thread. A space whose last user went is kept
// until everything in it has had its time.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "core/traffic/store/space.h"

namespace sp::store {

class Store {
 public:
  explicit Store(const Limits& limits_of_a_space = {}) : limits_(limits_of_a_space) {}
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  std::shared_ptr<Space> Open(const std::string& plugin, const std::string& filter);
  // Forgets what has had its time, and spaces that are empty and unused.
  void Sweep(TimePoint now);
  size_t space_count() const;

 private:
  const Limits limits_;
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, std::shared_ptr<Space>> spaces_;
};

}  // namespace sp::store
