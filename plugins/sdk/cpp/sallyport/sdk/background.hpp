// Background: what a config does without a stream, on its home worker: calls, timers, posts, offloaded work,
// publishing.
//
//   struct Config {
//     void start(Background& b) { refresh(b); b.ready(false); }      // before the snapshot is published
//     void refresh(Background& b) {
//       b.call({cluster, "/keys"}, 5s, [this](Background& b, Answer& a) {
//         if (a.ok()) { b.publish(std::make_unique<const Keys>(a.body)); b.ready(true); }
//         b.timer(5min, [this](Background& b) { refresh(b); });
//       });
//     }
//   };
// Everything here runs on one thread and never overlaps, while workers read the same Config in hooks: change only
// members that no hook reads, and hand the rest over by publish(). What still waits when the config stops is dropped.
#pragma once

#include <sallyport/sdk/call.hpp>
#include <sallyport/sdk/pending.hpp>
#include <sallyport/sdk/store.hpp>

namespace sallyport {

class Background {
 public:
  Background() = default;
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;
  ~Background() { waiting_.drop_all(); }

  // fn(Background&, Answer&), later. False: it was refused and fn never runs.
  template <typename Fn>
  bool call(const Call& call, Duration timeout, Fn fn) {
    auto item = detail::make_pending<Background>(SP_EVENT_CALL,
                                                 [fn = std::move(fn)](Background& b, const sp_event& event) mutable {
                                                   Answer answer(event);
                                                   fn(b, answer);
                                                 });
    const sp_call abi = call.abi(timeout);
    return host_->call(config_, &abi, &item->id) == SP_OK && keep(std::move(item));
  }
  // fn(Background&), once. The id is for cancel(); 0: refused.
  template <typename Fn>
  uint64_t timer(Duration after, Fn fn) {
    auto item = detail::make_pending<Background>(
        SP_EVENT_TIMER, [fn = std::move(fn)](Background& b, const sp_event&) mutable { fn(b); });
    if (host_->timer(config_, static_cast<uint64_t>(after.count()), 0, &item->id) != SP_OK) return 0;
    const uint64_t id = item->id;
    keep(std::move(item));
    return id;
  }
  void cancel(uint64_t id) {
    host_->cancel(config_, id);
    if (auto* item = waiting_.take_id(id)) item->drop();
  }
  // work() on a thread of the pool, which may touch nothing of the config that changes; then fn(Background&, T*) here,
  // where T is what work returned: null when it threw.
  template <typename Work, typename Done>
  bool offload(Work work, Done done) {
    using Item = detail::Offloaded<Background, Work, Done>;
    detail::PendingPtr<Background> item(new Item(std::move(work), std::move(done)));
    auto* raw = item.get();
    if (host_->offload(config_, &Item::run_work, raw, 0) != SP_OK) {
      raw->drop();  // the pool's hold
      return false;
    }
    return keep(std::move(item));
  }
  // For other threads of the plugin.
  Ref<Background> ref() const { return {host_->host, host_->ref(config_)}; }

  // Holds the publication of the snapshot up while false (to a limit).
  void ready(bool is) { host_->set_ready(config_, is ? 1 : 0); }
  // What Request::published<T>() gives on every worker from now on; the one before is deleted when nobody reads it.
  template <typename T>
  bool publish(std::unique_ptr<const T> value) {
    const sp_status status =
        host_->publish(config_, value.get(), [](const void* old) { delete static_cast<const T*>(old); });
    if (status != SP_OK) return false;
    value.release();
    return true;
  }

  int64_t now() const { return host_->host->now(config_); }    // nanoseconds, monotonic
  int64_t wall() const { return host_->host->wall(config_); }  // nanoseconds since 1970
  void random(void* to, uint64_t bytes) const { host_->host->random(config_, to, bytes); }
  Store store() const { return Store(host_->host, config_); }
  void count(Counter c, int64_t n = 1) const { host_->host->metric_add(config_, c.series, n); }
  void change(Gauge g, int64_t by) const { host_->host->metric_add(config_, g.series, by); }
  void observe_us(Histogram h, int64_t us) const { host_->host->metric_add(config_, h.series, us); }
  void log(LogLevel level, std::string_view text) const {
    if (static_cast<uint32_t>(level) >= *host_->host->log_level) {
      host_->host->log(config_, static_cast<uint32_t>(level), to_abi(text));
    }
  }

  // ---- for the adapter (filter.hpp)
  void attach(const sp_config_host* host, sp_config* config) {
    host_ = host;
    config_ = config;
  }
  void dispatch(const sp_event& event) {
    if (event.kind == SP_EVENT_POST) {
      std::unique_ptr<detail::Posted<Background>> posted(static_cast<detail::Posted<Background>*>(event.data));
      posted->run(*this);
    } else if (detail::PendingPtr<Background> item{waiting_.take(event)}) {
      item->run(*this, event);
    }
  }
  void stop() { waiting_.drop_all(); }

 private:
  bool keep(detail::PendingPtr<Background> item) {
    waiting_.add(item.release());
    return true;
  }

  const sp_config_host* host_ = nullptr;
  sp_config* config_ = nullptr;
  detail::PendingList<Background> waiting_;
};

}  // namespace sallyport
