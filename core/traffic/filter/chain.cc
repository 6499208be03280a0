#include "core/traffic/filter/chain.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <new>
#include <utility>

namespace sp::filter {

using DS = DirectionState;
using plugin_host::Hook;

void ChainSpec::Arrange() {
  for (auto& places : order) places.clear();
  for (size_t i = 0; i < filters.size(); ++i) {
    const sp_http_filter& t = *filters[i].table;
    const auto place = static_cast<uint16_t>(i);
    if (t.on_request_head || t.on_request_body || t.on_request_trailers) order[SP_REQUEST].push_back(place);
    if (t.on_response_head || t.on_response_body || t.on_response_trailers) order[SP_RESPONSE].push_back(place);
  }
  std::reverse(order[SP_RESPONSE].begin(), order[SP_RESPONSE].end());
}

Chain::Chain(StreamView& view, const ChainSpec& spec, const ChainState& state, const sp_http& http,
             plugin_host::Marker& marker)
    : view_(view), spec_(spec), http_(http), marker_(marker) {
  const size_t n = spec.filters.size();
  slots_ = static_cast<sp_stream*>(view.arena().Allocate(n * sizeof(sp_stream), alignof(sp_stream)));
  std::memset(static_cast<void*>(slots_), 0, n * sizeof(sp_stream));
  for (size_t i = 0; i < n; ++i) {
    sp_stream& slot = slots_[i];
    slot.chain = this;
    slot.spec = &spec.filters[i];
    slot.state = state.filters[i];
    slot.config = slot.spec->base.config;
    slot.object = slot.spec->base.object;
    slot.metadata = slot.spec->base.metadata;
    slot.disabled = slot.spec->base.disabled;
    slot.index = static_cast<uint16_t>(i);
  }
}

Chain::~Chain() {
  assert(finished_ || spec_.filters.empty());
  if (!any_held_) return;
  for (size_t i = 0; i < spec_.filters.size(); ++i) {
    for (DS& state : slots_[i].dir) {
      if (state.held != nullptr) state.held->~BufferChain();
    }
  }
}

void Chain::UseRoute(const RouteConfigs& configs, uint16_t from) {
  for (size_t i = from; i < configs.size(); ++i) {
    slots_[i].config = configs[i].config;
    slots_[i].object = configs[i].object;
    slots_[i].metadata = configs[i].metadata;
    slots_[i].disabled = configs[i].disabled;
  }
}

bool Chain::RerouteIsGuarded(const RouteConfigs& configs, uint16_t place) const {
  for (uint16_t i = 0; i < place; ++i) {
    const sp_stream& slot = slots_[i];
    if ((slot.spec->table->flags & SP_FILTER_GUARD) == 0) continue;
    if (configs[i].config != slot.config || configs[i].disabled != slot.disabled) return true;
  }
  return false;
}

BufferChain& Chain::Held(sp_stream& slot, Direction d) {
  DS& state = State(slot, d);
  if (state.held == nullptr) {
    state.held = new (view_.arena().Allocate(sizeof(BufferChain), alignof(BufferChain))) BufferChain();
    any_held_ = true;
  }
  return *state.held;
}

// -------------------------------------------------------------------------------------------------- moving parcels

void Chain::Pump(Direction d, size_t from, Parcel& parcel) {
  const auto& order = spec_.order[Index(d)];
  if (d == Direction::kResponse) from = std::max(from, response_from_);
  for (size_t i = from; i < order.size(); ++i) {
    if (closed_[Index(d)]) return;
    sp_stream& slot = slots_[order[i]];
    if (slot.disabled || slot.dead || State(slot, d).gate == Gate::kDetached) continue;
    Accept(slot, d, parcel);
    if (!Run(slot, d, parcel)) return;
    if (parcel.empty()) return view_.OnFlow(d);
  }
  if (closed_[Index(d)]) return;
  response_head_gone_ |= d == Direction::kResponse && parcel.head;
  d == Direction::kRequest ? view_.DeliverRequest(std::move(parcel)) : view_.DeliverResponse(std::move(parcel));
}

void Chain::Accept(sp_stream& slot, Direction d, Parcel& parcel) {
  DS& state = State(slot, d);
  if (parcel.head) state.flags |= DS::kHeadHere;
  if (!parcel.body.empty()) {
    state.untold += parcel.body.size();
    Held(slot, d).Append(std::move(parcel.body));
  }
  if (parcel.trailers) state.flags |= DS::kTrailersHere;
  if (parcel.end) state.flags |= DS::kEndHere;
  parcel.head = parcel.trailers = parcel.end = false;
}

Chain::Due Chain::WhatIsDue(const sp_stream& slot, Direction d) const {
  const DS& state = slot.dir[Index(d)];
  if (state.gate == Gate::kPaused || state.gate == Gate::kDetached) return Due::kNothing;
  if (!state.Has(DS::kHeadTold)) return state.Has(DS::kHeadHere) ? Due::kHead : Due::kNothing;
  const bool body_ended = state.HasAny(DS::kEndHere | DS::kTrailersHere);
  if (state.untold > 0 || (body_ended && !state.Has(DS::kBodyEndTold))) return Due::kBody;
  if (state.Has(DS::kTrailersHere) && !state.Has(DS::kTrailersTold)) return Due::kTrailers;
  return Due::kNothing;
}

// Calls the hooks that are due and gathers in `out` what the filter lets go. False when the stream was turned or ended
// meanwhile: then `out` must not go anywhere.
bool Chain::Run(sp_stream& slot, Direction d, Parcel& out) {
  for (Due due = WhatIsDue(slot, d); due != Due::kNothing; due = WhatIsDue(slot, d)) {
    const sp_result result = Call(slot, d, due);
    if (!AfterPlugin(slot) || closed_[Index(d)]) return false;
    if (!Apply(slot, d, result, out)) return false;
  }
  return true;
}

// ------------------------------------------------------------------------------------------------- calling plugins

void Chain::EnsureInstance(sp_stream& slot) {
  if (slot.had_hook) return;
  slot.had_hook = true;
  const uint32_t size = slot.spec->table->instance_size;
  if (size == 0) return;
  const uint32_t align = slot.spec->table->instance_align;
  slot.self = view_.arena().Allocate(size, align == 0 ? 8 : align);
  std::memset(slot.self, 0, size);
}

// Notes that the filter is now told of `due`, and gives the flags of the call.
uint32_t Chain::TellOf(DS& state, Due due) {
  const bool ended = state.Has(DS::kEndHere);
  const bool trailers = state.Has(DS::kTrailersHere);
  switch (due) {
    case Due::kHead:
      state.flags |= DS::kHeadTold;
      if (!ended || trailers || state.untold > 0) return 0;
      state.flags |= DS::kBodyEndTold;
      return SP_F_END | SP_F_MSG_END;
    case Due::kBody: {
      state.untold = 0;
      uint32_t flags = SP_F_FLUSH;
      if (ended || trailers) {
        state.flags |= DS::kBodyEndTold;
        flags |= SP_F_BODY_END;
      }
      return ended && !trailers ? flags | SP_F_MSG_END : flags;
    }
    case Due::kTrailers:
      state.flags |= DS::kTrailersTold;
      return SP_F_MSG_END;
    case Due::kNothing:
      break;
  }
  return 0;
}

sp_result Chain::Call(sp_stream& slot, Direction d, Due due) {
  const uint64_t new_bytes = State(slot, d).untold;
  const uint32_t flags = TellOf(State(slot, d), due);
  EnsureInstance(slot);
  current_ = &slot;
  current_direction_ = d;
  phase_ = Phase::kHook;
  const sp_result result =
      d == Direction::kRequest ? CallRequest(slot, due, new_bytes, flags) : CallResponse(slot, due, new_bytes, flags);
  marker_.Leave(0);
  current_ = nullptr;
  phase_ = Phase::kNone;
  return result;
}

// An absent hook lets go.
sp_result Chain::CallRequest(sp_stream& slot, Due due, uint64_t new_bytes, uint32_t flags) {
  const sp_http_filter& t = *slot.spec->table;
  switch (due) {
    case Due::kHead:
      if (t.on_request_head == nullptr) return SP_CONTINUE;
      marker_.Enter(slot.state->attribution, Hook::kRequestHead);
      return t.on_request_head(&http_, &slot, slot.self, slot.config, flags);
    case Due::kBody:
      if (t.on_request_body == nullptr) return SP_CONTINUE;
      marker_.Enter(slot.state->attribution, Hook::kRequestBody);
      return t.on_request_body(&http_, &slot, slot.self, slot.config, new_bytes, flags);
    default:
      if (t.on_request_trailers == nullptr) return SP_CONTINUE;
      marker_.Enter(slot.state->attribution, Hook::kRequestTrailers);
      return t.on_request_trailers(&http_, &slot, slot.self, slot.config, flags);
  }
}

sp_result Chain::CallResponse(sp_stream& slot, Due due, uint64_t new_bytes, uint32_t flags) {
  const sp_http_filter& t = *slot.spec->table;
  switch (due) {
    case Due::kHead:
      if (t.on_response_head == nullptr) return SP_CONTINUE;
      marker_.Enter(slot.state->attribution, Hook::kResponseHead);
      return t.on_response_head(&http_, &slot, slot.self, slot.config, flags);
    case Due::kBody:
      if (t.on_response_body == nullptr) return SP_CONTINUE;
      marker_.Enter(slot.state->attribution, Hook::kResponseBody);
      return t.on_response_body(&http_, &slot, slot.self, slot.config, new_bytes, flags);
    default:
      if (t.on_response_trailers == nullptr) return SP_CONTINUE;
      marker_.Enter(slot.state->attribution, Hook::kResponseTrailers);
      return t.on_response_trailers(&http_, &slot, slot.self, slot.config, flags);
  }
}

// Does what plugin code has asked for while it ran. False when the stream was turned or ended.
bool Chain::AfterPlugin(sp_stream& slot) {
  if (abort_) {
    abort_ = false;
    view_.OnAbort();
    return false;
  }
  if (has_reply_) {
    has_reply_ = false;
    view_.OnReply(slot.index, std::move(reply_));
    return false;
  }
  for (const Direction d : {Direction::kRequest, Direction::kResponse}) {
    if (State(slot, d).gate == Gate::kPaused && State(slot, d).resume != 0) Resume(slot, d);
    if (finished_) return false;
  }
  return !finished_;
}

void Chain::Complete(sp_stream& slot, const sp_event& event) {
  if (finished_ || slot.dead || slot.spec->table->on_event == nullptr) return;
  current_ = &slot;
  phase_ = Phase::kCompletion;
  marker_.Enter(slot.state->attribution, Hook::kEvent);
  slot.spec->table->on_event(&http_, &slot, slot.self, slot.config, &event);
  marker_.Leave(0);
  current_ = nullptr;
  phase_ = Phase::kNone;
  AfterPlugin(slot);
}

// ------------------------------------------------------------------------------------------------------- results

bool Chain::Apply(sp_stream& slot, Direction d, sp_result result, Parcel& out) {
  DS& state = State(slot, d);
  current_direction_ = d;
  const uint8_t resumed = std::exchange(state.resume, uint8_t{0});
  // A resume() inside the hook answers its own PAUSE.
  if (result == SP_PAUSE && resumed != 0) result = resumed - 1u;
  switch (result) {
    case SP_CONTINUE:
      state.gate = Gate::kOpen;
      Release(slot, d, out, false);
      return true;
    case SP_DETACH:
      state.gate = Gate::kDetached;
      Release(slot, d, out, true);
      return true;
    case SP_HOLD:
      if (NothingMoreComes(state)) break;
      state.gate = Gate::kHeld;
      return state.held_bytes() <= slot.spec->hold_limit || Overflow(slot, d, out);
    case SP_PAUSE:
      state.gate = Gate::kPaused;
      return true;
    default:
      break;
  }
  if (!Fail(slot, "hook")) return false;
  state.gate = Gate::kDetached;
  Release(slot, d, out, true);
  return true;
}

// SP_HOLD asks for more; here none can come.
bool Chain::NothingMoreComes(const DS& state) {
  return state.Has(DS::kEndHere | DS::kBodyEndTold) && state.untold == 0 &&
         (!state.Has(DS::kTrailersHere) || state.Has(DS::kTrailersTold));
}

// The held message is above its limit: the filter is told once if it wants to be, else the message is refused.
bool Chain::Overflow(sp_stream& slot, Direction d, Parcel& out) {
  DS& state = State(slot, d);
  if ((slot.spec->table->flags & SP_FILTER_OVER_LIMIT_NOTIFY) == 0 || state.Has(DS::kLimitTold)) {
    view_.OnHoldOverflow(slot.index, d);
    return false;
  }
  state.flags |= DS::kLimitTold;
  current_ = &slot;
  current_direction_ = d;
  phase_ = Phase::kHook;
  const sp_result result = d == Direction::kRequest ? CallRequest(slot, Due::kBody, 0, SP_F_LIMIT)
                                                    : CallResponse(slot, Due::kBody, 0, SP_F_LIMIT);
  marker_.Leave(0);
  current_ = nullptr;
  phase_ = Phase::kNone;
  if (!AfterPlugin(slot) || closed_[Index(d)]) return false;
  return Apply(slot, d, result, out);
}

// The failed filter's policy. True: open, the chain goes on without it, and what it held in the other direction goes.
bool Chain::Fail(sp_stream& slot, std::string_view hook) {
  slot.dead = true;
  if (!slot.spec->fail_open) {
    view_.OnFilterError(slot.index, hook);
    return false;
  }
  view_.OnFilterSkipped(slot.index);
  for (const Direction d : {Direction::kRequest, Direction::kResponse}) {
    DS& state = State(slot, d);
    if (current_direction_ == d || state.gate == Gate::kOpen || state.gate == Gate::kDetached) continue;
    state.gate = Gate::kDetached;
    Parcel out;
    Release(slot, d, out, true);
    if (!out.empty()) Pump(d, OrderIndex(d, slot.index) + 1, out);
  }
  return !finished_;
}

// Puts into `out` what the filter has been told of (or everything, when it takes no further part).
void Chain::Release(sp_stream& slot, Direction d, Parcel& out, bool everything) {
  DS& state = State(slot, d);
  const bool trailers_go =
      state.Has(DS::kTrailersHere) && !state.Has(DS::kTrailersGone) && (everything || state.Has(DS::kTrailersTold));
  const bool told_all = everything || (state.untold == 0 && state.Has(DS::kBodyEndTold) &&
                                       (!state.Has(DS::kTrailersHere) || state.Has(DS::kTrailersTold)));
  const bool end_goes = state.Has(DS::kEndHere) && !state.Has(DS::kEndGone) && told_all;
  if (state.held != nullptr && !state.held->empty()) {
    const uint64_t keep = everything ? 0 : state.untold;
    if (keep == 0) {
      out.body.Append(std::move(*state.held));
    } else if (state.held->size() > keep) {
      state.held->MoveTo(out.body, state.held->size() - keep);
    }
  }
  if (trailers_go) {
    out.trailers = true;
    state.flags |= DS::kTrailersGone;
  }
  if (end_goes) {
    out.end = true;
    state.flags |= DS::kEndGone;
  }
  if (state.Has(DS::kHeadHere) && !state.Has(DS::kHeadGone)) {
    out.head = true;
    state.flags |= DS::kHeadGone;
    SettleLength(slot, d, out);
  }
}

// The head goes: if this filter changed the body, the length it declares is that of what goes along when that is all,
// else there is none (B6).
void Chain::SettleLength(sp_stream& slot, Direction d, const Parcel& out) {
  DS& state = State(slot, d);
  http::ResponseHead* response = view_.response();
  auto& framing = d == Direction::kRequest ? view_.request().framing : response->framing;
  auto& length = d == Direction::kRequest ? view_.request().content_length : response->content_length;
  if (state.Has(DS::kBodyEdited)) {
    const bool whole = out.end && !out.trailers;
    framing = whole ? http::BodyFraming::kLength : http::BodyFraming::kChunked;
    length = out.body.size();
    if (d == Direction::kResponse) response->has_content_length = whole;
  }
  if (framing == http::BodyFraming::kLength) state.flags |= DS::kLengthDeclared;
}

void Chain::Resume(sp_stream& slot, Direction d) {
  DS& state = State(slot, d);
  const uint8_t result = std::exchange(state.resume, uint8_t{0});
  if (closed_[Index(d)]) return;
  Parcel out;
  state.gate = Gate::kOpen;
  if (!Apply(slot, d, result - 1u, out) || !Run(slot, d, out)) return;
  if (!out.empty()) Pump(d, OrderIndex(d, slot.index) + 1, out);
  if (!finished_) view_.OnFlow(d);
}

// --------------------------------------------------------------------------------------------- turning and ending

size_t Chain::OrderIndex(Direction d, uint16_t place) const {
  const auto& order = spec_.order[Index(d)];
  return static_cast<size_t>(std::find(order.begin(), order.end(), place) - order.begin());
}

void Chain::RestartResponse(uint16_t place) {
  const auto& order = spec_.order[SP_RESPONSE];
  response_from_ = 0;
  for (; response_from_ < order.size() && order[response_from_] >= place; ++response_from_) {
    // What it keeps of an answer that was replaced goes nowhere.
    DS& state = slots_[order[response_from_]].dir[SP_RESPONSE];
    state.gate = Gate::kDetached;
    state.flags |= DS::kHeadGone | DS::kEndGone;
    if (state.held != nullptr) state.held->Clear();
  }
  // Nor may a filter without response hooks reply once more.
  for (size_t i = place; i < spec_.filters.size(); ++i) slots_[i].dir[SP_RESPONSE].flags |= DS::kHeadGone;
  closed_[SP_RESPONSE] = false;
}

void Chain::Close(Direction d) { closed_[Index(d)] = true; }

uint16_t Chain::RequestPlace() const {
  for (const uint16_t place : spec_.order[SP_REQUEST]) {
    const DS& state = slots_[place].dir[SP_REQUEST];
    if (state.Has(DS::kHeadHere) && !state.Has(DS::kHeadGone)) return place;
  }
  return static_cast<uint16_t>(spec_.filters.size());
}

uint16_t Chain::ResponsePlace() const {
  for (uint16_t i = 0; i < spec_.filters.size(); ++i) {
    if (slots_[i].dir[SP_RESPONSE].Has(DS::kHeadTold)) return i;
  }
  return static_cast<uint16_t>(spec_.filters.size());
}

bool Chain::HoldsRequest() const {
  for (const uint16_t place : spec_.order[SP_REQUEST]) {
    if (slots_[place].dir[SP_REQUEST].gate == Gate::kHeld) return true;
  }
  return false;
}

uint16_t Chain::PausedPlace() const {
  for (uint16_t i = 0; i < spec_.filters.size(); ++i) {
    for (const DS& state : slots_[i].dir) {
      if (state.gate == Gate::kPaused) return i;
    }
  }
  return static_cast<uint16_t>(spec_.filters.size());
}

size_t Chain::blocked_bytes(Direction d) const {
  if (!any_held_) return 0;
  size_t bytes = 0;
  for (const uint16_t place : spec_.order[Index(d)]) {
    const DS& state = slots_[place].dir[Index(d)];
    if (state.gate == Gate::kPaused) bytes += state.held_bytes();
  }
  return bytes;
}

bool Chain::MayReply(const sp_stream& slot) const {
  return !finished_ && !has_reply_ && !abort_ && !response_head_gone_ && !slot.dir[SP_RESPONSE].Has(DS::kHeadGone);
}

void Chain::SetReply(Reply&& reply) {
  reply_ = std::move(reply);
  has_reply_ = true;
}

void Chain::Finish() {
  if (finished_) return;
  finished_ = true;
  closed_[0] = closed_[1] = true;
  for (size_t i = 0; i < spec_.filters.size(); ++i) {
    sp_stream& slot = slots_[i];
    if (slot.work != nullptr && cancel_work_ != nullptr) cancel_work_(slot);
    if (!slot.had_hook) continue;
    const sp_http_filter& t = *slot.spec->table;
    if (t.on_complete != nullptr && !slot.dead) {
      current_ = &slot;
      phase_ = Phase::kComplete;
      marker_.Enter(slot.state->attribution, Hook::kComplete);
      t.on_complete(&http_, &slot, slot.self, slot.config);
    }
    current_ = nullptr;
    phase_ = Phase::kNone;
    if (t.destroy != nullptr) {
      marker_.Enter(slot.state->attribution, Hook::kDestroy);
      t.destroy(slot.self, slot.config);
    }
    marker_.Leave(0);
  }
}

}  // namespace sp::filter
