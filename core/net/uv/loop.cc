#include "core/net/uv/loop.h"

#include <algorithm>
#include <cassert>
#include <csignal>

#include "core/net/uv/native.h"

namespace sp::uv {
namespace {

uv_handle_t* Base(void* handle) { return static_cast<uv_handle_t*>(handle); }

}  // namespace

NativeLoop::NativeLoop(Loop& loop_owner) : owner(loop_owner) {
  // A write to a connection that the peer has reset must be an error of that write, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  // These fail only for want of memory or descriptors while the process starts: nothing to go on with.
  [[maybe_unused]] int error = uv_loop_init(&loop);
  assert(error == 0);
  loop.data = this;
  uv_timer_init(&loop, &timer);
  error = uv_async_init(&loop, &wake, OnWake);
  assert(error == 0);
  uv_prepare_init(&loop, &prepare);
  uv_prepare_start(&prepare, OnPrepare);
}

NativeLoop::~NativeLoop() {
  uv_close(Base(&timer), nullptr);
  uv_close(Base(&wake), nullptr);
  uv_close(Base(&prepare), nullptr);
  uv_walk(
      &loop,
      [](uv_handle_t* handle, void*) {
        assert(uv_is_closing(handle) && "something outlives its loop");
        if (!uv_is_closing(handle)) uv_close(handle, nullptr);
      },
      nullptr);
  uv_run(&loop, UV_RUN_DEFAULT);
  [[maybe_unused]] const int error = uv_loop_close(&loop);
  assert(error == 0);
  for (TcpHandle* handle : free_tcp) delete handle;
  for (WriteQueue* queue : free_queues) delete queue;
}

void NativeLoop::OnTimer(uv_timer_t* timer) { static_cast<NativeLoop*>(timer->loop->data)->owner.OnTimer(); }
void NativeLoop::OnWake(uv_async_t* async) { static_cast<NativeLoop*>(async->loop->data)->owner.OnWake(); }
void NativeLoop::OnPrepare(uv_prepare_t* prepare) { static_cast<NativeLoop*>(prepare->loop->data)->owner.ArmTimer(); }

Loop::Loop(const Clock& clock) : reactor_(clock), native_(std::make_unique<NativeLoop>(*this)) {
  reactor_.set_wake([this] { uv_async_send(&native_->wake); });
}

Loop::~Loop() {
  reactor_.Shutdown();
  reactor_.EndTurn();
  native_.reset();
}

void Loop::Run() {
  while (!stop_.exchange(false)) uv_run(&native_->loop, UV_RUN_DEFAULT);
}

bool Loop::RunUntil(const std::function<bool()>& done, Duration limit) {
  const TimePoint end = reactor_.clock().Now() + limit;
  Timer at_end([](void*) {}, nullptr);  // so that waiting ends
  reactor_.timers().Start(at_end, end);
  while (!done()) {
    if (reactor_.clock().Now() >= end) return false;
    uv_run(&native_->loop, UV_RUN_ONCE);
  }
  return true;
}

void Loop::Stop() {
  stop_ = true;
  uv_async_send(&native_->wake);
}

// Only an earlier wake moves the uv timer. Deadlines mostly move away (each request puts an idle timeout off), and then
// it is left to fire once for nothing.
void Loop::ArmTimer() {
  const auto wake = reactor_.timers().NextWake();
  if (!wake || armed_for_ <= *wake) return;
  const Duration left = std::max(*wake - reactor_.clock().Now(), Duration(0));
  // libuv counts whole milliseconds of its own clock, rounded down: round up there, or it would fire early.
  const uint64_t at_ms = (uv_hrtime() + static_cast<uint64_t>(left.count()) + 999'999) / 1'000'000;
  const uint64_t now_ms = uv_now(&native_->loop);
  uv_timer_start(&native_->timer, NativeLoop::OnTimer, at_ms > now_ms ? at_ms - now_ms : 0, 0);
  armed_for_ = *wake;
}

void Loop::OnTimer() {
  armed_for_ = TimePoint::max();
  const Turn turn(*this);
  reactor_.RunTimers();
}

void Loop::OnWake() {
  if (stop_) uv_stop(&native_->loop);
  const Turn turn(*this);
  reactor_.RunPosted();
}

}  // namespace sp::uv
