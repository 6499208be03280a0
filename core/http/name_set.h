// NameSet: a set of header names, made once from configuration and then asked for every field of every message.
//
//   NameSet managed({"x-user", "x-real-ip"});
//   managed.Has(field)
//
// Built on the config thread, read by workers; immutable once it is shared.
#pragma once

#include <bitset>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "core/http/header_map.h"

namespace sp::http {

class NameSet {
 public:
  NameSet() = default;
  NameSet(std::initializer_list<std::string_view> names);

  // `name` in any case.
  void Add(std::string_view name);
  bool Has(HeaderId id, std::string_view lower_name) const {
    return id != HeaderId::kOther ? known_[static_cast<size_t>(id)] : !others_.empty() && HasOther(lower_name);
  }
  bool Has(const HeaderField& field) const { return Has(field.id, field.name); }
  bool Has(std::string_view lower_name) const { return Has(HeaderIdOf(lower_name), lower_name); }
  bool empty() const { return folded_.empty(); }

  // Some backends read `_` and `.` in a name as `-` (THREATS T61): whether a name of the set is the same after that.
  static constexpr char Fold(char c) { return c == '_' || c == '.' ? '-' : c; }
  bool HasFolded(std::string_view folded_name) const;
  // Whether a name of the set itself changes by folding, so that a plain name may stand for it.
  bool folds() const { return folds_; }

 private:
  bool HasOther(std::string_view lower_name) const;

  std::bitset<static_cast<size_t>(HeaderId::kCount)> known_;
  std::vector<std::string> others_;  // sorted, as are
  std::vector<std::string> folded_;  // all names, folded
  bool folds_ = false;
};

}  // namespace sp::http
