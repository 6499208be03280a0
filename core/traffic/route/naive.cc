#include "core/traffic/route/naive.h"

namespace sp::route {

namespace {

using Outcome = MatchResult::Outcome;

class Scan {
 public:
  Scan(const TableSet& tables, const Request& request, MatchResult& result, const Trace& trace)
      : tables_(tables), request_(request), result_(result), trace_(trace) {}

  // True when the scan is over: there is a route, or there will be none.
  bool Table(TableSlot slot) {
    const std::vector<RouteSpec>& routes = tables_.at(slot).routes();
    for (uint32_t i = 0; i < routes.size(); ++i) {
      ++result_.steps;
      uint32_t condition = 0;
      const Verdict verdict = Judge(routes[i], request_, &condition);
      Tell(slot, i, verdict, condition);
      if (verdict == Verdict::kQueryLimit) return End(Outcome::kQueryLimit);
      if (verdict != Verdict::kMatched) continue;
      if (routes[i].delegate() == nullptr) {
        result_.Take(routes[i], slot, i, request_.path);
        return true;
      }
      if (Delegated(slot, i)) return true;
      Tell(slot, i, Verdict::kNoneInTable, 0);
    }
    return false;
  }

 private:
  bool Delegated(TableSlot slot, uint32_t index) {
    if (++delegations_ > MatchResult::kMaxDelegations) return End(Outcome::kDelegationLimit);
    const RouteSpec& entry = tables_.at(slot).routes()[index];
    const std::optional<TableSlot> below = tables_.Linked(slot, *entry.delegate());
    if (!below || result_.depth == MatchResult::kMaxDepth) {
      return entry.delegate()->exclusive && End(Outcome::kExclusive);
    }
    result_.chain[result_.depth++] = {slot, index, &entry};
    if (Table(*below)) return true;
    if (entry.delegate()->exclusive) return End(Outcome::kExclusive);
    --result_.depth;
    return false;
  }

  bool End(Outcome outcome) {
    result_.outcome = outcome;
    return true;
  }
  void Tell(TableSlot slot, uint32_t index, Verdict verdict, uint32_t condition) const {
    if (trace_) trace_({slot, index, result_.depth, &tables_.at(slot).routes()[index], verdict, condition});
  }

  const TableSet& tables_;
  const Request& request_;
  MatchResult& result_;
  const Trace& trace_;
  uint32_t delegations_ = 0;
};

}  // namespace

void MatchLinear(const TableSet& tables, TableSlot slot, const Request& request, MatchResult& result,
                 const Trace& trace) {
  result.Clear();
  Scan(tables, request, result, trace).Table(slot);
}

}  // namespace sp::route
