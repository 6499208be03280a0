// What a stream or a config waits for: the lambdas given to call(), timer(), offload() and post(), until they run or
// their owner goes. Part of the SDK's inside; filters use it through Request, Response and Background.
#pragma once

#include <sallyport/sdk/base.hpp>

#include <atomic>
#include <memory>
#include <utility>

namespace sallyport::detail {

// One lambda that waits. `Owner` is what runs it: a stream's place or a config's background.
template <typename Owner>
struct Pending {
  Pending* next = nullptr;
  uint32_t kind = 0;  // SP_EVENT_*
  uint64_t id = 0;    // of the call or timer
  virtual ~Pending() = default;
  virtual void run(Owner& owner, const sp_event& event) = 0;
  // Gives up one hold on this: deletes it, but where a thread of the pool still uses it.
  virtual void drop() noexcept { delete this; }
};

template <typename Owner>
class PendingList {
 public:
  void add(Pending<Owner>* item) {
    item->next = first_;
    first_ = item;
  }
  // Takes the item of an event out of the list; null where it is unknown.
  Pending<Owner>* take(const sp_event& event) {
    for (Pending<Owner>** at = &first_; *at != nullptr; at = &(*at)->next) {
      const bool same = event.kind == SP_EVENT_OFFLOAD ? static_cast<void*>(*at) == event.data : (*at)->id == event.id;
      if ((*at)->kind == event.kind && same) return unlink(at);
    }
    return nullptr;
  }
  Pending<Owner>* take_id(uint64_t id) {
    for (Pending<Owner>** at = &first_; *at != nullptr; at = &(*at)->next) {
      if ((*at)->kind != SP_EVENT_OFFLOAD && (*at)->id == id) return unlink(at);
    }
    return nullptr;
  }
  void drop_all() noexcept {
    while (first_ != nullptr) unlink(&first_)->drop();
  }

 private:
  static Pending<Owner>* unlink(Pending<Owner>** at) {
    Pending<Owner>* item = *at;
    *at = item->next;
    return item;
  }
  Pending<Owner>* first_ = nullptr;  // zeroed memory is an empty list
};

template <typename Owner>
struct Dropper {
  void operator()(Pending<Owner>* item) const noexcept { item->drop(); }
};
template <typename Owner>
using PendingPtr = std::unique_ptr<Pending<Owner>, Dropper<Owner>>;

template <typename Owner, typename Fn>
struct PendingFn final : Pending<Owner> {
  explicit PendingFn(Fn f) : fn(std::move(f)) {}
  void run(Owner& owner, const sp_event& event) override { fn(owner, event); }
  Fn fn;
};
template <typename Owner, typename Fn>
PendingPtr<Owner> make_pending(uint32_t kind, Fn fn) {
  PendingPtr<Owner> item(new PendingFn<Owner, Fn>(std::move(fn)));
  item->kind = kind;
  return item;
}

// Work on the host's pool, and what follows on the owner's thread. Two hold it: the pool, until the work is done (it
// is always run), and the owner; so it is safe whichever ends first.
template <typename Owner, typename Work, typename Done>
struct Offloaded final : Pending<Owner> {
  Offloaded(Work w, Done d) : work(std::move(w)), done(std::move(d)) { this->kind = SP_EVENT_OFFLOAD; }
  static void SP_CALL run_work(void* data) noexcept {
    auto* self = static_cast<Offloaded*>(static_cast<Pending<Owner>*>(data));
    try {
      self->result.emplace(self->work());
    } catch (...) {  // no result: `done` is told so
    }
    self->drop();
  }
  void run(Owner& owner, const sp_event&) override { done(owner, result ? &*result : nullptr); }
  void drop() noexcept override {
    if (holders.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }
  Work work;
  Done done;
  std::optional<decltype(std::declval<Work&>()())> result;
  std::atomic<uint32_t> holders{2};
};

// A lambda on its way from another thread.
template <typename Owner>
struct Posted {
  virtual ~Posted() = default;
  virtual void run(Owner& owner) = 0;
  static void SP_CALL drop(void* data) noexcept { delete static_cast<Posted*>(data); }
};
template <typename Owner, typename Fn>
struct PostedFn final : Posted<Owner> {
  explicit PostedFn(Fn f) : fn(std::move(f)) {}
  void run(Owner& owner) override { fn(owner); }
  Fn fn;
};

}  // namespace sallyport::detail

namespace sallyport {

// Names a stream or a config for other threads. May be kept for ever; posting to what is gone does nothing.
template <typename Owner>
class Ref {
 public:
  Ref() = default;
  Ref(const sp_host* host, sp_ref ref, uint32_t tag = 0) : host_(host), ref_(ref), tag_(tag) {}
  // fn(owner) runs on the owner's worker in a later turn. False where it never will. Any thread.
  template <typename Fn>
  bool post(Fn fn) const {
    detail::Posted<Owner>* item = new detail::PostedFn<Owner, Fn>(std::move(fn));
    return host_->post(ref_, tag_, item, &detail::Posted<Owner>::drop) == SP_OK;
  }

 private:
  const sp_host* host_ = nullptr;
  sp_ref ref_ = 0;
  uint32_t tag_ = 0;
};

}  // namespace sallyport
