// Reactor: what the code of one worker has in common: the time of this loop turn, timers, memory, work for the end of
// the turn, and messages from other threads. It knows no sockets: net/uv/loop drives one for real, tests drive one by
// hand with a SimulatedClock.
//
// One event of the loop = BeginTurn(); the event's callback; EndTurn(). `now` stands still in between.
//
// All members but Post belong to the worker's thread.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "core/base/clock.h"
#include "core/base/random.h"
#include "core/base/slice.h"
#include "core/base/timer_wheel.h"

namespace sp::net {

class Connector;

// Destroyed at the end of the turn when given to Reactor::Destroy: for objects that may be on the call stack.
class Disposable {
 public:
  virtual ~Disposable() = default;
};

// Work to be done once at the end of the turn, such as flushing a connection's output. A member of its owner; leaves
// the queue when destroyed.
class EndOfTurnTask {
 public:
  using Callback = void (*)(void* context);
  EndOfTurnTask(Callback callback, void* context) : callback_(callback), context_(context) {}
  EndOfTurnTask(const EndOfTurnTask&) = delete;
  EndOfTurnTask& operator=(const EndOfTurnTask&) = delete;
  ~EndOfTurnTask();
  bool queued() const { return next_ != nullptr; }

 private:
  friend class Reactor;
  Callback callback_;
  void* context_;
  EndOfTurnTask* next_ = nullptr;  // circular list through Reactor::tasks_
  EndOfTurnTask* previous_ = nullptr;
};

class Reactor {
 public:
  explicit Reactor(const Clock& clock);
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;
  ~Reactor();

  TimePoint now() const { return now_; }
  WallTime wall() const { return wall_; }
  const Clock& clock() const { return clock_; }
  TimerWheel& timers() { return timers_; }
  SlabPool& slabs() { return slabs_; }
  Random& random() { return random_; }
  // Set by whoever drives the reactor, before anything runs.
  Connector& connector() { return *connector_; }
  void set_connector(Connector& connector) { connector_ = &connector; }

  // Queues the task for the end of this turn; does nothing if it is queued already.
  void AtEndOfTurn(EndOfTurnTask& task);
  void Destroy(std::unique_ptr<Disposable> object) { disposed_.push_back(std::move(object)); }

  // From any thread: `work` runs on this worker in a later turn. Returns false (work is destroyed, not run) when the
  // reactor is shut down.
  bool Post(std::function<void()> work);
  // Called by Post, on the posting thread and under its lock, to wake the loop; must not call back.
  void set_wake(std::function<void()> wake) { wake_ = std::move(wake); }

  // For the driver.
  void BeginTurn();
  // Runs end-of-turn tasks and destroys what was given to Destroy, until neither is left.
  void EndTurn();
  // Fires due timers (within a turn).
  void RunTimers() { timers_.Advance(now_); }
  // Runs what was posted (within a turn).
  void RunPosted();
  // Refuses further posts and destroys what is queued. Before the destructor, on the worker's thread.
  void Shutdown();

 private:
  const Clock& clock_;
  TimePoint now_;
  WallTime wall_;
  SlabPool slabs_;
  TimerWheel timers_;
  Random random_;
  Connector* connector_ = nullptr;
  EndOfTurnTask tasks_{nullptr, nullptr};  // list head
  std::vector<std::unique_ptr<Disposable>> disposed_;
  std::function<void()> wake_;
  std::mutex posted_mutex_;
  std::vector<std::function<void()>> posted_;
  bool shut_down_ = false;
};

}  // namespace sp::net
