// CallOut: a request of the gateway's own to a cluster, with one answer: for filters, health checks, discovery. One of
// the seams: upstream/ implements it.
//
// It begins with no header of any client, always has a deadline, and the answer is bounded. `done` is called once, in a
// later loop turn, on the worker that started it; destroying the object before cancels it silently.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/base/reason.h"
#include "core/http/header_map.h"
#include "core/traffic/cluster/cluster_state.h"

namespace sp::cluster {

struct CallRequest {
  std::string_view method = "GET";
  std::string_view path = "/";
  std::string_view authority;                                          // empty: the cluster's name
  std::vector<std::pair<std::string_view, std::string_view>> headers;  // lower-case names, checked
  std::string_view body;
  Duration timeout = std::chrono::seconds(5);
  uint64_t max_answer = 64 * 1024;  // bytes of body: beyond it the call fails, response.body_limit
};

struct CallAnswer {
  Reason reason = Reason::kNone;  // why it failed; kNone: it has not
  uint16_t status = 0;
  const http::HeaderMap* headers = nullptr;
  std::string_view body;  // these are valid during `done`
};

class CallOut : public net::Disposable {
 public:
  using Done = std::function<void(const CallAnswer&)>;
};

using StartCallOut = std::unique_ptr<CallOut> (*)(net::Reactor& reactor, std::shared_ptr<ClusterState> cluster,
                                                  const CallRequest& request, CallOut::Done done);

}  // namespace sp::cluster
