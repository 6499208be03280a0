// Connection: one client of the admin server: reads one request, sends its page, closes.
//
//   waiting ──head──► answering ──all written──► closed, or lingering until the client has read it
//      └ 10 s: 408       └ 10 s without progress: reset          └ 2 s
//
// One request only, so what a client pipelines can't pile up pages in memory.
#pragma once

#include <list>
#include <memory>

#include "core/http/date.h"
#include "core/http/h1/server_connection.h"
#include "core/net/reactor.h"
#include "core/net/transport.h"
#include "core/operate/admin/pages.h"

namespace sp::admin {

class Connection;
using Connections = std::list<std::unique_ptr<Connection>>;  // oldest first

// What all connections of a server have in common.
struct Shared {
  net::Reactor& reactor;
  const Pages& pages;
  http::RequestRules rules;
  http::HttpDate date;
  Connections connections;
};

class Connection final : public net::Disposable,
                         private net::TransportEvents,
                         private http::ServerEvents,
                         private http::RequestSink {
 public:
  enum class State : uint8_t { kWaiting, kLingering, kAnswering };

  Connection(Shared& shared, std::unique_ptr<net::Transport> transport);
  // Where it stands in shared.connections.
  void set_place(Connections::iterator place) { place_ = place; }
  State state() const { return state_; }
  // Ends it at once; it is destroyed at the end of the turn.
  void Abort();

 private:
  // net::TransportEvents
  void OnBytes(Slice bytes) override;
  void OnEnd() override;
  void OnBroken() override;
  void OnDrained() override { Touch(); }
  // http::ServerEvents
  http::RequestSink& OnStream(http::ServerStream& stream) override;
  void OnStreamClosed(http::ServerStream&) override { stream_ = nullptr; }
  void OnBadRequest(Reason, const http::RequestHead&) override {}
  // http::RequestSink. The answer needs the head alone; the codec reads and drops what follows it.
  void OnRequestHead(http::RequestHead& head, bool end) override;
  void OnRequestBody(Slice) override {}
  void OnRequestTrailers(http::HeaderMap&) override {}
  void OnRequestEnd() override {}
  void OnRequestError(Reason) override {}

  void Send(Page page, http::ResponseHead& head);
  void Touch() { shared_.reactor.AtEndOfTurn(flush_); }
  void Flush();
  void OnDeadline();
  void StartTimer(Duration limit) { shared_.reactor.timers().Start(timer_, shared_.reactor.now() + limit); }
  void Close();

  Shared& shared_;
  std::unique_ptr<net::Transport> transport_;
  h1::ServerConnection codec_;
  http::ServerStream* stream_ = nullptr;
  Timer timer_;
  net::EndOfTurnTask flush_;
  Connections::iterator place_;
  State state_ = State::kWaiting;
  size_t unsent_bytes_ = 0;  // when the deadline was set
  bool closed_ = false;
};

}  // namespace sp::admin
