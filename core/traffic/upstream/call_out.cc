#include "core/traffic/upstream/call_out.h"

#include <string>
#include <utility>

#include "core/traffic/upstream/forwarder.h"

namespace sp::upstream {
namespace {

class ClusterCall final : public cluster::CallOut, private ForwarderEvents {
 public:
  ClusterCall(net::Reactor& reactor, std::shared_ptr<cluster::ClusterState> cluster,
              const cluster::CallRequest& request, Done done)
      : cluster_(std::move(cluster)),
        arena_(reactor.slabs()),
        head_(arena_),
        max_answer_(request.max_answer),
        done_(std::move(done)),
        timer_([](void* self) { static_cast<ClusterCall*>(self)->Finish(Failed(Reason::kUpstreamTimeout)); }, this),
        forwarder_(reactor, *this) {
    Compose(request);
    reactor.timers().Start(timer_, reactor.now() + request.timeout);
    forwarder_.Start(*cluster_, head_, arena_, request.body.empty());
    if (request.body.empty()) return;
    BufferChain body;
    body.Append(reactor.slabs().Copy(request.body));
    forwarder_.SendBody(std::move(body), true);
  }

 private:
  static cluster::CallAnswer Failed(Reason reason) {
    cluster::CallAnswer answer;
    answer.reason = reason;
    return answer;
  }

  void Compose(const cluster::CallRequest& request) {
    head_.method_text = arena_.Copy(request.method);
    head_.method = http::MethodOf(head_.method_text);
    head_.scheme = "http";
    head_.authority =
        arena_.Copy(request.authority.empty() ? std::string_view(cluster_->spec().name) : request.authority);
    const size_t mark = request.path.find('?');
    head_.path = arena_.Copy(request.path.substr(0, mark));
    head_.has_query = mark != std::string_view::npos;
    if (head_.has_query) head_.query = arena_.Copy(request.path.substr(mark + 1));
    for (const auto& [name, value] : request.headers) head_.headers.Add(arena_.Copy(name), arena_.Copy(value));
    if (request.body.empty()) return;
    head_.framing = http::BodyFraming::kLength;
    head_.content_length = request.body.size();
  }

  void OnUpstreamInformational(http::ResponseHead&) override {}
  void OnUpstreamHead(http::ResponseHead& head, bool) override { answer_head_ = &head; }
  void OnUpstreamBody(Slice bytes) override {
    if (finished_) return;
    body_ += bytes.view();
    if (body_.size() > max_answer_) Finish(Failed(Reason::kResponseBodyLimit));
  }
  void OnUpstreamTrailers(http::HeaderMap&) override {}
  void OnUpstreamEnd() override { Finish({Reason::kNone, answer_head_->status, &answer_head_->headers, body_}); }
  void OnUpstreamError(Reason reason) override { Finish(Failed(reason)); }
  void OnUpstreamDrained() override {}
  void OnEndpoint(const cluster::EndpointSpec&) override {}

  void Finish(const cluster::CallAnswer& answer) {
    if (std::exchange(finished_, true)) return;
    timer_.Cancel();
    forwarder_.Cancel();
    done_(answer);
  }

  std::shared_ptr<cluster::ClusterState> cluster_;
  Arena arena_;
  http::RequestHead head_;
  http::ResponseHead* answer_head_ = nullptr;
  std::string body_;
  const uint64_t max_answer_;
  Done done_;
  Timer timer_;
  Forwarder forwarder_;
  bool finished_ = false;
};

}  // namespace

std::unique_ptr<cluster::CallOut> Call(net::Reactor& reactor, std::shared_ptr<cluster::ClusterState> cluster,
                                       const cluster::CallRequest& request, cluster::CallOut::Done done) {
  return std::make_unique<ClusterCall>(reactor, std::move(cluster), request, std::move(done));
}

}  // namespace sp::upstream
