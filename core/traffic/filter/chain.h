// Chain: takes one stream's messages through the filters of its listener, both directions, and does what the hooks say.
//
// Semantics are those of api/plugin/sallyport/http_filter.h and PLUGIN_ABI (b). A message moves as parcels (head, body
// bytes, trailers, end); a place takes a parcel, its hooks run, and what the filter lets go is the parcel for the next
// place; after the last one StreamView takes it. The walk is a loop, not a recursion, so a thousand filters need no
// stack. Nothing nests: replies, aborts and resumes asked for inside plugin code are done after it has returned.
//
// One worker's thread. Lives in its stream; after Complete() only the destructor may follow.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/base/arena.h"
#include "core/base/buffer_chain.h"
#include "core/base/reason.h"
#include "core/http/head.h"
#include "core/plugin_host/attribution.h"
#include "core/traffic/filter/slot.h"

namespace sp::filter {

struct Parcel {
  BufferChain body;
  bool head = false;
  bool trailers = false;
  bool end = false;  // of the message
  bool empty() const { return !head && !trailers && !end && body.empty(); }
};

// A reply that a filter asked for; text and head are in the stream's arena.
struct Reply {
  http::ResponseHead* head = nullptr;
  Slice body;
  std::string_view reason;  // token
  bool close = false;
};

// What a chain needs of its stream.
class StreamView {
 public:
  // The message has passed every filter.
  virtual void DeliverRequest(Parcel&& parcel) = 0;
  virtual void DeliverResponse(Parcel&& parcel) = 0;
  virtual http::RequestHead& request() = 0;
  // The final head that is on its way or gone; null before.
  virtual http::ResponseHead* response() = 0;
  // Null until some come or `create` is asked for.
  virtual http::HeaderMap* trailers(Direction direction, bool create) = 0;
  // A filter at `place` replied, failed (closed), or holds too much. The view closes or restarts the directions.
  virtual void OnReply(uint16_t place, Reply&& reply) = 0;
  virtual void OnFilterError(uint16_t place, std::string_view hook) = 0;
  // A filter failed and the stream goes on without it.
  virtual void OnFilterSkipped(uint16_t place) = 0;
  virtual void OnHoldOverflow(uint16_t place, Direction direction) = 0;
  virtual void OnAbort() = 0;
  // What the chain holds back in `direction` changed (see blocked_bytes).
  virtual void OnFlow(Direction direction) = 0;
  virtual Arena& arena() = 0;

 protected:
  ~StreamView() = default;
};

class Chain {
 public:
  // Where plugin code of this stream runs, for the tags of the ABI.
  enum class Phase : uint8_t { kNone, kHook, kCompletion, kComplete };

  Chain(StreamView& view, const ChainSpec& spec, const ChainState& state, const sp_http& http,
        plugin_host::Marker& marker);
  Chain(const Chain&) = delete;
  Chain& operator=(const Chain&) = delete;
  ~Chain();

  // Configs of the matched route; before the first parcel, and on a reroute for the places after `from`.
  void UseRoute(const RouteConfigs& configs, uint16_t from = 0);
  // Whether a reroute from `place` would change the config of an earlier filter that guards (B15).
  bool RerouteIsGuarded(const RouteConfigs& configs, uint16_t place) const;

  // A piece of the message enters at its first filter.
  void Push(Direction direction, Parcel&& parcel) { Pump(direction, 0, parcel); }
  // The response begins anew behind `place` (exclusive): for replies. Later places hear nothing more of it.
  void RestartResponse(uint16_t place);
  // Nothing more of this direction reaches a hook; what is held is dropped.
  void Close(Direction direction);
  bool closed(Direction direction) const { return closed_[Index(direction)]; }
  // Place whose filter holds the request head now; the number of filters where none does.
  uint16_t RequestPlace() const;
  // The lowest place that has seen a response head; the number of filters where none has.
  uint16_t ResponsePlace() const;
  // Some filter waits for more of the request.
  bool HoldsRequest() const;
  // The first place that is paused, for naming who stalled; the number of filters where none is.
  uint16_t PausedPlace() const;
  // Bytes that paused filters keep, for flow control.
  size_t blocked_bytes(Direction direction) const;

  // Runs `on_event` of a place, and then what it asked for.
  void Complete(sp_stream& slot, const sp_event& event);
  // Ends the stream: cancels work, on_complete and destroy of every instance. Once.
  void Finish();

  // --- for the host functions (core/traffic/host) ---
  Phase phase(const sp_stream& slot) const { return current_ == &slot ? phase_ : Phase::kNone; }
  // Whose hook runs, in Phase::kHook.
  Direction hook_direction() const { return current_direction_; }
  StreamView& view() { return view_; }
  const ChainSpec& spec() const { return spec_; }
  BufferChain& Held(sp_stream& slot, Direction direction);
  // False where a reply was asked for already, the stream is over, or a response head has gone past this filter.
  bool MayReply(const sp_stream& slot) const;
  void SetReply(Reply&& reply);
  void SetAbort() { abort_ = true; }
  bool finished() const { return finished_; }
  // Set by host: cancels slot.work.
  using CancelWork = void (*)(sp_stream& slot);
  void set_cancel_work(CancelWork cancel) { cancel_work_ = cancel; }

 private:
  enum class Due : uint8_t { kNothing, kHead, kBody, kTrailers };

  static size_t Index(Direction d) { return static_cast<size_t>(d); }
  DirectionState& State(sp_stream& slot, Direction d) { return slot.dir[Index(d)]; }
  void Pump(Direction d, size_t from, Parcel& parcel);
  void Accept(sp_stream& slot, Direction d, Parcel& parcel);
  bool Run(sp_stream& slot, Direction d, Parcel& out);
  Due WhatIsDue(const sp_stream& slot, Direction d) const;
  sp_result Call(sp_stream& slot, Direction d, Due due);
  sp_result CallRequest(sp_stream& slot, Due due, uint64_t new_bytes, uint32_t flags);
  sp_result CallResponse(sp_stream& slot, Due due, uint64_t new_bytes, uint32_t flags);
  uint32_t TellOf(DirectionState& state, Due due);
  bool Apply(sp_stream& slot, Direction d, sp_result result, Parcel& out);
  static bool NothingMoreComes(const DirectionState& state);
  bool Overflow(sp_stream& slot, Direction d, Parcel& out);
  void Release(sp_stream& slot, Direction d, Parcel& out, bool everything);
  void SettleLength(sp_stream& slot, Direction d, const Parcel& out);
  bool Fail(sp_stream& slot, std::string_view hook);
  bool AfterPlugin(sp_stream& slot);
  void Resume(sp_stream& slot, Direction d);
  void EnsureInstance(sp_stream& slot);
  size_t OrderIndex(Direction d, uint16_t place) const;

  StreamView& view_;
  const ChainSpec& spec_;
  const sp_http& http_;
  plugin_host::Marker& marker_;
  sp_stream* slots_;
  sp_stream* current_ = nullptr;
  Phase phase_ = Phase::kNone;
  CancelWork cancel_work_ = nullptr;
  Direction current_direction_ = Direction::kRequest;  // whose hook runs or result is applied
  bool closed_[2] = {false, false};
  size_t response_from_ = 0;         // index in the response order where a response enters
  bool response_head_gone_ = false;  // past every filter
  bool has_reply_ = false;
  bool abort_ = false;
  bool finished_ = false;
  bool any_held_ = false;
  Reply reply_;
};

}  // namespace sp::filter
