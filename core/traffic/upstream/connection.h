// Connection: one transport to an endpoint with the codec on it. Made by a Pool, lent to one Attempt at a time
// (HTTP/1), given back to the pool when the answer is complete and it can carry another.
//
// Output is flushed once at the end of the loop turn, so that a head and its body leave in one system call.
#pragma once

#include <memory>

#include "core/base/timer_wheel.h"
#include "core/http/codec.h"
#include "core/net/reactor.h"
#include "core/net/transport.h"

namespace sp::upstream {

class Pool;

class Connection final : public net::Disposable, private net::TransportEvents {
 public:
  Connection(Pool& pool, net::Reactor& reactor, std::unique_ptr<net::Transport> transport,
             std::unique_ptr<http::ClientConnection> codec);
  ~Connection() override;

  http::ClientConnection& codec() { return *codec_; }
  const net::Transport& transport() const { return *transport_; }
  // Call after anything that may have made output or changed what the codec wants.
  void Touch() { reactor_.AtEndOfTurn(flush_); }
  // Bytes of requests that the kernel has not taken.
  size_t pending_bytes() const { return codec_->output().size() + transport_->pending_write_bytes(); }
  // Whoever sends a body on it hears when pending bytes have gone.
  using OnDrainedFn = void (*)(void* context);
  void SetDrainListener(OnDrainedFn fn, void* context) {
    on_drained_ = fn;
    drained_context_ = context;
  }
  uint64_t exchanges() const { return exchanges_; }
  void BeginExchange() {
    ++exchanges_;
    idle_timer_.Cancel();
  }

 private:
  friend class Pool;
  void OnBytes(Slice bytes) override;
  void OnEnd() override;
  void OnBroken() override;
  void OnDrained() override;
  void Flush();

  Pool& pool_;
  net::Reactor& reactor_;
  std::unique_ptr<net::Transport> transport_;
  std::unique_ptr<http::ClientConnection> codec_;
  net::EndOfTurnTask flush_;
  Timer idle_timer_;
  OnDrainedFn on_drained_ = nullptr;
  void* drained_context_ = nullptr;
  uint64_t exchanges_ = 0;
  size_t place_ = 0;  // in Pool::connections_
  bool idle_ = false;
  bool reading_ = true;
  bool broken_ = false;
  bool closed_ = false;
};

}  // namespace sp::upstream
