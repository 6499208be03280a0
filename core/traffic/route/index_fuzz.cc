// Lines of routes, a line `---`, lines of requests (text_tables.h): the index must answer as the scan does, and what a
// redirect makes of any path must stay one line on this host.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/traffic/route/rewrite.h"
#include "core/traffic/route/text_tables.h"

namespace sp::route::testing {

namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

void Ask(const TableSet& set, TableSlot slot, std::string_view line) {
  TextRequest text(line);
  MatchResult found, linear;
  set.Match(slot, text.request(), found);
  MatchLinear(set, slot, text.request(), linear);
  Require(found.outcome == linear.outcome && found.route == linear.route && Describe(found) == Describe(linear));
  if (found.route == nullptr) return;
  Redirect redirect;
  const PathPattern& pattern = found.route->match.path;
  if (!CheckRewrite(PrefixRewrite{"/"}, pattern)) redirect.path = PrefixRewrite{"/"};
  const auto location = Location(redirect, found, text.head(), {}, text.arena());
  if (!location) return;
  Require(location->front() == '/' && location->substr(1, 1) != "/" && location->substr(1, 1) != "\\");
  for (const char c : *location) Require(c > ' ' && c < 0x7f);
}

void Run(std::string_view input) {
  constexpr size_t kMaxRoutes = 60, kMaxRequests = 20;
  TextTables tables;
  std::string error;
  size_t routes = 0, requests = 0;
  while (!input.empty() && routes < kMaxRoutes) {
    const std::string_view line = TakeUpTo(input, '\n');
    if (line == "---") break;
    routes += tables.Add(line, &error) ? 1 : 0;
  }
  if (!tables.DistinctNames()) return;
  const TableSet& set = tables.Set();
  for (; !input.empty() && requests < kMaxRequests; ++requests) Ask(set, tables.first(), TakeUpTo(input, '\n'));
}

}  // namespace

}  // namespace sp::route::testing

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sp::route::testing::Run({reinterpret_cast<const char*>(data), size});
  return 0;
}
