#include "core/operate/telemetry/fields.h"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace sp::telemetry {

using downstream::StreamRecord;

namespace {

#define SP_KEY(key) ",\"" key "\":"

constexpr FieldInfo kFields[] = {
    {Field::kTime, "time", SP_KEY("time"), 0},
    {Field::kTimeClf, "time.clf", "", 0},
    {Field::kDuration, "duration_ms", SP_KEY("duration_ms"), 0},
    {Field::kUpstreamDuration, "upstream_ms", SP_KEY("upstream_ms"), 0},
    {Field::kClientAddress, "client.address", SP_KEY("client_address"), kTextLimit},
    {Field::kPeerAddress, "peer.address", SP_KEY("peer_address"), kTextLimit},
    {Field::kLocalAddress, "local.address", SP_KEY("local_address"), kTextLimit},
    {Field::kMethod, "request.method", SP_KEY("method"), kTextLimit},
    {Field::kScheme, "request.scheme", SP_KEY("scheme"), kTextLimit},
    {Field::kHost, "request.host", SP_KEY("host"), kTextLimit},
    {Field::kAuthority, "request.authority", SP_KEY("authority"), kTextLimit},
    {Field::kPath, "request.path", SP_KEY("path"), kTargetLimit},
    {Field::kQuery, "request.query", SP_KEY("query"), kTargetLimit},
    {Field::kTarget, "request.target", SP_KEY("target"), kTargetLimit},
    {Field::kProtocol, "protocol", SP_KEY("protocol"), kTextLimit},
    {Field::kStatus, "response.status", SP_KEY("status"), 0},
    {Field::kRequestBytes, "request.bytes", SP_KEY("request_bytes"), 0},
    {Field::kResponseBytes, "response.bytes", SP_KEY("response_bytes"), 0},
    {Field::kReason, "reason", SP_KEY("reason"), kTextLimit},
    {Field::kPlugin, "plugin", SP_KEY("plugin"), kTextLimit},
    {Field::kListener, "listener", SP_KEY("listener"), kTextLimit},
    {Field::kRouteTable, "route_table", SP_KEY("route_table"), kTextLimit},
    {Field::kRoute, "route", SP_KEY("route"), kTextLimit},
    {Field::kCluster, "cluster", SP_KEY("cluster"), kTextLimit},
    {Field::kEndpoint, "endpoint", SP_KEY("endpoint"), kTextLimit},
    {Field::kEndpoint, "upstream.address", "", kTextLimit},
    {Field::kAttempts, "attempts", SP_KEY("attempts"), 0},
    {Field::kRequestId, "request.id", SP_KEY("request_id"), kTextLimit},
    {Field::kConnectionId, "connection.id", SP_KEY("connection_id"), 0},
    {Field::kUserAgent, "request.user_agent", SP_KEY("user_agent"), kTextLimit},
    {Field::kReferer, "request.referer", SP_KEY("referer"), kTextLimit},
    {Field::kForwardedFor, "request.forwarded_for", SP_KEY("forwarded_for"), kTextLimit},
};

#undef SP_KEY

template <typename Number>
std::string_view Write(Number number, char (&scratch)[kPlainLimit]) {
  const auto end = std::to_chars(scratch, scratch + kPlainLimit, number).ptr;
  return {scratch, static_cast<size_t>(end - scratch)};
}

// Milliseconds to the microsecond: `12.042`.
std::string_view WriteMillis(Duration duration, char (&scratch)[kPlainLimit]) {
  const uint64_t micros = duration.count() > 0 ? static_cast<uint64_t>(duration.count()) / 1000 : 0;
  char* at = std::to_chars(scratch, scratch + kPlainLimit, micros / 1000).ptr;
  const uint64_t rest = micros % 1000;
  *at++ = '.';
  *at++ = static_cast<char>('0' + rest / 100);
  *at++ = static_cast<char>('0' + rest / 10 % 10);
  *at++ = static_cast<char>('0' + rest % 10);
  return {scratch, static_cast<size_t>(at - scratch)};
}

char* Digits(char* to, uint32_t number, int count) {
  for (int i = count - 1; i >= 0; --i) {
    to[i] = static_cast<char>('0' + number % 10);
    number /= 10;
  }
  return to + count;
}

int64_t FloorDiv(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

}  // namespace

std::span<const FieldInfo> Fields() { return kFields; }

// ---------------------------------------------------------------------------------------------------------- LineClock

void LineClock::SetSecond(int64_t second) {
  second_ = second;
  using std::chrono::sys_days;
  const std::chrono::days days(FloorDiv(second, 86'400));
  const std::chrono::year_month_day date{sys_days(days)};
  const auto of_day = static_cast<uint32_t>(second - days.count() * 86'400LL);
  const auto year = static_cast<uint32_t>(std::clamp(static_cast<int>(date.year()), 0, 9999));
  const auto month = static_cast<unsigned>(date.month());
  const auto day = static_cast<unsigned>(date.day());

  char* at = Digits(rfc3339_, year, 4);
  *at++ = '-';
  at = Digits(at, month, 2);
  *at++ = '-';
  at = Digits(at, day, 2);
  *at++ = 'T';
  char* const time_of_day = at;
  at = Digits(at, of_day / 3600, 2);
  *at++ = ':';
  at = Digits(at, of_day / 60 % 60, 2);
  *at++ = ':';
  at = Digits(at, of_day % 60, 2);
  std::memcpy(at, ".000Z", 5);

  at = Digits(clf_, day, 2);
  *at++ = '/';
  std::memcpy(at, "JanFebMarAprMayJunJulAugSepOctNovDec" + (month - 1) * 3, 3);
  at += 3;
  *at++ = '/';
  at = Digits(at, year, 4);
  *at++ = ':';
  std::memcpy(at, time_of_day, 8);
  std::memcpy(at + 8, " +0000", 6);
}

std::string_view LineClock::Rfc3339(WallTime time) {
  const int64_t ns = time.time_since_epoch().count();
  const int64_t second = FloorDiv(ns, 1'000'000'000);
  if (second != second_) SetSecond(second);
  Digits(rfc3339_ + 20, static_cast<uint32_t>((ns - second * 1'000'000'000) / 1'000'000), 3);
  return {rfc3339_, sizeof(rfc3339_)};
}

std::string_view LineClock::Clf(WallTime time) {
  const int64_t second = FloorDiv(time.time_since_epoch().count(), 1'000'000'000);
  if (second != second_) SetSecond(second);
  return {clf_, sizeof(clf_)};
}

// ------------------------------------------------------------------------------------------------------------- values

namespace {

std::string_view TextOf(Field field, const StreamRecord& r) {
  switch (field) {
    case Field::kClientAddress:
      return r.client_address;
    case Field::kPeerAddress:
      return r.peer_address;
    case Field::kLocalAddress:
      return r.local_address;
    case Field::kMethod:
      return r.method;
    case Field::kScheme:
      return r.scheme;
    case Field::kHost:
      return r.host;
    case Field::kAuthority:
      return r.authority;
    case Field::kPath:
      return r.path;
    case Field::kQuery:
      return r.query;
    case Field::kTarget:
      return r.target;
    case Field::kProtocol:
      return r.protocol;
    case Field::kReason:
      return r.reason;
    case Field::kPlugin:
      return r.plugin;
    case Field::kListener:
      return r.listener;
    case Field::kRouteTable:
      return r.route_table;
    case Field::kRoute:
      return r.route;
    case Field::kCluster:
      return r.cluster;
    case Field::kEndpoint:
      return r.endpoint;
    case Field::kRequestId:
      return r.request_id;
    case Field::kUserAgent:
      return r.user_agent;
    case Field::kReferer:
      return r.referer;
    case Field::kForwardedFor:
      return r.forwarded_for;
    default:
      return {};
  }
}

}  // namespace

std::string_view ValueOf(Field field, const StreamRecord& r, LineClock& clock, char (&scratch)[kPlainLimit]) {
  switch (field) {
    case Field::kTime:
      return clock.Rfc3339(r.start);
    case Field::kTimeClf:
      return clock.Clf(r.start);
    case Field::kDuration:
      return WriteMillis(r.duration, scratch);
    case Field::kUpstreamDuration:
      return r.upstream_first_byte.count() > 0 ? WriteMillis(r.upstream_first_byte, scratch) : std::string_view();
    case Field::kStatus:
      return Write(r.status, scratch);
    case Field::kRequestBytes:
      return Write(r.request_bytes, scratch);
    case Field::kResponseBytes:
      return Write(r.response_bytes, scratch);
    case Field::kAttempts:
      return r.attempts > 0 ? Write(r.attempts, scratch) : std::string_view();
    case Field::kConnectionId:
      return Write(r.connection_id, scratch);
    default:
      return TextOf(field, r);
  }
}

}  // namespace sp::telemetry
