// Request and Response: what the hooks of one direction get. Valid until the hook or lambda returns; never keep one.
//
//   Result on_request(Request& r, const Config& c) {
//     if (!r.headers.has("authorization")) return r.reply(401, "gate.no_token"_reason);
//     return r.call({c.cluster, "/check", r.headers}, 200ms, [](auto& r, Answer& a) {   // pauses, then goes on
//       return a.status == 200 ? Continue : r.reply(403, "gate.denied"_reason);
//     });
//   }
#pragma once

#include <sallyport/sdk/background.hpp>
#include <sallyport/sdk/message.hpp>

#include <exception>
#include <vector>

namespace sallyport {

struct ReplyOptions {
  HeaderSpan headers = {};
  std::string_view detail = {};  // a sentence for people, in problem+json
  std::string_view body = {};    // instead of problem+json
  bool plain = false;            // the body is sent as it is, even empty
  bool close = false;            // close the client's connection afterwards (HTTP/1)
};

namespace detail {

// What stands before every Config, so that streams find it without knowing the filter.
struct HolderBase {
  const sp_config* base = nullptr;  // the filter's own config, also where this is a route's
  std::vector<uint32_t> reasons;    // ids of the "…"_reason literals, by ReasonNode::index
  std::unique_ptr<Background> background;
  uint32_t id_of(Reason reason) const {
    if (reason.node() == nullptr) return reason.id();
    return reason.node()->index < reasons.size() ? reasons[reason.node()->index] : 0;
  }
};

// Carries out what a lambda returned for a paused direction.
inline void settle(const StreamContext& x, uint32_t direction, Result result) {
  if (result == Result::Pause || result == Result::Replied) return;
  const sp_status status = x.http->resume(x.s, direction, static_cast<sp_result>(result));
  if (result == Result::Error && status != SP_OK) x.http->abort(x.s);
}
// Nothing may be thrown across the ABI: a filter that throws has failed.
inline void log_thrown(const sp_host* host, const sp_config* config, const char* what) noexcept {
  host->log(config, SP_LOG_ERROR, to_abi(what));
}
template <typename Fn>
Result guarded(const StreamContext& x, Fn fn) noexcept {
  try {
    return fn();
  } catch (const std::exception& e) {
    log_thrown(x.http->host, x.holder->base, e.what());
  } catch (...) {
    log_thrown(x.http->host, x.holder->base, "an exception of unknown type");
  }
  return Result::Error;
}

}  // namespace detail

// What both directions offer.
class Exchange {
 public:
  explicit Exchange(const detail::StreamContext& x) : x_(x) {}
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // Of the request, readable in both directions.
  std::string_view method() const { return pseudo(SP_METHOD); }
  std::string_view scheme() const { return pseudo(SP_SCHEME); }
  std::string_view authority() const { return pseudo(SP_AUTHORITY); }
  std::string_view path() const { return pseudo(SP_PATH); }    // normalised, without the query
  std::string_view query() const { return pseudo(SP_QUERY); }  // without `?`
  Headers request_headers() const { return Headers(x_, SP_REQUEST); }

  // SP_FACT_*. Absent also where this host doesn't know the fact.
  Value fact(uint32_t id) const {
    sp_value value{};
    return x_.http->fact(x_.s, id, &value) == SP_OK ? Value(value) : Value();
  }
  std::string_view client_address() const { return fact(SP_FACT_CLIENT_ADDRESS).text(); }
  std::string_view host_name() const { return fact(SP_FACT_HOST).text(); }  // for matching: lower case, no port
  std::string_view route() const { return fact(SP_FACT_ROUTE).text(); }

  Value metadata(Slot slot) const {
    sp_value value{};
    return x_.http->metadata_get(x_.s, slot.id, &value) == SP_OK ? Value(value) : Value();
  }
  sp_status set_metadata(Slot slot, const Value& value) { return x_.http->metadata_set(x_.s, slot.id, &value.abi()); }

