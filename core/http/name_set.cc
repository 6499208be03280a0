#include "core/http/name_set.h"

#include <algorithm>

#include "core/http/ascii.h"

namespace sp::http {
namespace {

std::string Lower(std::string_view name) {
  std::string lower(name);
  for (char& c : lower) c = ToLower(c);
  return lower;
}

void Insert(std::vector<std::string>& sorted, std::string name) {
  const auto at = std::lower_bound(sorted.begin(), sorted.end(), name);
  if (at == sorted.end() || *at != name) sorted.insert(at, std::move(name));
}

bool Contains(const std::vector<std::string>& sorted, std::string_view name) {
  const auto at = std::lower_bound(sorted.begin(), sorted.end(), name);
  return at != sorted.end() && *at == name;
}

}  // namespace

NameSet::NameSet(std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) Add(name);
}

void NameSet::Add(std::string_view name) {
  std::string lower = Lower(name);
  const HeaderId id = HeaderIdOf(lower);
  if (id != HeaderId::kOther) known_.set(static_cast<size_t>(id));
  std::string folded = lower;
  for (char& c : folded) c = Fold(c);
  if (folded != lower) folds_ = true;
  Insert(folded_, std::move(folded));
  if (id == HeaderId::kOther) Insert(others_, std::move(lower));
}

bool NameSet::HasOther(std::string_view lower_name) const { return Contains(others_, lower_name); }

bool NameSet::HasFolded(std::string_view folded_name) const { return Contains(folded_, folded_name); }

}  // namespace sp::http
