// Body functions of sp_http: on what the filter holds of a direction.
#include <cstring>
#include <string>

#include "core/traffic/host/stream_table.h"

namespace sp::host {
namespace {

using filter::Direction;
using filter::DirectionState;

Direction DirectionOf(uint32_t direction) { return static_cast<Direction>(direction); }

const BufferChain* HeldOf(const sp_stream* s, uint32_t direction) { return s->dir[direction].held; }

sp_status CheckRead(sp_stream* s, uint32_t direction) {
  if (const sp_status status = CheckPhase(s, false); status != SP_OK) return status;
  return direction > SP_RESPONSE ? SP_E_ARG : SP_OK;
}

// Answers to HEAD, and 204 and 304, have no body, whatever a filter would like.
bool MayHaveBody(sp_stream* s, uint32_t direction) {
  downstream::Stream& stream = StreamOf(s);
  if (direction == SP_REQUEST) return stream.request().method != http::Method::kTrace;
  if (stream.request().method == http::Method::kHead || stream.response() == nullptr) return false;
  const uint16_t status = stream.response()->status;
  return status != 204 && status != 304;
}

// Whether the filter may change the length of what it holds now.
sp_status CheckEdit(sp_stream* s, uint32_t direction) {
  if (const sp_status status = CheckRead(s, direction); status != SP_OK) return status;
  const DirectionState& state = s->dir[direction];
  if (!state.Has(DirectionState::kHeadHere) || state.Has(DirectionState::kEndGone)) return SP_E_STATE;
  if (state.Has(DirectionState::kLengthDeclared)) return SP_E_STATE;
  return MayHaveBody(s, direction) ? SP_OK : SP_E_STATE;
}

void MarkEdited(sp_stream* s, uint32_t direction) { s->dir[direction].flags |= DirectionState::kBodyEdited; }

uint64_t SP_CALL BodySize(sp_stream* s, uint32_t direction) {
  if (CheckRead(s, direction) != SP_OK) return 0;
  return s->dir[direction].held_bytes();
}

sp_status SP_CALL BodySlices(sp_stream* s, uint32_t direction, sp_slice* slices, uint64_t* count) {
  if (const sp_status status = CheckRead(s, direction); status != SP_OK) return status;
  if (count == nullptr || (*count > 0 && slices == nullptr)) return SP_E_ARG;
  const BufferChain* held = HeldOf(s, direction);
  const uint64_t there = held != nullptr ? held->slice_count() : 0;
  for (uint64_t i = 0; i < there && i < *count; ++i) {
    const Slice& slice = held->slice(i);
    slices[i] = {slice.data(), slice.size(), slice.slab()};
  }
  *count = there;
  return SP_OK;
}

bool InRange(const sp_stream* s, uint32_t direction, uint64_t offset, uint64_t length) {
  const uint64_t size = s->dir[direction].held_bytes();
  return offset <= size && length <= size - offset;
}

sp_status SP_CALL BodyCopy(sp_stream* s, uint32_t direction, uint64_t offset, uint64_t length, void* to) {
  if (const sp_status status = CheckRead(s, direction); status != SP_OK) return status;
  if ((to == nullptr && length > 0) || !InRange(s, direction, offset, length)) return SP_E_ARG;
  if (length > 0) HeldOf(s, direction)->CopyOut(offset, length, static_cast<char*>(to));
  return SP_OK;
}

sp_status SP_CALL BodyContiguous(sp_stream* s, uint32_t direction, uint64_t offset, uint64_t length, sp_str* out) {
  if (const sp_status status = CheckRead(s, direction); status != SP_OK) return status;
  if (out == nullptr || !InRange(s, direction, offset, length)) return SP_E_ARG;
  *out = {"", 0};
  if (length == 0) return SP_OK;
  const BufferChain& held = *HeldOf(s, direction);
  uint64_t skip = offset;
  for (size_t i = 0; i < held.slice_count(); ++i) {
    const Slice& slice = held.slice(i);
    if (skip < slice.size()) {
      if (slice.size() - skip >= length) return *out = {slice.data() + skip, length}, SP_OK;
      break;
    }
    skip -= slice.size();
  }
  auto* copy = StreamOf(s).arena().NewArray<char>(length);
  held.CopyOut(offset, length, copy);
  *out = {copy, length};
  return SP_OK;
}

// Bytes that no hook has seen yet stay untold; what a filter drains from the front was told first.
void ShrinkUntold(sp_stream* s, uint32_t direction) {
  DirectionState& state = s->dir[direction];
  if (state.untold > state.held_bytes()) state.untold = state.held_bytes();
}

sp_status SP_CALL BodyDrain(sp_stream* s, uint32_t direction, uint64_t length) {
  if (const sp_status status = CheckEdit(s, direction); status != SP_OK) return status;
  if (!InRange(s, direction, 0, length)) return SP_E_ARG;
  if (length == 0) return SP_OK;
  s->dir[direction].held->Drain(length);
  ShrinkUntold(s, direction);
  MarkEdited(s, direction);
  return SP_OK;
}

sp_status Insert(sp_stream* s, uint32_t direction, sp_str bytes, bool front) {
  if (const sp_status status = CheckEdit(s, direction); status != SP_OK) return status;
  if (!Usable(bytes, UINT32_MAX)) return SP_E_ARG;
  if (bytes.len == 0) return SP_OK;
  downstream::Stream& stream = StreamOf(s);
  Slice copy = stream.context().reactor.slabs().Copy(View(bytes));
  BufferChain& held = s->chain->Held(*s, DirectionOf(direction));
  front ? held.Prepend(std::move(copy)) : held.Append(std::move(copy));
  // Behind bytes that no hook has seen, these count as unseen too: what is untold is always the end of what is held.
  DirectionState& state = s->dir[direction];
  if (!front && state.untold > 0) state.untold += bytes.len;
  MarkEdited(s, direction);
  return SP_OK;
}

sp_status SP_CALL BodyAppend(sp_stream* s, uint32_t direction, sp_str bytes) {
  return Insert(s, direction, bytes, false);
}
sp_status SP_CALL BodyPrepend(sp_stream* s, uint32_t direction, sp_str bytes) {
  return Insert(s, direction, bytes, true);
}

sp_status SP_CALL BodyReplace(sp_stream* s, uint32_t direction, sp_str bytes) {
  if (const sp_status status = CheckEdit(s, direction); status != SP_OK) return status;
  if (!Usable(bytes, UINT32_MAX)) return SP_E_ARG;
  // Copied first: `bytes` may view what is about to go.
  Slice copy;
  if (bytes.len > 0) copy = StreamOf(s).context().reactor.slabs().Copy(View(bytes));
  BufferChain& held = s->chain->Held(*s, DirectionOf(direction));
  held.Clear();
  held.Append(std::move(copy));
  s->dir[direction].untold = 0;
  MarkEdited(s, direction);
  return SP_OK;
}

void SP_CALL SliceRetain(sp_stream* s, const sp_slice* slice) {
  if (CheckPhase(s, false) != SP_OK || slice == nullptr || slice->owner == nullptr) return;
  static_cast<Slab*>(slice->owner)->AddRef();
}

void SP_CALL SliceRelease(sp_stream*, const sp_slice* slice) {
  if (slice != nullptr && slice->owner != nullptr) static_cast<Slab*>(slice->owner)->Release();
}

sp_status SP_CALL WillChangeBody(sp_stream* s, uint32_t direction) {
  if (const sp_status status = CheckRead(s, direction); status != SP_OK) return status;
  const DirectionState& state = s->dir[direction];
  if (!state.Has(DirectionState::kHeadHere) || state.Has(DirectionState::kHeadGone)) return SP_E_STATE;
  if (!MayHaveBody(s, direction)) return SP_E_STATE;
  MarkEdited(s, direction);
  return SP_OK;
}

}  // namespace

void FillBodyFunctions(sp_http* to) {
  to->body_size = BodySize;
  to->body_slices = BodySlices;
  to->body_copy = BodyCopy;
  to->body_contiguous = BodyContiguous;
  to->body_drain = BodyDrain;
  to->body_append = BodyAppend;
  to->body_prepend = BodyPrepend;
  to->body_replace = BodyReplace;
  to->slice_retain = SliceRetain;
  to->slice_release = SliceRelease;
  to->will_change_body = WillChangeBody;
}

}  // namespace sp::host
