#include "core/traffic/downstream/worker_context.h"

#include <string>

namespace sp::downstream {

void WorkerContext::CountReason(std::string_view reason) {
  // Tokens of the core's table and of plugins (64 a config), so that the number of labels is bounded; what is beyond
  // the bound is `other`.
  constexpr size_t kMaxReasons = 1024;
  auto found = reasons.find(reason);
  if (found == reasons.end()) {
    if (reasons.size() >= kMaxReasons && reason != "other") return CountReason("other");
    auto* stats = metrics.Register<ReasonStats>({{"reason", std::string(reason)}}, worker);
    found = reasons.emplace(std::string(reason), stats).first;
  }
  found->second->streams.Add();
}

}  // namespace sp::downstream
