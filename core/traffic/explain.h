// Explain: follows a request through a snapshot as a stream would, without sending it: the head is validated by the
// rules of the listener, routes are scanned one by one (route/naive.h) so that each can say why it did not match.
//
// Pure; any thread. The snapshot needs neither workers nor started filters.
//
//   ExplainRequest request;
//   request.method = "GET";
//   request.url = "http://api.example.com/users/7";
//   std::string error;
//   const auto explanation = Explain(snapshot, request, &error);   // nothing: `error` says what can't be asked
//   if (explanation) fmt::print("{}", ToText(*explanation, false));
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/net/address.h"
#include "core/traffic/explanation.h"
#include "core/traffic/snapshot/snapshot.h"

namespace sp::traffic {

struct ExplainRequest {
  std::string method;
  std::string url;  // absolute, `host/path`, or a path alone
  std::vector<std::pair<std::string, std::string>> headers;
  net::IpAddress peer;   // who connects
  std::string listener;  // empty: the one on the URL's port, else the first
};

std::optional<Explanation> Explain(const snapshot::Snapshot& snapshot, const ExplainRequest& request,
                                   std::string* error);

}  // namespace sp::traffic
