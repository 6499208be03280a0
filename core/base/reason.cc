#include "core/base/reason.h"

#include <array>

namespace sp {
namespace {

constexpr std::array<ReasonInfo, static_cast<size_t>(Reason::kCount)> kTable = {{
#define SP_REASON_ROW(name, token, status, proxy_error, title) {#name, token, status, proxy_error, title},
    SP_REASONS(SP_REASON_ROW)
#undef SP_REASON_ROW
}};

}  // namespace

const ReasonInfo& InfoOf(Reason reason) { return kTable[static_cast<size_t>(reason)]; }

std::optional<Reason> ReasonFromToken(std::string_view token) {
  for (size_t i = 1; i < kTable.size(); ++i) {
    if (kTable[i].token == token) return static_cast<Reason>(i);
  }
  return std::nullopt;
}

}  // namespace sp
