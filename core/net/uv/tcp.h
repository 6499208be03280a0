// Tcp: a Transport over one TCP socket.
//
// How it reads: readiness stays armed; each readiness is one read into the reactor's slabs, and only a read that filled
// its room is followed by another, into larger room (16 KiB, then 68 KiB), so a small message costs one system call and
// an idle connection holds no buffer. StopReading takes effect lazily: turning reading off and on again within a few
// events costs no system call.
// How it writes: at once as far as the kernel takes it; only the rest is queued, in order.
//
// How it ends: an orderly end of the peer is OnEnd (also when it came while reading was off: then at StartReading). A
// reset or any other error is OnBroken, as the last event. A failed write lets everything that the peer sent before be
// read first, if reading is on, so that an early answer (THREATS T95) is not lost. An end is believed only if the
// socket holds no error: data followed by a reset is never an orderly end (T98).
#pragma once

#include <cstddef>
#include <memory>

#include "core/net/transport.h"
#include "core/net/uv/loop.h"

namespace sp::uv {

struct TcpHandle;   // native.h: what libuv holds on to until its close callback
struct WriteQueue;  // native.h: only while something is pending

class Tcp final : public net::Transport {
 public:
  // Takes over a connected non-blocking socket; closes it and returns nothing if libuv refuses it.
  static std::unique_ptr<Tcp> Adopt(Loop& loop, int socket, const net::Address& peer);
  // Takes over a connected handle.
  Tcp(Loop& loop, TcpHandle& handle, const net::Address& peer);
  ~Tcp() override;

  void SetEvents(net::TransportEvents* events) override { events_ = events; }
  void StartReading() override;
  void StopReading() override { reading_ = false; }
  void Write(BufferChain&& bytes) override;
  size_t pending_write_bytes() const override;
  void CloseWrite() override;
  void ResetOnClose() override { reset_on_close_ = true; }
  const net::Address& peer() const override { return peer_; }
  const net::Address& local() const override;

 private:
  friend struct TcpHandle;
  friend struct WriteQueue;
  void OnRead(size_t bytes, bool was_full);
  void OnReadEnd(bool was_read);
  void OnWritten(int status);
  void OnDeferred();
  void QueueWrite(BufferChain&& bytes);
  void SubmitWrite();
  void FailWrite(int error);
  void Break();
  void ShutDownWrite();

  Loop& loop_;
  TcpHandle& handle_;
  net::TransportEvents* events_ = nullptr;
  WriteQueue* writes_ = nullptr;
  net::EndOfTurnTask deferred_;  // events that were found within a call
  net::Address peer_;
  mutable net::Address local_;
  mutable bool local_known_ = false;
  bool reading_ = false;  // wanted
  bool armed_ = false;    // uv_read_start in force
  bool large_reads_ = false;
  bool end_pending_ = false;  // the peer's end came while reading was off
  bool input_ended_ = false;
  bool write_failed_ = false;
  bool close_write_ = false;
  bool break_pending_ = false;  // OnBroken is to be told at the end of the turn
  bool broken_ = false;
  bool reset_on_close_ = false;
};

}  // namespace sp::uv
