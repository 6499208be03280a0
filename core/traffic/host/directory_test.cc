#include "core/traffic/host/directory.h"

#include "test/support/catch.h"
#include "test/support/simulated_world.h"

namespace sp::host {
namespace {

struct Target final : PostTarget {
  void OnPost(uint32_t tag, void* data, void(SP_CALL*)(void*)) override {
    tags.push_back(tag);
    delivered.push_back(data);
  }
  void OnOffloaded(uint32_t, void*) override {}
  std::vector<uint32_t> tags;
  std::vector<void*> delivered;
};

void SP_CALL CountDrop(void* data) { ++*static_cast<int*>(data); }

TEST_CASE("what is posted is delivered or dropped, exactly once") {
  int drops = 0;
  testing::SimulatedWorld world;
  {
    RefTable table(world.reactor());
    Target target;
    const sp_ref ref = table.Add(target);

    CHECK(RefTable::Post(ref, 7, &drops, &CountDrop) == SP_OK);
    CHECK(target.delivered.empty());  // never from within post
    world.RunUntilIdle();
    CHECK(target.tags == std::vector<uint32_t>{7});
    CHECK(target.delivered == std::vector<void*>{&drops});
    CHECK(drops == 0);  // it is the target's now

    CHECK(RefTable::Post(ref, 8, &drops, &CountDrop) == SP_OK);
    table.Remove(ref);  // the target goes while it is on its way
    world.RunUntilIdle();
    CHECK(target.delivered.size() == 1);
    CHECK(drops == 1);

    const sp_ref next = table.Add(target);  // in the same place
    CHECK(RefTable::Post(ref, 9, &drops, &CountDrop) == SP_OK);
    world.RunUntilIdle();
    CHECK(target.delivered.size() == 1);
    CHECK(drops == 2);

    for (uint32_t i = 0; i < RefTable::kMaxQueued; ++i) REQUIRE(RefTable::Post(next, i, &drops, nullptr) == SP_OK);
    CHECK(RefTable::Post(next, 0, &drops, &CountDrop) == SP_E_LIMIT);
    CHECK(drops == 3);
    world.RunUntilIdle();
    CHECK(RefTable::Post(next, 0, &drops, nullptr) == SP_OK);
    world.RunUntilIdle();
  }
  CHECK(RefTable::Post(0, 0, &drops, &CountDrop) == SP_E_GONE);
  CHECK(drops == 4);
}

}  // namespace
}  // namespace sp::host
