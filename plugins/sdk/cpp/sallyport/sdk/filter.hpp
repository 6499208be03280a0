// HttpFilter: how a class becomes a filter. The table of the ABI is made from what the class has; what it hasn't is
// null there and costs nothing.
//
//   struct F : HttpFilter {                          one object a stream, in the stream's memory
//     static constexpr bool kGuard = true;           decides on access (SP_FILTER_GUARD)
//     static constexpr bool kNotifyOverLimit = true; SP_FILTER_OVER_LIMIT_NOTIFY
//     static constexpr bool kWaits = false;          keeps something in a stream, but never waits in it (call, timer,
//     …) static constexpr std::string_view kName, kSchema, kRouteSchema;   where a plugin has several filters struct
//     Config {                                one per snapshot, read by all workers
//       explicit Config(const Json&);
//       Config(const Config& base, const Json& route);   a route's part over it, from least to most specific
//       void start(Background&);  void stop(Background&);
//     };
//     struct Worker { explicit Worker(const Config&); };  one a worker and config: r.worker<Worker>()
//     Result on_request(Request&, const Config&);         and on_request_body, on_request_trailers
//     Result on_response(Response&, const Config&);       and on_response_body, on_response_trailers
//     void on_complete(Complete&, const Config&);
//   };
// A filter that keeps nothing and waits for nothing in a stream derives from StatelessHttpFilter: no object is made.
#pragma once

#include <sallyport/sdk/exchange.hpp>

#include <concepts>
#include <new>
#include <type_traits>

namespace sallyport {

struct HttpFilter {};
struct StatelessHttpFilter : HttpFilter {};

namespace detail {

struct NoConfig {
  explicit NoConfig(const Json&) {}
};
template <typename F>
struct ConfigOf {
  using type = NoConfig;
};
template <typename F>
requires requires { typename F::Config; }
struct ConfigOf<F> {
  using type = typename F::Config;
};

// A config and what belongs to it; what the host knows as `config`.
template <typename F>
struct Holder : HolderBase {
  using Config = typename ConfigOf<F>::type;
  template <typename... Args>
  explicit Holder(Args&&... args) : config(std::forward<Args>(args)...) {}
  Config config;
};

template <typename F>
inline constexpr bool kStateless = std::is_base_of_v<StatelessHttpFilter, F>;
template <typename F>
constexpr bool may_wait() {
  if constexpr (requires { F::kWaits; }) return F::kWaits;
  return !kStateless<F>;
}
template <typename F>
inline constexpr bool kHasRouteConfig =
    std::is_constructible_v<typename ConfigOf<F>::type, const typename ConfigOf<F>::type&, const Json&>;
template <typename F>
inline constexpr bool kHasStart = requires(typename ConfigOf<F>::type& c, Background& b) {
  c.start(b);
};
template <typename F>
inline constexpr bool kHasStop = requires(typename ConfigOf<F>::type& c, Background& b) {
  c.stop(b);
};
template <typename F>
inline constexpr bool kHasWorker = requires {
  typename F::Worker;
};

// SP_SDK_HOOK(x) makes kHas_x<F, Message>: whether F has the hook. A hook of that name that can't be called as it must
// is a mistake and does not compile: silently never called would be worse.
#define SP_SDK_HOOK(hook_)                                                                          \
  template <typename F, typename M>                                                                 \
  consteval bool has_##hook_() {                                                                    \
    using Config = typename ConfigOf<F>::type;                                                      \
    constexpr bool full = requires(F f, M & m, const Config& c) { f.hook_(m, c); };                 \
    constexpr bool brief = requires(F f, M & m) { f.hook_(m); };                                    \
    constexpr bool named = requires { &F::hook_; };                                                 \
    static_assert(!named || full || brief, #hook_ " has the wrong parameters, see sdk/filter.hpp"); \
    return full || brief;                                                                           \
  }                                                                                                 \
  template <typename F, typename M>                                                                 \
  decltype(auto) call_##hook_(F& f, M& m, const typename ConfigOf<F>::type& c) {                    \
    if constexpr (requires { f.hook_(m, c); }) {                                                    \
      return f.hook_(m, c);                                                                         \
    } else {                                                                                        \
      return f.hook_(m);                                                                            \
    }                                                                                               \
  }
SP_SDK_HOOK(on_request)
SP_SDK_HOOK(on_request_body)
SP_SDK_HOOK(on_request_trailers)
SP_SDK_HOOK(on_response)
SP_SDK_HOOK(on_response_body)
SP_SDK_HOOK(on_response_trailers)
SP_SDK_HOOK(on_complete)
#undef SP_SDK_HOOK

// The instance: zeroed by the host, the filter's object made at its first hook.
template <typename F>
struct Instance {
  PendingList<StreamContext> waiting;
  uint64_t alive;
  alignas(F) unsigned char object[sizeof(F)];
  F& get() {
    if (alive == 0) {
      new (object) F();
      alive = 1;
    }
    return *std::launder(reinterpret_cast<F*>(object));
  }
};

template <typename F>
class FilterTable {
  using Config = typename ConfigOf<F>::type;
  using HolderF = Holder<F>;
  static_assert(std::is_base_of_v<HttpFilter, F>, "a filter derives from sallyport::HttpFilter");
  static_assert(!kStateless<F> || std::is_empty_v<F>, "a StatelessHttpFilter has no members");
  static_assert(alignof(Instance<F>) <= 64 && sizeof(Instance<F>) <= 65536, "instance: at most 64 KiB, aligned to 64");

