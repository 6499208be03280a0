// Connection: one client. Holds the transport and the codec on it, makes a Stream for each request, keeps the
// deadlines, and closes in the way the codec says.
//
// Work that events leave behind is done once, at the end of the loop turn (Flush): write, close, read or not read,
// next deadline.
#pragma once

#include <memory>
#include <string>

#include "core/http/h1/server_connection.h"
#include "core/net/transport.h"
#include "core/traffic/downstream/deadlines.h"
#include "core/traffic/downstream/stream.h"

namespace sp::downstream {

class ConnectionManager;

class Connection final : public net::Disposable, private net::TransportEvents, private http::ServerEvents {
 public:
  Connection(ConnectionManager& manager, WorkerContext& context, std::shared_ptr<const snapshot::ListenerSpec> listener,
             std::unique_ptr<net::Transport> transport);
  ~Connection() override;

  void Touch() { context_.reactor.AtEndOfTurn(flush_); }
  // No further request: closes now if idle, else with the answer under way.
  void Drain();
  // Ends it at once, whatever is under way.
  void Abort();
  bool has_stream() const { return stream_ != nullptr; }

  // For its stream.
  ListenerStats& stats();
  StreamRecordSink* record_sink();
  const net::Address& peer() const { return transport_->peer(); }
  std::string_view peer_ip_text() const { return peer_ip_text_; }
  std::string_view peer_text() const { return peer_text_; }
  std::string_view local_text() const;
  uint64_t id() const { return id_; }
  size_t pending_bytes() const { return codec_.output().size() + transport_->pending_write_bytes(); }
  // Last touches to a head before the codec writes it.
  void FinishHead(http::ResponseHead& head, bool close);

 private:
  friend class ConnectionManager;
  void OnBytes(Slice bytes) override;
  void OnEnd() override;
  void OnBroken() override;
  void OnDrained() override;
  http::RequestSink& OnStream(http::ServerStream& stream) override;
  void OnStreamClosed(http::ServerStream& stream) override;
  void OnBadRequest(Reason reason, const http::RequestHead& head) override;

  void Flush();
  bool CloseIfDone();
  void StartLingering();
  void UpdateDeadlines();
  void OnDeadline();
  Deadlines::State DeadlineState() const;

  ConnectionManager& manager_;
  WorkerContext& context_;
  std::shared_ptr<const snapshot::ListenerSpec> listener_;  // whose rules the codec applies
  std::unique_ptr<net::Transport> transport_;
  http::RequestPeer peer_;
  mutable h1::ServerConnection codec_;
  Deadlines deadlines_;
  Timer timer_;
  net::EndOfTurnTask flush_;
  Stream* stream_ = nullptr;
  std::string peer_text_;
  std::string_view peer_ip_text_;  // part of peer_text_
  mutable std::string local_text_;
  uint64_t id_;
  uint64_t written_bytes_ = 0;  // given to the transport
  size_t place_ = 0;            // in ConnectionManager::connections_
  bool reading_ = true;
  bool lingering_ = false;
  bool closed_ = false;
  bool draining_ = false;
};

}  // namespace sp::downstream
