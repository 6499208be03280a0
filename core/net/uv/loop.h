// Loop: one thread's event loop. It owns the libuv loop and the Reactor that it drives: every event is one turn of the
// reactor, its timer wheel stands behind one uv timer, and Reactor::Post wakes it.
//
//   Loop loop(clock);                        // on the thread that will run it, or before that thread starts
//   TcpConnector connector(loop);
//   loop.reactor().set_connector(connector);
//   loop.Run();                              // until Stop
//
// Runs on one thread; only Stop and Reactor::Post may be called from others. Whatever uses the loop (transports,
// listeners, watchers, connects in progress) is destroyed before it, on the same thread, and nobody may be inside Post
// or Stop when the loop is destroyed. The process ignores SIGPIPE from the first Loop on.
#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "core/base/clock.h"
#include "core/net/reactor.h"

namespace sp::uv {

struct NativeLoop;  // native.h

class Loop {
 public:
  explicit Loop(const Clock& clock);
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop();

  net::Reactor& reactor() { return reactor_; }

  // Handles events until Stop; returns at once if Stop was called before.
  void Run();
  // Handles events until `done()` holds, which is asked after each of them, or `limit` has passed. Returns done().
  bool RunUntil(const std::function<bool()>& done, Duration limit);
  // From any thread: Run returns after the events that are being handled.
  void Stop();

  // For the rest of core/net/uv.
  NativeLoop& native() { return *native_; }

 private:
  void ArmTimer();
  void OnWake();
  void OnTimer();
  friend struct NativeLoop;

  net::Reactor reactor_;
  std::unique_ptr<NativeLoop> native_;
  std::atomic<bool> stop_{false};
  TimePoint armed_for_ = TimePoint::max();  // when the uv timer fires; max while it is off
};

// One event: the reactor's turn for as long as this stands. Destroying it may destroy whoever handled the event.
class Turn {
 public:
  explicit Turn(Loop& loop) : reactor_(loop.reactor()) { reactor_.BeginTurn(); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() { reactor_.EndTurn(); }

 private:
  net::Reactor& reactor_;
};

}  // namespace sp::uv
