// What the scan tells `explain`, and that the index's answer costs no allocation.
#include "core/traffic/route/naive.h"

#include <cstdlib>
#include <new>

#include "core/traffic/route/text_tables.h"
#include "test/support/catch.h"

namespace {
thread_local size_t allocations = 0;
}  // namespace

// Sanitizers bring their own, and the other builds suffice.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && !defined(__clang__)
void* operator new(size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  std::abort();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
#endif

namespace sp::route::testing {

namespace {

std::string_view NameOf(Verdict verdict) {
  static constexpr std::string_view kNames[] = {"matched", "host",        "path",  "method",       "header",
                                                "share",   "query_limit", "query", "none_in_table"};
  return kNames[static_cast<size_t>(verdict)];
}

}  // namespace

TEST_CASE("explain: each earlier route says why it didn't match") {
  TextTables tables;
  std::string error;
  for (const std::string_view line :
       {"table main", "host host=b", "path path=exact:/x", "method method=PUT",
        "header header=h:present header=i:present", "share share=0", "query query=a:exact:1 query=b:present",
        "team table=team", "last", "never", "table team", "inner path=prefix:/y"}) {
    REQUIRE(tables.Add(line, &error));
  }
  const TableSet& set = tables.Set();
  TextRequest text("GET a/z?a=1 h:1");
  MatchResult result;
  std::string told;
  MatchLinear(set, tables.first(), text.request(), result, [&](const TraceStep& step) {
    told += std::string(step.depth, '>') + step.route->name + ":" + std::string(NameOf(step.verdict));
    if (step.verdict == Verdict::kHeader || step.verdict == Verdict::kQuery) told += std::to_string(step.condition);
    told += " ";
  });
  CHECK(told ==
        "host:host path:path method:method header:header1 share:share query:query1 team:matched >inner:path "
        "team:none_in_table last:matched ");
  CHECK(Describe(result) == "last");
}

TEST_CASE("route: a match allocates nothing from the heap") {
  TextTables tables;
  std::string error;
  for (const std::string_view line :
       {"table main", "team host=*.example path=template:/t/{tenant}/** table=team",
        "other path=string_prefix:/o query=a:exact:1", "table team", "r path=template:/t/*/u/{id} header=h:exact:1"}) {
    REQUIRE(tables.Add(line, &error));
  }
  for (int i = 0; i < 40; ++i) REQUIRE(tables.Add("x path=prefix:/t header=n:exact:" + std::to_string(i), &error));
  const TableSet& set = tables.Set();
  for (const std::string_view line :
       {"GET a.example/t/1/u/2?b=%31 h:1", "GET a.example/t/1 n:39", "GET a/o?b&a=1&c=%41"}) {
    TextRequest text(line);
    const Request request = text.request();
    MatchResult result;
    text.arena().Allocate(1);  // the arena's first block may be new
    const size_t before = allocations;
    set.Match(tables.first(), request, result);
    CHECK(allocations == before);
    CHECK(result.route != nullptr);
  }
}

}  // namespace sp::route::testing