  static const HolderF& holder(const void* config) {
    return *static_cast<const HolderF*>(static_cast<const HolderBase*>(config));
  }
  static HolderF& holder(void* config) { return *static_cast<HolderF*>(static_cast<HolderBase*>(config)); }

  // ---- stream hooks
  template <typename M, typename Fn>
  static Result with_filter(StreamContext& x, void* self, const void* config, Fn fn) {
    if constexpr (kStateless<F>) {
      F filter;
      M message(x);
      return fn(filter, message, holder(config).config);
    } else {
      auto* instance = static_cast<Instance<F>*>(self);
      if constexpr (may_wait<F>()) x.waiting = &instance->waiting;
      M message(x);
      return fn(instance->get(), message, holder(config).config);
    }
  }
  template <typename M, typename Fn>
  static sp_result hook(const sp_http* http, sp_stream* s, void* self, const void* config, uint64_t new_bytes,
                        uint32_t flags, Fn fn) noexcept {
    StreamContext x{http, s, static_cast<const HolderBase*>(config), nullptr, new_bytes, flags};
    const Result result = guarded(x, [&] { return with_filter<M>(x, self, config, fn); });
    // After reply() the host ignores what is returned; Pause lets nothing pass whatever happens.
    return result == Result::Replied ? SP_PAUSE : static_cast<sp_result>(result);
  }
#define SP_SDK_HEAD(hook_, message_)                                                                           \
  static sp_result SP_CALL hook_(const sp_http* http, sp_stream* s, void* self, const void* config,            \
                                 uint32_t flags) noexcept {                                                    \
    return hook<message_>(http, s, self, config, 0, flags,                                                     \
                          [](F& f, message_& m, const Config& c) -> Result { return call_##hook_(f, m, c); }); \
  }
#define SP_SDK_BODY(hook_, message_)                                                                           \
  static sp_result SP_CALL hook_(const sp_http* http, sp_stream* s, void* self, const void* config,            \
                                 uint64_t new_bytes, uint32_t flags) noexcept {                                \
    return hook<message_>(http, s, self, config, new_bytes, flags,                                             \
                          [](F& f, message_& m, const Config& c) -> Result { return call_##hook_(f, m, c); }); \
  }
  SP_SDK_HEAD(on_request, Request)
  SP_SDK_BODY(on_request_body, Request)
  SP_SDK_HEAD(on_request_trailers, Request)
  SP_SDK_HEAD(on_response, Response)
  SP_SDK_BODY(on_response_body, Response)
  SP_SDK_HEAD(on_response_trailers, Response)
#undef SP_SDK_HEAD
#undef SP_SDK_BODY

  static void SP_CALL on_complete(const sp_http* http, sp_stream* s, void* self, const void* config) noexcept {
    StreamContext x{http, s, static_cast<const HolderBase*>(config), nullptr, 0, 0};
    (void)guarded(x, [&] {
      return with_filter<Complete>(x, self, config, [](F& f, Complete& m, const Config& c) {
        call_on_complete(f, m, c);
        return Result::Continue;
      });
    });
  }
  static void SP_CALL on_event(const sp_http* http, sp_stream* s, void* self, const void* config,
                               const sp_event* event) noexcept {
    auto* instance = static_cast<Instance<F>*>(self);
    StreamContext x{http, s, static_cast<const HolderBase*>(config), &instance->waiting, 0, 0};
    if (event->kind == SP_EVENT_POST) {
      if (event->tag == SP_RESPONSE) {
        run_posted<Response>(x, event->data);
      } else {
        run_posted<Request>(x, event->data);
      }
    } else if (PendingPtr<StreamContext> item{instance->waiting.take(*event)}) {
      item->run(x, *event);
    }
  }
  template <typename M>
  static void run_posted(StreamContext& x, void* data) noexcept {
    const std::unique_ptr<Posted<M>> posted(static_cast<Posted<M>*>(data));
    (void)guarded(x, [&] {
      M message(x);
      posted->run(message);
      return Result::Continue;
    });
  }
  static void SP_CALL destroy(void* self, const void*) noexcept {
    auto* instance = static_cast<Instance<F>*>(self);
    instance->waiting.drop_all();
    if (instance->alive != 0) instance->get().~F();
  }

  // ---- life of a config
  // Runs `make`, which gives the finished holder, and turns exceptions into failures of the config.
  template <typename Make>
  static sp_status create(const sp_config_host* host, sp_config* c, void** out, Make make) noexcept {
    Loading loading{host, c};
    try {
      std::unique_ptr<HolderF> made = make(loading);
      if (loading.failures > 0) return SP_E_FAILED;
      *out = static_cast<HolderBase*>(made.release());
      return SP_OK;
    } catch (const std::exception& e) {
      return host->fail(c, sp_str{}, to_abi(e.what()));
    } catch (...) {
      return host->fail(c, sp_str{}, SP_STR("an exception of unknown type"));
    }
  }
  static sp_status SP_CALL config_create(const sp_config_host* host, sp_config* c, void** out) noexcept {
    return create(host, c, out, [&](Loading& loading) {
      const Json json(loading);
      auto made = std::make_unique<HolderF>(json);
      made->base = c;
      made->reasons.resize(ReasonNode::count);
      for (const ReasonNode* node = ReasonNode::first; node != nullptr; node = node->next) {
        made->reasons[node->index] = json.reason(node->token).id();
      }
      return made;
    });
  }
  static void SP_CALL config_destroy(void* config) noexcept { delete &holder(config); }
  static sp_status SP_CALL route_create(const sp_config_host* host, sp_config* c, const void* base,
                                        void** out) noexcept {
    return create(host, c, out, [&](Loading& loading) {
      const Json list(loading);
      std::unique_ptr<HolderF> merged;
      for (const Json route : list.each()) {
        const Config& below = merged != nullptr ? merged->config : holder(base).config;
        merged = std::make_unique<HolderF>(below, route);
      }
      if (merged == nullptr) merged = std::make_unique<HolderF>(holder(base).config);
      merged->base = holder(base).base;
      merged->reasons = holder(base).reasons;
      return merged;
    });
  }

  static sp_status SP_CALL start(const sp_config_host* host, sp_config* c, void* config) noexcept {
    return guarded_config(host, c, [&] {
      holder(config).background = std::make_unique<Background>();
      holder(config).background->attach(host, c);
      holder(config).config.start(*holder(config).background);
    });
  }
  static void SP_CALL stop(const sp_config_host* host, sp_config* c, void* config) noexcept {
    if (holder(config).background == nullptr) return;
    guarded_config(host, c, [&] {
      if constexpr (kHasStop<F>) holder(config).config.stop(*holder(config).background);
    });
    holder(config).background->stop();
  }
  static void SP_CALL on_config_event(const sp_config_host* host, sp_config* c, void* config,
                                      const sp_event* event) noexcept {
    if (holder(config).background == nullptr) return;
    guarded_config(host, c, [&] { holder(config).background->dispatch(*event); });
  }
  static sp_status SP_CALL worker_start(const sp_config_host* host, sp_config* c, void* config, uint32_t,
                                        void** state) noexcept {
    return guarded_config(host, c, [&] { *state = new typename F::Worker(holder(config).config); });
  }
  static void SP_CALL worker_stop(void*, uint32_t, void* state) noexcept {
    delete static_cast<typename F::Worker*>(state);
  }
  template <typename Fn>
  static sp_status guarded_config(const sp_config_host* host, sp_config* c, Fn fn) noexcept {
    try {
      fn();
      return SP_OK;
    } catch (const std::exception& e) {
      log_thrown(host->host, c, e.what());
    } catch (...) {
      log_thrown(host->host, c, "an exception of unknown type");
    }
    return SP_E_FAILED;
  }

 public:
  static constexpr sp_http_filter make(std::string_view name) {
    sp_http_filter t{};
    t.size = sizeof t;
    if constexpr (requires { F::kGuard; }) t.flags |= F::kGuard ? SP_FILTER_GUARD : 0u;
    if constexpr (requires { F::kNotifyOverLimit; }) t.flags |= F::kNotifyOverLimit ? SP_FILTER_OVER_LIMIT_NOTIFY : 0u;
    t.name = sp_str{name.data(), name.size()};
    if constexpr (requires { F::kName; }) t.name = text(F::kName);
    if constexpr (requires { F::kSchema; }) t.schema = text(F::kSchema);
    if constexpr (requires { F::kRouteSchema; }) t.route_schema = text(F::kRouteSchema);
    t.config_create = &config_create;
    t.config_destroy = &config_destroy;
    if constexpr (kHasRouteConfig<F>) {
      t.route_create = &route_create;
      t.route_destroy = &config_destroy;
    }
    if constexpr (kHasStart<F>) {
      t.start = &start;
      t.stop = &stop;
      t.on_config_event = &on_config_event;
    }
    if constexpr (kHasWorker<F>) {
      t.worker_start = &worker_start;
      t.worker_stop = &worker_stop;
    }
    add_hooks(t);
    return t;
  }

 private:
  static constexpr sp_str text(std::string_view t) { return {t.data(), t.size()}; }
  static constexpr void add_hooks(sp_http_filter& t) {
    constexpr bool any = has_on_request<F, Request>() || has_on_request_body<F, Request>() ||
                         has_on_request_trailers<F, Request>() || has_on_response<F, Response>() ||
                         has_on_response_body<F, Response>() || has_on_response_trailers<F, Response>();
    static_assert(any || has_on_complete<F, Complete>(), "the filter has no hook");
    if constexpr (has_on_request<F, Request>()) t.on_request_head = &on_request;
    if constexpr (has_on_request_body<F, Request>()) t.on_request_body = &on_request_body;
    if constexpr (has_on_request_trailers<F, Request>()) t.on_request_trailers = &on_request_trailers;
    if constexpr (has_on_response<F, Response>()) t.on_response_head = &on_response;
    if constexpr (has_on_response_body<F, Response>()) t.on_response_body = &on_response_body;
    if constexpr (has_on_response_trailers<F, Response>()) t.on_response_trailers = &on_response_trailers;
    if constexpr (has_on_complete<F, Complete>()) t.on_complete = &on_complete;
    if constexpr (!kStateless<F>) {
      t.instance_size = sizeof(Instance<F>);
      t.instance_align = alignof(Instance<F>);
      if constexpr (may_wait<F>()) t.on_event = &on_event;
      if constexpr (may_wait<F>() || !std::is_trivially_destructible_v<F>) t.destroy = &destroy;
    }
  }
};

}  // namespace detail
}  // namespace sallyport
