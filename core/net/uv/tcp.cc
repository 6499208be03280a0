#include "core/net/uv/tcp.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <utility>

#include "core/net/uv/native.h"

namespace sp::uv {
namespace {

constexpr unsigned kMaxBuffers = 64;              // slices of one write
constexpr size_t kSmallRoom = 4096;               // least room to read into
constexpr size_t kLargeRoom = SlabPool::kMedium;  // … after a read that filled its room

struct Buffers {
  uv_buf_t list[kMaxBuffers];
  unsigned count = 0;
  size_t bytes = 0;

  explicit Buffers(const BufferChain& chain) {
    for (; count < kMaxBuffers && count < chain.slice_count(); ++count) {
      const Slice& slice = chain.slice(count);
      // libuv's buffers are not const, but are only read here.
      list[count] = uv_buf_init(const_cast<char*>(slice.data()), static_cast<unsigned>(slice.size()));
      bytes += slice.size();
    }
  }
};

}  // namespace

TcpHandle& NativeLoop::AcquireTcp() {
  TcpHandle* handle;
  if (free_tcp.empty()) {
    handle = new TcpHandle();
    handle->loop = this;
  } else {
    handle = free_tcp.back();
    free_tcp.pop_back();
  }
  uv_tcp_init(&loop, &handle->tcp);
  handle->tcp.data = handle;
  handle->owner = nullptr;
  return *handle;
}

int TcpHandle::fd() {
  uv_os_fd_t fd = -1;
  uv_fileno(reinterpret_cast<uv_handle_t*>(&tcp), &fd);
  return fd;
}

void TcpHandle::Close() {
  owner = nullptr;
  uv_close(reinterpret_cast<uv_handle_t*>(&tcp), [](uv_handle_t* closed) {
    auto* handle = static_cast<TcpHandle*>(closed->data);
    handle->loop->Release(*handle);
  });
}

// No room means that reading was turned off since it was armed: libuv then reads nothing and says ENOBUFS.
void TcpHandle::OnAlloc(uv_handle_t* handle, size_t, uv_buf_t* room) {
  const Tcp* tcp = static_cast<TcpHandle*>(handle->data)->owner;
  *room = uv_buf_init(nullptr, 0);
  if (tcp == nullptr || !tcp->reading_) return;
  SlabPool& slabs = tcp->loop_.reactor().slabs();
  const SlabPool::Room found =
      tcp->large_reads_ ? slabs.ReadRoom(kLargeRoom, SlabPool::kLarge) : slabs.ReadRoom(kSmallRoom, SlabPool::kMedium);
  *room = uv_buf_init(found.data, static_cast<unsigned>(found.size));
}

void TcpHandle::OnRead(uv_stream_t* stream, ssize_t result, const uv_buf_t* room) {
  Tcp* tcp = static_cast<TcpHandle*>(stream->data)->owner;
  if (tcp == nullptr || result == 0) return;  // 0 is EAGAIN
  if (result == UV_ENOBUFS && room->base == nullptr) {
    uv_read_stop(stream);
    tcp->armed_ = false;
    return;
  }
  const Turn turn(tcp->loop_);
  if (result > 0) {
    tcp->OnRead(static_cast<size_t>(result), static_cast<size_t>(result) == room->len);
  } else if (result == UV_EOF) {
    tcp->OnReadEnd(room->base != nullptr);
  } else {
    tcp->Break();
  }
}

int WriteQueue::Submit(TcpHandle& handle) {
  const Buffers buffers(waiting);
  waiting.MoveTo(under_way, buffers.bytes);
  request.data = this;
  return uv_write(&request, handle.stream(), buffers.list, buffers.count, OnWritten);
}

// libuv no longer looks at the bytes once the handle is closing; only its callback is still to come.
void WriteQueue::Abandon() {
  owner = nullptr;
  under_way.Clear();
  waiting.Clear();
}

void WriteQueue::OnWritten(uv_write_t* request, int status) {
  auto* queue = static_cast<WriteQueue*>(request->data);
  if (queue->owner == nullptr) return queue->loop->Release(*queue);
  const Turn turn(queue->owner->loop_);
  queue->owner->OnWritten(status);
}

WriteQueue& NativeLoop::AcquireWriteQueue() {
  if (free_queues.empty()) {
    auto* queue = new WriteQueue();
    queue->loop = this;
    return *queue;
  }
  WriteQueue* queue = free_queues.back();
  free_queues.pop_back();
  return *queue;
}

std::unique_ptr<Tcp> Tcp::Adopt(Loop& loop, int socket, const net::Address& peer) {
  TcpHandle& handle = loop.native().AcquireTcp();
  if (uv_tcp_open(&handle.tcp, socket) != 0) {
    ::close(socket);
    handle.Close();
    return nullptr;
  }
  return std::make_unique<Tcp>(loop, handle, peer);
}

Tcp::Tcp(Loop& loop, TcpHandle& handle, const net::Address& peer)
    : loop_(loop),
      handle_(handle),
      deferred_([](void* self) { static_cast<Tcp*>(self)->OnDeferred(); }, this),
      peer_(peer) {
  handle_.owner = this;
}

Tcp::~Tcp() {
  if (writes_ != nullptr) writes_->Abandon();
  if (reset_on_close_) {
    const linger at_once{1, 0};
    setsockopt(handle_.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  }
  handle_.Close();
}

const net::Address& Tcp::local() const {
  if (std::exchange(local_known_, true)) return local_;
  sockaddr_storage storage{};
  socklen_t length = sizeof(storage);
  auto* address = reinterpret_cast<sockaddr*>(&storage);
  if (getsockname(handle_.fd(), address, &length) == 0) local_ = net::Address::FromSockaddr(address);
  return local_;
}

size_t Tcp::pending_write_bytes() const {
  if (writes_ == nullptr) return 0;
  return uv_stream_get_write_queue_size(handle_.stream()) + writes_->waiting.size();
}

void Tcp::StartReading() {
  reading_ = true;
  if (broken_) return;
  if (input_ended_) {
    if (end_pending_) loop_.reactor().AtEndOfTurn(deferred_);
    return;
  }
  if (armed_) return;
  armed_ = uv_read_start(handle_.stream(), TcpHandle::OnAlloc, TcpHandle::OnRead) == 0;
}

void Tcp::OnRead(size_t bytes, bool was_full) {
  large_reads_ = was_full || (large_reads_ && bytes > SlabPool::kMedium);
  Slice slice = loop_.reactor().slabs().Commit(bytes);
  if (events_ != nullptr) events_->OnBytes(std::move(slice));
}

void Tcp::OnReadEnd(bool was_read) {
  armed_ = false;
  input_ended_ = true;
  int error = 0;
  // An end that libuv concluded from a hang-up, without reading it, may be a reset that followed the last bytes.
  if (!was_read) {
    socklen_t length = sizeof(error);
    getsockopt(handle_.fd(), SOL_SOCKET, SO_ERROR, &error, &length);
  }
  if (error != 0 || write_failed_) return Break();
  if (!reading_) {
    end_pending_ = true;
  } else if (events_ != nullptr) {
    events_->OnEnd();
  }
}

void Tcp::Break() {
  if (std::exchange(broken_, true)) return;
  if (std::exchange(armed_, false)) uv_read_stop(handle_.stream());
  if (events_ != nullptr) events_->OnBroken();
}

void Tcp::OnDeferred() {
  if (break_pending_) return Break();
  if (!end_pending_ || !reading_ || broken_) return;
  end_pending_ = false;
  if (events_ != nullptr) events_->OnEnd();
}

void Tcp::Write(BufferChain&& bytes) {
  assert(!close_write_ && "Write after CloseWrite");
  BufferChain chain = std::move(bytes);
  if (broken_ || write_failed_) return;
  if (writes_ != nullptr) return writes_->waiting.Append(std::move(chain));
  while (!chain.empty()) {
    const Buffers buffers(chain);
    const int taken = uv_try_write(handle_.stream(), buffers.list, buffers.count);
    if (taken < 0 && taken != UV_EAGAIN) return FailWrite(taken);
    if (taken > 0) chain.Drain(static_cast<size_t>(taken));
    if (taken < 0 || static_cast<size_t>(taken) < buffers.bytes) break;
  }
  if (!chain.empty()) QueueWrite(std::move(chain));
}

void Tcp::QueueWrite(BufferChain&& bytes) {
  writes_ = &loop_.native().AcquireWriteQueue();
  writes_->owner = this;
  writes_->waiting = std::move(bytes);
  SubmitWrite();
}

void Tcp::SubmitWrite() {
  const int error = writes_->Submit(handle_);
  if (error == 0) return;
  writes_->Abandon();
  loop_.native().Release(*std::exchange(writes_, nullptr));
  FailWrite(error);
}

void Tcp::OnWritten(int status) {
  writes_->under_way.Clear();
  if (status == 0 && !writes_->waiting.empty()) return SubmitWrite();
  writes_->Abandon();
  loop_.native().Release(*std::exchange(writes_, nullptr));
  if (status != 0) return FailWrite(status);
  if (close_write_) ShutDownWrite();
  if (!broken_ && events_ != nullptr) events_->OnDrained();
}

// After a reset the socket still gives what had arrived before it, and then the end that becomes OnBroken: an early
// answer is read (THREATS T95). With nobody reading, and for other errors, that would not come.
void Tcp::FailWrite(int error) {
  write_failed_ = true;
  const bool was_reset = error == UV_ECONNRESET || error == UV_EPIPE;
  if (broken_ || (was_reset && reading_ && armed_)) return;
  break_pending_ = true;
  loop_.reactor().AtEndOfTurn(deferred_);
}

void Tcp::CloseWrite() {
  if (std::exchange(close_write_, true)) return;
  if (writes_ == nullptr && !broken_ && !write_failed_) ShutDownWrite();
}

// Not uv_shutdown, which needs a request and another loop iteration; a failure shows when reading.
void Tcp::ShutDownWrite() { ::shutdown(handle_.fd(), SHUT_WR); }

}  // namespace sp::uv
