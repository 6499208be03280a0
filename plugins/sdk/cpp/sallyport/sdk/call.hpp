// Call and Answer: a request of the filter's own to a cluster.
#pragma once

#include <sallyport/sdk/json.hpp>

#include <span>

namespace sallyport {

class Headers;

// Fields for a call or a reply: `{{"accept", "x"}, {"y", "z"}}`, a span, or all the fields of a message. A view: what
// it names must live until the function it is given to returns.
class HeaderSpan {
 public:
  HeaderSpan() = default;
  HeaderSpan(std::initializer_list<Header> list) : data_(list.begin()), size_(list.size()) {}
  HeaderSpan(std::span<const Header> list) : data_(list.data()), size_(list.size()) {}
  HeaderSpan(std::span<const sp_header> list) : data_(list.data()), size_(list.size()) {}
  HeaderSpan(const Headers& headers);
  const sp_header* data() const { return data_; }
  uint64_t size() const { return size_; }

 private:
  const sp_header* data_ = nullptr;
  uint64_t size_ = 0;
};

// `{c.cluster, "/check", r.headers}`: what is to be sent stands here; nothing of the client's is sent unasked.
struct Call {
  Cluster cluster;
  std::string_view path = "/";
  HeaderSpan headers = {};
  std::string_view method = "GET";
  std::string_view body = {};
  std::string_view authority = {};  // Host; the cluster's name where empty
  uint64_t max_answer = 0;          // bytes of the answer's body; 0: 64 KiB

  sp_call abi(Duration timeout) const {
    sp_call c{};
    c.size = sizeof c;
    c.cluster = cluster.id;
    c.method = to_abi(method);
    c.path = to_abi(path);
    c.authority = to_abi(authority);
    c.headers = headers.data();
    c.header_count = headers.size();
    c.body = to_abi(body);
    c.timeout_ns = timeout.count() > 0 ? static_cast<uint64_t>(timeout.count()) : 0;
    c.max_answer = max_answer;
    return c;
  }
};

// Views: until the lambda returns.
class Answer {
 public:
  explicit Answer(const sp_event& event)
      : status(event.http_status), body(from_abi(event.body)), reason(from_abi(event.reason)), event_(&event) {}
  // There is no answer: `reason` says why ("upstream.timeout"), status is 0.
  bool failed() const { return (event_->flags & SP_CALL_FAIL) != 0; }
  bool ok() const { return !failed() && status >= 200 && status < 300; }
  std::span<const sp_header> headers() const { return {event_->headers, static_cast<size_t>(event_->header_count)}; }
  // First value of a field; `name` lower case.
  std::optional<std::string_view> header(std::string_view name) const {
    for (const sp_header& field : headers()) {
      if (from_abi(field.name) == name) return from_abi(field.value);
    }
    return std::nullopt;
  }

  uint32_t status;
  std::string_view body;
  std::string_view reason;

 private:
  const sp_event* event_;
};

}  // namespace sallyport
