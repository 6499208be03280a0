#include "core/traffic/route/match.h"

namespace sp::route {

const std::string_view* MatchResult::Param(std::string_view name) const {
  for (size_t i = 0; i < param_count; ++i) {
    if (params[i].name == name) return &params[i].value;
  }
  return nullptr;
}

void MatchResult::Take(const RouteSpec& taken, TableSlot at_table, uint32_t at_index, std::string_view path) {
  outcome = Outcome::kRoute;
  route = &taken;
  table = at_table;
  index = at_index;
  size_t count = taken.match.path.Capture(path, params.data(), kMaxParams);
  for (size_t i = depth; i > 0; --i) {
    count += chain[i - 1].entry->match.path.Capture(path, params.data() + count, kMaxParams - count);
  }
  param_count = static_cast<uint8_t>(count);
}

void MatchResult::Clear() {
  outcome = Outcome::kNone;
  route = nullptr;
  table = 0;
  index = 0;
  depth = 0;
  param_count = 0;
  steps = 0;
}

}  // namespace sp::route
