// What stands behind Loop and Tcp on libuv's side. For the files of this folder only: includes <uv.h>.
//
// libuv keeps using a handle until its close callback, an event or two after uv_close; so the memory of handles is not
// a member of what uses them, but comes from a pool of the loop and goes back there from the close callback.
#pragma once

#include <uv.h>

#include <vector>

#include "core/base/buffer_chain.h"
#include "core/net/uv/loop.h"
#include "core/net/uv/tcp.h"

namespace sp::uv {

struct TcpHandle {
  uv_tcp_t tcp;
  NativeLoop* loop;
  Tcp* owner = nullptr;  // null before it is adopted or connected, and while it is closing

  uv_stream_t* stream() { return reinterpret_cast<uv_stream_t*>(&tcp); }
  int fd();
  // Back to the pool once libuv is done with it.
  void Close();
  static void OnAlloc(uv_handle_t* handle, size_t, uv_buf_t* room);
  static void OnRead(uv_stream_t* stream, ssize_t result, const uv_buf_t* room);
};

// What a connection has to write beyond what the kernel took: one uv_write under way, and what comes after it.
struct WriteQueue {
  uv_write_t request;
  NativeLoop* loop;
  Tcp* owner = nullptr;  // null once the connection is gone; then the callback is still to come
  BufferChain under_way;
  BufferChain waiting;

  // Gives the next part of `waiting` to libuv. A libuv error, or 0.
  int Submit(TcpHandle& handle);
  void Abandon();
  static void OnWritten(uv_write_t* request, int status);
};

struct NativeLoop {
  explicit NativeLoop(Loop& loop);
  ~NativeLoop();

  TcpHandle& AcquireTcp();
  WriteQueue& AcquireWriteQueue();
  void Release(TcpHandle& handle) { free_tcp.push_back(&handle); }
  void Release(WriteQueue& queue) { free_queues.push_back(&queue); }

  static void OnTimer(uv_timer_t* timer);
  static void OnWake(uv_async_t* async);
  static void OnPrepare(uv_prepare_t* prepare);

  Loop& owner;
  uv_loop_t loop;
  uv_timer_t timer;      // the timer wheel's next wake
  uv_async_t wake;       // Post, Stop
  uv_prepare_t prepare;  // before the loop waits: arms the timer
  std::vector<TcpHandle*> free_tcp;
  std::vector<WriteQueue*> free_queues;
};

}  // namespace sp::uv
