// The fields of a log line: their names in templates and in JSON, where their values are cut, and how they are had from
// a StreamRecord. One table; README.md shows it to people.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/base/clock.h"
#include "core/traffic/downstream/stream_record.h"

namespace sp::telemetry {

enum class Field : uint8_t {
  kNone,
  kTime,
  kTimeClf,
  kDuration,
  kUpstreamDuration,
  kClientAddress,
  kPeerAddress,
  kLocalAddress,
  kMethod,
  kScheme,
  kHost,
  kAuthority,
  kPath,
  kQuery,
  kTarget,
  kProtocol,
  kStatus,
  kRequestBytes,
  kResponseBytes,
  kReason,
  kPlugin,
  kListener,
  kRouteTable,
  kRoute,
  kCluster,
  kEndpoint,
  kAttempts,
  kRequestId,
  kConnectionId,
  kUserAgent,
  kReferer,
  kForwardedFor,
  kRequestHeader,  // of templates only, with a header's name
  kResponseHeader,
};

struct FieldInfo {
  Field field;
  std::string_view name;     // in templates: `client.address`
  std::string_view prelude;  // in JSON: `,"client_address":`; empty for what only templates have
  uint16_t limit;            // bytes of an escaped value, the mark of a cut apart; 0: a number or a time
};

inline constexpr uint16_t kTargetLimit = 8 << 10;
inline constexpr uint16_t kTextLimit = 1 << 10;
// Of numbers and times.
inline constexpr size_t kPlainLimit = 32;

std::span<const FieldInfo> Fields();

// The wall clock as text, made once a second.
class LineClock {
 public:
  // `2026-11-24T17:53:17.042Z` (RFC 3339).
  std::string_view Rfc3339(WallTime time);
  // `24/Nov/2026:17:53:17 +0000`, as the common log format has it.
  std::string_view Clf(WallTime time);

 private:
  void SetSecond(int64_t second);
  int64_t second_ = INT64_MIN;
  char rfc3339_[24] = {};
  char clf_[26] = {};
};

// A field's value, unescaped. Empty: there is none. `scratch` is where a number is written. Not for headers.
std::string_view ValueOf(Field field, const downstream::StreamRecord& record, LineClock& clock,
                         char (&scratch)[kPlainLimit]);

}  // namespace sp::telemetry