  // Answers the client in the upstream's stead: `return r.reply(403, "gate.denied"_reason);`
  Result reply(uint32_t status, Reason reason = {}, const ReplyOptions& options = {}) {
    sp_reply reply{};
    reply.size = sizeof reply;
    reply.status = status;
    reply.reason = x_.holder->id_of(reason);
    reply.flags = (options.plain ? SP_REPLY_PLAIN : 0u) | (options.close ? SP_REPLY_CLOSE : 0u);
    reply.headers = options.headers.data();
    reply.header_count = options.headers.size();
    reply.body = to_abi(options.body);
    reply.detail = to_abi(options.detail);
    return x_.http->reply(x_.s, &reply) == SP_OK ? Result::Replied : Result::Error;
  }
  void abort() { x_.http->abort(x_.s); }

  // Takes back a timer; its lambda never runs.
  void cancel(uint64_t id) {
    x_.http->cancel(x_.s, id);
    if (x_.waiting == nullptr) return;
    if (auto* item = x_.waiting->take_id(id)) item->drop();
  }

  Store store() const { return Store(x_.http->host, x_.holder->base); }
  int64_t now() const { return x_.http->host->now(x_.holder->base); }    // nanoseconds, monotonic
  int64_t wall() const { return x_.http->host->wall(x_.holder->base); }  // nanoseconds since 1970
  void random(void* to, uint64_t bytes) const { x_.http->host->random(x_.holder->base, to, bytes); }
  void count(Counter c, int64_t n = 1) const { x_.http->host->metric_add(x_.holder->base, c.series, n); }
  void change(Gauge g, int64_t by) const { x_.http->host->metric_add(x_.holder->base, g.series, by); }
  void observe_us(Histogram h, int64_t us) const { x_.http->host->metric_add(x_.holder->base, h.series, us); }
  void log(LogLevel level, std::string_view text) const {
    if (static_cast<uint32_t>(level) >= *x_.http->host->log_level) {
      x_.http->host->log(x_.holder->base, static_cast<uint32_t>(level), to_abi(text));
    }
  }

  // What the config published last, or null; this worker's state of the config, or null.
  template <typename T>
  const T* published() const {
    return static_cast<const T*>(x_.http->published(x_.s));
  }
  template <typename T>
  T* worker() const {
    return static_cast<T*>(x_.http->worker_state(x_.s));
  }
  // Memory that lives as long as the stream.
  void* alloc(uint64_t bytes, uint64_t align = alignof(std::max_align_t)) { return x_.http->alloc(x_.s, bytes, align); }

  // No body and no trailers follow this head, as far as is known.
  bool end() const { return (x_.flags & SP_F_END) != 0; }
  bool message_end() const { return (x_.flags & SP_F_MSG_END) != 0; }
  const detail::StreamContext& context() const { return x_; }

  // SP_METHOD to SP_STATUS; empty where there is none.
  std::string_view pseudo(uint32_t id) const {
    sp_str text{};
    return x_.http->pseudo_get(x_.s, id, &text) == SP_OK ? from_abi(text) : std::string_view();
  }

 protected:
  detail::StreamContext x_;
};

// One direction of an exchange: its message, and work that pauses it. `Self` is Request or Response.
template <typename Self, uint32_t kDirection, uint32_t kTrailers>
class Direction : public Exchange {
 public:
  explicit Direction(const detail::StreamContext& x)
      : Exchange(x), headers(x_, kDirection), trailers(x_, kTrailers), body(x_, kDirection) {}
  Headers headers;
  Headers trailers;
  Body body;

