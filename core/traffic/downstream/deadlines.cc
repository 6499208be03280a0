#include "core/traffic/downstream/deadlines.h"

#include <algorithm>

namespace sp::downstream {

using http::Phase;

Deadlines::Deadlines(const snapshot::ListenerTimeouts& timeouts, uint64_t min_body_rate, TimePoint now)
    : timeouts_(timeouts), min_body_rate_(min_body_rate), read_limit_(now + timeouts.header) {}

void Deadlines::EnterPhase(const State& state, TimePoint now) {
  const Phase before = phase_;
  phase_ = state.phase;
  const bool request_goes_on = phase_ == Phase::kBody || (phase_ == Phase::kResponse && before != Phase::kIdle);
  if (!request_goes_on) request_limit_ = TimePoint::max();
  switch (phase_) {
    case Phase::kIdle:
      read_limit_ = now + (first_ ? timeouts_.header : timeouts_.idle);
      break;
    case Phase::kHead:
      // The connection's first request has its deadline from the accept on.
      if (!first_) read_limit_ = now + timeouts_.header;
      if (timeouts_.request.count() > 0) request_limit_ = now + timeouts_.request;
      first_ = false;
      break;
    case Phase::kBody:
      first_ = false;
      if (request_limit_ == TimePoint::max() && timeouts_.request.count() > 0) request_limit_ = now + timeouts_.request;
      read_limit_ = now + timeouts_.body;
      span_bytes_ = state.body_bytes;
      break;
    case Phase::kResponse:
      first_ = false;
      read_limit_ = TimePoint::max();
      break;
    case Phase::kDrain:
      read_limit_ = now + kDrain;
      break;
    case Phase::kClosing:
      read_limit_ = TimePoint::max();
      break;
  }
}

bool Deadlines::Update(const State& state, TimePoint now) {
  const TimePoint before = NextLook();
  if (state.lingering && !lingering_) {
    lingering_ = true;
    phase_ = state.phase;
    read_limit_ = now + kLinger;
    request_limit_ = TimePoint::max();
  } else if (!lingering_ && state.phase != phase_) {
    EnterPhase(state, now);
  }
  if (state.unsent_bytes == 0) {
    write_limit_ = TimePoint::max();
  } else if (write_limit_ == TimePoint::max() || state.taken_bytes != taken_bytes_) {
    write_limit_ = now + timeouts_.write;
    taken_bytes_ = state.taken_bytes;
  }
  return NextLook() < before;
}

TimePoint Deadlines::NextLook() const { return std::min({read_limit_, request_limit_, write_limit_}); }

std::optional<Reason> Deadlines::Check(const State& state, TimePoint now) {
  if (now >= write_limit_) return Reason::kDownstreamStalled;
  if (now >= request_limit_) return Reason::kH1BodyTimeout;
  if (now < read_limit_) return std::nullopt;
  if (lingering_) return Reason::kIdleTimeout;
  switch (phase_) {
    case Phase::kHead:
      return Reason::kH1HeaderTimeout;
    case Phase::kBody: {
      const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(timeouts_.body).count();
      const uint64_t least = min_body_rate_ * static_cast<uint64_t>(std::max<int64_t>(seconds, 1));
      if (state.reading && state.body_bytes - span_bytes_ < std::max<uint64_t>(least, 1)) {
        return Reason::kH1BodyTimeout;
      }
      span_bytes_ = state.body_bytes;
      read_limit_ = now + timeouts_.body;
      return std::nullopt;
    }
    default:
      return Reason::kIdleTimeout;
  }
}

}  // namespace sp::downstream
