// Deadlines of one client connection: what it may wait for, and how long. Sans-IO: told the state after every event,
// says when to look again and which deadline has passed.
//
//   idle      timeouts.idle after the last exchange (timeouts.header for the first request): closed silently
//   head      timeouts.header from its first byte; bytes that come don't extend it: 408 h1.header_timeout
//   body      every timeouts.body must bring min_body_rate on average: 408 h1.body_timeout; and timeouts.request from
//             the head's first byte to the body's last
//   write     timeouts.write without the client taking a byte: aborted, downstream.stalled
//   drain     1 s to read the rest of a request that was answered already; closed
//   linger    2 s to let the client read an answer that ends the connection
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/clock.h"
#include "core/base/reason.h"
#include "core/http/codec.h"
#include "core/traffic/snapshot/listener_spec.h"

namespace sp::downstream {

class Deadlines {
 public:
  struct State {
    http::Phase phase = http::Phase::kIdle;
    bool reading = true;  // we read, so a pause is the client's
    bool lingering = false;
    uint64_t body_bytes = 0;    // received of the current body
    uint64_t unsent_bytes = 0;  // that the client has not taken
    uint64_t taken_bytes = 0;   // that it has taken, since the connection began
  };

  Deadlines(const snapshot::ListenerTimeouts& timeouts, uint64_t min_body_rate, TimePoint now);

  // After an event. True when the next look has moved to an earlier time or a new phase began: ask NextLook().
  bool Update(const State& state, TimePoint now);
  TimePoint NextLook() const;
  // At or after NextLook: the deadline that has passed, or nothing (then NextLook is later).
  std::optional<Reason> Check(const State& state, TimePoint now);

 private:
  static constexpr Duration kDrain = std::chrono::seconds(1);
  static constexpr Duration kLinger = std::chrono::seconds(2);
  void EnterPhase(const State& state, TimePoint now);

  const snapshot::ListenerTimeouts& timeouts_;
  const uint64_t min_body_rate_;
  http::Phase phase_ = http::Phase::kIdle;
  bool first_ = true;  // before the first request
  bool lingering_ = false;
  TimePoint read_limit_ = TimePoint::max();
  TimePoint request_limit_ = TimePoint::max();
  TimePoint write_limit_ = TimePoint::max();
  uint64_t span_bytes_ = 0;   // body bytes when the span began
  uint64_t taken_bytes_ = 0;  // taken when the write deadline was set
};

}  // namespace sp::downstream
