// Transport: one byte stream to a peer, the seam below which sockets live. Connector makes outgoing ones.
//
// Implementations: net/uv/tcp (sockets), net/tls later, test/support/simulated_network (memory). All calls and events
// on one worker thread; events come from the event loop, never from within a call.
//
// Owned by one connection object. Destroying it closes at once; whoever owns it destroys it outside its events (see
// Reactor::Destroy).
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>

#include "core/base/buffer_chain.h"
#include "core/net/address.h"

namespace sp::net {

class TransportEvents {
 public:
  virtual void OnBytes(Slice bytes) = 0;
  // The peer has closed its side in order; writing may go on.
  virtual void OnEnd() = 0;
  // Reset or another error: nothing more can be read or written. The last event.
  virtual void OnBroken() = 0;
  // Everything given to Write was taken by the kernel (only after a Write that left something pending).
  virtual void OnDrained() = 0;

 protected:
  ~TransportEvents() = default;
};

class Transport {
 public:
  virtual ~Transport() = default;
  // Reading is off until the first StartReading.
  virtual void SetEvents(TransportEvents* events) = 0;
  virtual void StartReading() = 0;
  virtual void StopReading() = 0;
  // Writes what the kernel takes at once and queues the rest. After an error the bytes are dropped and OnBroken
  // follows.
  virtual void Write(BufferChain&& bytes) = 0;
  virtual size_t pending_write_bytes() const = 0;
  // Closes our side after what is pending (TCP FIN).
  virtual void CloseWrite() = 0;
  // Makes the destructor reset the connection (RST) instead of closing it in order.
  virtual void ResetOnClose() = 0;
  virtual const Address& peer() const = 0;
  virtual const Address& local() const = 0;
};

enum class ConnectError { kNone, kRefused, kTimeout, kNoDescriptor, kUnreachable, kOther };

class Connector {
 public:
  // `done(transport, error)`, exactly once and never from within Connect, unless the handle was destroyed before: then
  // never. transport is null on error. The deadline is the caller's (destroy the handle).
  class Handle {
   public:
    virtual ~Handle() = default;
  };
  using Done = std::function<void(std::unique_ptr<Transport>, ConnectError)>;
  virtual std::unique_ptr<Handle> Connect(const Address& to, Done done) = 0;

 protected:
  ~Connector() = default;
};

}  // namespace sp::net
