#include "core/net/reactor.h"

#include <string>
#include <thread>

#include "test/support/catch.h"

namespace sp::net {
namespace {

using std::chrono::milliseconds;

struct Note {
  std::string* log;
  char letter;
  static void Write(void* self) {
    auto* note = static_cast<Note*>(self);
    *note->log += note->letter;
  }
};

struct DisposableNote final : Disposable {
  explicit DisposableNote(Note n) : note(n) {}
  ~DisposableNote() override { Note::Write(&note); }
  Note note;
};

TEST_CASE("time stands still within a turn") {
  SimulatedClock clock;
  Reactor reactor(clock);
  reactor.BeginTurn();
  const TimePoint now = reactor.now();
  clock.Advance(milliseconds(5));
  CHECK(reactor.now() == now);
  reactor.EndTurn();
  reactor.BeginTurn();
  CHECK(reactor.now() == now + milliseconds(5));
  reactor.EndTurn();
}

TEST_CASE("tasks run once, at the end of the turn, in order; disposal comes after them") {
  SimulatedClock clock;
  Reactor reactor(clock);
  std::string log;
  Note a{&log, 'a'}, b{&log, 'b'};
  EndOfTurnTask first(Note::Write, &a), second(Note::Write, &b);
  reactor.BeginTurn();
  reactor.Destroy(std::make_unique<DisposableNote>(Note{&log, 'd'}));
  reactor.AtEndOfTurn(second);
  reactor.AtEndOfTurn(first);
  reactor.AtEndOfTurn(second);
  CHECK(log.empty());
  CHECK(first.queued());
  reactor.EndTurn();
  CHECK(log == "bad");
  CHECK_FALSE(first.queued());
  reactor.BeginTurn();
  reactor.EndTurn();
  CHECK(log == "bad");
}

TEST_CASE("a task may queue tasks and destroy others that are queued") {
  SimulatedClock clock;
  Reactor reactor(clock);
  struct Chain {
    Reactor* reactor;
    std::unique_ptr<EndOfTurnTask> victim;
    EndOfTurnTask* self = nullptr;
    int runs = 0;
    static void Run(void* context) {
      auto* chain = static_cast<Chain*>(context);
      chain->victim.reset();
      if (++chain->runs < 3) chain->reactor->AtEndOfTurn(*chain->self);
    }
  };
  std::string log;
  Note never{&log, 'n'};
  Chain chain{&reactor, std::make_unique<EndOfTurnTask>(Note::Write, &never)};
  EndOfTurnTask task(Chain::Run, &chain);
  chain.self = &task;
  reactor.BeginTurn();
  reactor.AtEndOfTurn(task);
  reactor.AtEndOfTurn(*chain.victim);
  reactor.EndTurn();
  CHECK(chain.runs == 3);
  CHECK(log.empty());
}

TEST_CASE("what a disposed object gives to Destroy goes in the same turn") {
  struct Outer final : Disposable {
    Reactor* reactor;
    std::string* log;
    ~Outer() override { reactor->Destroy(std::make_unique<DisposableNote>(Note{log, 'i'})); }
  };
  SimulatedClock clock;
  Reactor reactor(clock);
  std::string log;
  auto outer = std::make_unique<Outer>();
  outer->reactor = &reactor;
  outer->log = &log;
  reactor.BeginTurn();
  reactor.Destroy(std::move(outer));
  reactor.EndTurn();
  CHECK(log == "i");
}

TEST_CASE("posts come from any thread, wake once per batch, run in order") {
  SimulatedClock clock;
  Reactor reactor(clock);
  int wakes = 0;
  reactor.set_wake([&] { ++wakes; });
  constexpr int kThreads = 4, kEach = 1000;
  int ran = 0;
  int last[kThreads] = {};
  bool in_order = true;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 1; i <= kEach; ++i) {
        reactor.Post([&, t, i] {
          ++ran;
          in_order = in_order && last[t] == i - 1;
          last[t] = i;
        });
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(wakes == 1);
  reactor.BeginTurn();
  reactor.RunPosted();
  reactor.EndTurn();
  CHECK(ran == kThreads * kEach);
  CHECK(in_order);
}

TEST_CASE("posting from posted work is for a later turn; after shutdown nothing is accepted") {
  SimulatedClock clock;
  Reactor reactor(clock);
  int runs = 0;
  reactor.Post([&] { reactor.Post([&] { ++runs; }); });
  reactor.BeginTurn();
  reactor.RunPosted();
  reactor.EndTurn();
  CHECK(runs == 0);
  reactor.BeginTurn();
  reactor.RunPosted();
  reactor.EndTurn();
  CHECK(runs == 1);

  auto token = std::make_shared<int>(0);
  reactor.Post([token] { ++*token; });
  CHECK(token.use_count() == 2);
  reactor.Shutdown();
  CHECK(token.use_count() == 1);  // destroyed, not run
  CHECK(*token == 0);
  CHECK_FALSE(reactor.Post([token] {}));
  CHECK(token.use_count() == 1);
}

TEST_CASE("timers fire by the time of the turn") {
  SimulatedClock clock;
  Reactor reactor(clock);
  std::string log;
  Note note{&log, 't'};
  Timer timer(Note::Write, &note);
  reactor.BeginTurn();
  reactor.timers().Start(timer, reactor.now() + milliseconds(10));
  reactor.EndTurn();
  clock.Advance(milliseconds(9));
  reactor.BeginTurn();
  reactor.RunTimers();
  reactor.EndTurn();
  CHECK(log.empty());
  clock.Advance(milliseconds(1));
  reactor.BeginTurn();
  reactor.RunTimers();
  reactor.EndTurn();
  CHECK(log == "t");
}

}  // namespace
}  // namespace sp::net
