#include "core/traffic/upstream/connection.h"

#include <utility>

#include "core/traffic/upstream/pool.h"

namespace sp::upstream {

Connection::Connection(Pool& pool, net::Reactor& reactor, std::unique_ptr<net::Transport> transport,
                       std::unique_ptr<http::ClientConnection> codec)
    : pool_(pool),
      reactor_(reactor),
      transport_(std::move(transport)),
      codec_(std::move(codec)),
      flush_([](void* self) { static_cast<Connection*>(self)->Flush(); }, this),
      idle_timer_(
          [](void* self) {
            auto* connection = static_cast<Connection*>(self);
            connection->pool_.Close(*connection);
          },
          this) {
  transport_->SetEvents(this);
  transport_->StartReading();
}

Connection::~Connection() = default;

void Connection::OnBytes(Slice bytes) {
  codec_->Receive(std::move(bytes));
  Touch();
}

void Connection::OnEnd() {
  codec_->ReceiveEnd(false);
  Touch();
}

void Connection::OnBroken() {
  broken_ = true;
  codec_->ReceiveEnd(true);
  Touch();
}

void Connection::OnDrained() {
  if (on_drained_ != nullptr) on_drained_(drained_context_);
  Touch();
}

// What is left to do after an event: write, close, go back to the pool, or adjust reading.
void Connection::Flush() {
  if (closed_) return;
  if (!codec_->output().empty() && !broken_) {
    transport_->Write(std::move(codec_->output()));
    // OnDrained comes only for what the kernel did not take at once.
    if (on_drained_ != nullptr && transport_->pending_write_bytes() == 0) on_drained_(drained_context_);
  }
  const bool open = codec_->open_streams() > 0;
  if (!open && (broken_ || codec_->after_output() != http::AfterOutput::kKeep || !codec_->reusable())) {
    pool_.Close(*this);
    return;
  }
  if (!open && !idle_) {
    pool_.Release(*this);
    return;
  }
  const bool wants = codec_->wants_input();
  if (wants == reading_) return;
  reading_ = wants;
  wants ? transport_->StartReading() : transport_->StopReading();
}

}  // namespace sp::upstream
