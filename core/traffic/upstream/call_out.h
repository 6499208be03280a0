// The implementation of cluster/call_out.h over the forwarder: texts of the request are copied, the answer gathered.
#pragma once

#include "core/traffic/cluster/call_out.h"

namespace sp::upstream {

std::unique_ptr<cluster::CallOut> Call(net::Reactor& reactor, std::shared_ptr<cluster::ClusterState> cluster,
                                       const cluster::CallRequest& request, cluster::CallOut::Done done);

}  // namespace sp::upstream