  // fn(Self&, Answer&) -> Result, later; give back what this returns. At most 8 are open on one stream.
  template <typename Fn>
  Result call(const Call& call, Duration timeout, Fn fn) {
    return begin(
               SP_EVENT_CALL,
               [fn = std::move(fn)](detail::StreamContext& x, const sp_event& event) mutable {
                 Self self(x);
                 Answer answer(event);
                 detail::settle(x, kDirection, detail::guarded(x, [&] { return fn(self, answer); }));
               },
               [&](uint64_t* id) {
                 const sp_call abi = call.abi(timeout);
                 return x_.http->call(x_.s, &abi, id);
               }) != 0
               ? Result::Pause
               : Result::Error;
  }
  // fn(Self&) once; pauses nothing. The id is for cancel(); 0: refused.
  template <typename Fn>
  uint64_t timer(Duration after, Fn fn) {
    return begin(
        SP_EVENT_TIMER,
        [fn = std::move(fn)](detail::StreamContext& x, const sp_event&) mutable {
          Self self(x);
          detail::settle(x, kDirection, detail::guarded(x, [&] {
                           fn(self);
                           return Result::Pause;
                         }));
        },
        [&](uint64_t* id) { return x_.http->timer(x_.s, static_cast<uint64_t>(after.count()), 0, id); });
  }
  // work() on a thread of the host's pool, without touching the stream; then fn(Self&, T*) -> Result here, where T is
  // what work returned: null when it threw. Give back what this returns.
  template <typename Work, typename Done>
  Result offload(Work work, Done done) {
    auto finish = [done = std::move(done)](detail::StreamContext& x, auto* result) mutable {
      Self self(x);
      detail::settle(x, kDirection, detail::guarded(x, [&] { return done(self, result); }));
    };
    using Item = detail::Offloaded<detail::StreamContext, Work, decltype(finish)>;
    if (x_.waiting == nullptr) return Result::Error;
    detail::PendingPtr<detail::StreamContext> item(new Item(std::move(work), std::move(finish)));
    if (x_.http->offload(x_.s, &Item::run_work, item.get(), 0) != SP_OK) {
      item->drop();  // the pool's hold
      return Result::Error;
    }
    x_.waiting->add(item.release());
    return Result::Pause;
  }
  // For other threads: fn(Self&) by post(). It may then resume().
  Ref<Self> ref() const { return {x_.http->host, x_.http->ref(x_.s), kDirection}; }
  // Ends a Pause that a hook of this direction returned. SP_E_STATE where nothing is paused.
  sp_status resume(Result result = Result::Continue) {
    return x_.http->resume(x_.s, kDirection, static_cast<sp_result>(result));
  }

 private:
  template <typename Fn, typename Start>
  uint64_t begin(uint32_t kind, Fn fn, Start start) {
    if (x_.waiting == nullptr) {
      log(LogLevel::kError, "this filter cannot wait in a stream: it is stateless or says kWaits = false");
      return 0;
    }
    auto item = detail::make_pending<detail::StreamContext>(kind, std::move(fn));
    if (start(&item->id) != SP_OK) return 0;
    const uint64_t id = item->id;
    x_.waiting->add(item.release());
    return id;
  }
};

class Request final : public Direction<Request, SP_REQUEST, SP_REQUEST_TRAILERS> {
 public:
  using Direction::Direction;
  // Until the head was let go. The path is normalised and checked again.
  sp_status set_method(std::string_view text) { return set(SP_METHOD, text); }
  sp_status set_authority(std::string_view text) { return set(SP_AUTHORITY, text); }
  sp_status set_path(std::string_view text) { return set(SP_PATH, text); }
  sp_status set_query(std::string_view text) { return set(SP_QUERY, text); }
  // Matches the route anew, after edits of path, authority or headers; in on_request only.
  sp_status reroute() { return x_.http->reroute(x_.s); }

 private:
  sp_status set(uint32_t id, std::string_view text) { return x_.http->pseudo_set(x_.s, id, to_abi(text)); }
};

class Response final : public Direction<Response, SP_RESPONSE, SP_RESPONSE_TRAILERS> {
 public:
  using Direction::Direction;
  uint32_t status() const {
    uint32_t number = 0;
    for (const char c : pseudo(SP_STATUS)) number = number * 10 + static_cast<uint32_t>(c - '0');
    return number;
  }
  sp_status set_status(std::string_view three_digits) {
    return x_.http->pseudo_set(x_.s, SP_STATUS, to_abi(three_digits));
  }
  // SP_ORIGIN_*: from an upstream, the gateway itself or a filter.
  int64_t origin() const { return fact(SP_FACT_RESPONSE_ORIGIN).i64().value_or(SP_ORIGIN_UPSTREAM); }
};

// The exchange is over; everything can still be read.
class Complete final : public Exchange {
 public:
  using Exchange::Exchange;
  Headers response_headers() const { return Headers(x_, SP_RESPONSE); }
};

}  // namespace sallyport
