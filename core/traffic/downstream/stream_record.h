// StreamRecord: what is known of a finished exchange; StreamRecordSink: who wants to know (access log, metering).
//
// Made once per exchange, when its last byte was handed on or it was given up. All text lives in the stream's arena or
// its snapshot: a sink copies what it keeps before it returns. Empty text and zero times mean "there was none".
#pragma once

#include <cstdint>
#include <string_view>

#include "core/base/clock.h"
#include "core/http/head.h"

namespace sp::downstream {

struct StreamRecord {
  const http::RequestHead* request = nullptr;    // as the filters left it; never null
  const http::ResponseHead* response = nullptr;  // null: no head was sent
  WallTime start{};                              // first byte of the request
  Duration duration{};                           // to the end
  Duration upstream_first_byte{};                // from the start; of the kept attempt
  uint64_t connection_id = 0;
  uint64_t request_bytes = 0;  // of bodies
  uint64_t response_bytes = 0;
  uint32_t attempts = 0;
  uint16_t status = 0;      // what the client got; 0: nothing
  std::string_view reason;  // token; empty: an ordinary answer of the upstream
  std::string_view plugin;  // filter instance that replied or failed
  std::string_view method, target, path, query, host, authority, scheme, protocol;
  std::string_view client_address;  // without port, behind trusted proxies
  std::string_view peer_address, local_address;
  std::string_view listener, route_table, route, cluster, endpoint;
  std::string_view request_id, user_agent, referer, forwarded_for;
};

class StreamRecordSink {
 public:
  virtual void OnStreamEnd(const StreamRecord& record) = 0;

 protected:
  ~StreamRecordSink() = default;
};

}  // namespace sp::downstream
