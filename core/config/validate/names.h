// Names: the resources of one kind by name, for references and for what was meant by a name that isn't there.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/config/validate/report.h"

namespace sp::config {

class Names {
 public:
  // `kind` as in messages: `cluster`.
  explicit Names(std::string_view kind) : kind_(kind) {}

  // Reports, at `place`, a name that is there already. Empty names are passed over: that they are missing is another
  // rule's to say.
  void Add(std::string_view name, int index, const Place& place, Report& report);
  // The index, or -1.
  int Find(std::string_view name) const;
  // Reports a name that isn't there.
  bool Check(std::string_view name, const Place& place, Report& report) const;

 private:
  static constexpr int kMaxSuggestions = 50;  // each costs a comparison with every name

  std::string_view kind_;
  std::unordered_map<std::string_view, int> by_name_;
  std::vector<std::string_view> all_;
  mutable int suggestions_ = 0;
};

// Why `text` can't be the name of a resource; empty where it can.
std::string_view NameFault(std::string_view text);

}  // namespace sp::config
