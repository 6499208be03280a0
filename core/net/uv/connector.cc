#include "core/net/uv/connector.h"

#include <utility>

#include "core/net/uv/native.h"

namespace sp::uv {
namespace {

net::ConnectError FromUv(int error) {
  switch (error) {
    case UV_ECONNREFUSED:
      return net::ConnectError::kRefused;
    case UV_ETIMEDOUT:
      return net::ConnectError::kTimeout;
    case UV_EMFILE:
    case UV_ENFILE:
      return net::ConnectError::kNoDescriptor;
    case UV_EHOSTUNREACH:
    case UV_ENETUNREACH:
      return net::ConnectError::kUnreachable;
    default:
      return net::ConnectError::kOther;
  }
}

// One attempt. libuv's request outlives it when it is given up, until the callback that says so.
class Attempt final : public net::Connector::Handle {
 public:
  Attempt(Loop& loop, net::Connector::Done done) : loop_(loop), done_(std::move(done)) {}
  ~Attempt() override {
    if (request_ != nullptr) request_->attempt = nullptr;
    if (handle_ != nullptr) handle_->Close();
  }

  void Start(const net::Address& to) {
    to_ = to;
    sockaddr_storage storage;
    to.ToSockaddr(&storage);
    handle_ = &loop_.native().AcquireTcp();
    uv_tcp_nodelay(&handle_->tcp, 1);
    request_ = new Request{{}, this};
    request_->connect.data = request_;
    const int error =
        uv_tcp_connect(&request_->connect, &handle_->tcp, reinterpret_cast<sockaddr*>(&storage), OnConnect);
    if (error == 0) return;
    delete std::exchange(request_, nullptr);
    std::exchange(handle_, nullptr)->Close();
    // A failure at once is told in a later turn; a millisecond also keeps whoever tries again from spinning.
    error_ = FromUv(error);
    later_.Bind([](void* self) { static_cast<Attempt*>(self)->Fail(); }, this);
    loop_.reactor().timers().Start(later_, loop_.reactor().now());
  }

 private:
  struct Request {
    uv_connect_t connect;
    Attempt* attempt;
  };

  static void OnConnect(uv_connect_t* connect, int status) {
    auto* request = static_cast<Request*>(connect->data);
    Attempt* attempt = request->attempt;
    delete request;
    if (attempt == nullptr) return;
    attempt->request_ = nullptr;
    const Turn turn(attempt->loop_);
    attempt->Finish(status);
  }

  // The callback may destroy this object.
  void Finish(int status) {
    TcpHandle& handle = *std::exchange(handle_, nullptr);
    const auto done = std::move(done_);
    if (status == 0) return done(std::make_unique<Tcp>(loop_, handle, to_), net::ConnectError::kNone);
    handle.Close();
    done(nullptr, FromUv(status));
  }
  void Fail() {
    const auto done = std::move(done_);
    done(nullptr, error_);
  }

  Loop& loop_;
  net::Connector::Done done_;
  net::Address to_;
  TcpHandle* handle_ = nullptr;
  Request* request_ = nullptr;  // while libuv works on it
  net::ConnectError error_ = net::ConnectError::kNone;
  Timer later_;
};

}  // namespace

std::unique_ptr<net::Connector::Handle> TcpConnector::Connect(const net::Address& to, Done done) {
  auto attempt = std::make_unique<Attempt>(loop_, std::move(done));
  attempt->Start(to);
  return attempt;
}

}  // namespace sp::uv
