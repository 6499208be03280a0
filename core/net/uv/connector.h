// TcpConnector: outgoing TCP connections of one loop, with TCP_NODELAY. Destroyed after every handle it gave out.
#pragma once

#include <memory>

#include "core/net/transport.h"
#include "core/net/uv/loop.h"

namespace sp::uv {

class TcpConnector final : public net::Connector {
 public:
  explicit TcpConnector(Loop& loop) : loop_(loop) {}
  std::unique_ptr<Handle> Connect(const net::Address& to, Done done) override;

 private:
  Loop& loop_;
};

}  // namespace sp::uv
