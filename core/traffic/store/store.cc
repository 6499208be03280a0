#include "core/traffic/store/store.h"

#include <vector>

namespace sp::store {

std::shared_ptr<Space> Store::Open(const std::string& plugin, const std::string& filter) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<Space>& space = spaces_[{plugin, filter}];
  if (space == nullptr) space = std::make_shared<Space>(limits_);
  return space;
}

void Store::Sweep(TimePoint now) {
  std::vector<std::shared_ptr<Space>> all;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, space] : spaces_) all.push_back(space);
  }
  for (const auto& space : all) space->Sweep(now);
  all.clear();
  const std::lock_guard lock(mutex_);  // new users come only through Open, so a count of one stays one
  std::erase_if(spaces_,
                [](const auto& item) { return item.second.use_count() == 1 && item.second->usage().entries == 0; });
}

size_t Store::space_count() const {
  const std::lock_guard lock(mutex_);
  return spaces_.size();
}

}  // namespace sp::store
