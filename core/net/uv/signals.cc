#include "core/net/uv/signals.h"

#include <cassert>
#include <utility>

#include "core/net/uv/native.h"

namespace sp::uv {

struct SignalWatcher::Handle {
  uv_signal_t signal;
  SignalWatcher* owner;
};

SignalWatcher::SignalWatcher(Loop& loop, int signal_number, std::function<void()> on_signal)
    : loop_(loop), on_signal_(std::move(on_signal)), handle_(new Handle{{}, this}) {
  uv_signal_init(&loop.native().loop, &handle_->signal);
  handle_->signal.data = handle_;
  [[maybe_unused]] const int error = uv_signal_start(
      &handle_->signal,
      [](uv_signal_t* signal, int) {
        SignalWatcher* owner = static_cast<Handle*>(signal->data)->owner;
        if (owner == nullptr) return;
        const Turn turn(owner->loop_);
        owner->on_signal_();
      },
      signal_number);
  assert(error == 0 && "a signal that can't be caught");
}

SignalWatcher::~SignalWatcher() {
  handle_->owner = nullptr;
  uv_close(reinterpret_cast<uv_handle_t*>(&handle_->signal),
           [](uv_handle_t* closed) { delete static_cast<Handle*>(closed->data); });
}

}  // namespace sp::uv
