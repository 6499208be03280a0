#include "test/support/fake_host.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/base/random.h"
#include "core/base/units.h"
#include "core/traffic/store/store.h"
#include "test/support/fake_tables.h"

namespace sp::testing {

using nlohmann::json;

// ---- FakeHost -------------------------------------------------------------------------------------------------------

namespace {

FakeHost& HostOf(const sp_config* c) { return c->fake->host(); }
store::Space& SpaceOf(const sp_config* c);

sp_status FromStore(store::Status status) {
  switch (status) {
    case store::Status::kOk:
      return SP_OK;
    case store::Status::kArgument:
      return SP_E_ARG;
    case store::Status::kNotFound:
      return SP_E_NOT_FOUND;
    case store::Status::kFull:
      return SP_E_LIMIT;
    case store::Status::kConflict:
      return SP_E_CONFLICT;
  }
  return SP_E_FAILED;
}

sp_quota FromQuota(const store::Quota& q) {
  return {q.allowed, q.overflow, q.remaining, static_cast<uint64_t>(q.retry.count()),
          static_cast<uint64_t>(q.reset.count())};
}

Duration Nanoseconds(uint64_t n) { return Duration(static_cast<int64_t>(std::min<uint64_t>(n, INT64_MAX))); }

struct Delivery {  // data of a post until it is the target's
  void* data;
  void (*drop)(void*);
  Delivery(void* d, void (*f)(void*)) : data(d), drop(f) {}
  Delivery(const Delivery&) = delete;
  ~Delivery() {
    if (data != nullptr && drop != nullptr) drop(data);
  }
};

void FillHost(sp_host& t, const uint32_t* log_level) {
  t.size = sizeof t;
  t.abi_minor = SP_ABI_MINOR;
  t.log_level = log_level;
  t.log = [](const sp_config* c, uint32_t, sp_str text) { HostOf(c).logs.emplace_back(View(text)); };
  t.now = [](const sp_config* c) { return HostOf(c).clock.Now().time_since_epoch().count(); };
  t.now_precise = t.now;
  t.wall = [](const sp_config* c) { return HostOf(c).clock.Wall().time_since_epoch().count(); };
  t.random = [](const sp_config*, void* to, uint64_t bytes) { SecureRandomBytes(to, bytes); };
  t.metric_add = [](const sp_config* c, uint32_t series, int64_t n) {
    const std::string& name = c->fake->series.at(series);
    HostOf(c).metrics[name] += c->fake->histograms.count(series) != 0 ? 1 : n;
  };
  t.bucket_take = [](const sp_config* c, sp_str key, const sp_bucket* b, sp_quota* out) {
    store::Quota q;
    const auto status = SpaceOf(c).Take(View(key), {b->rate, b->burst}, b->take, HostOf(c).clock.Now(), &q);
    *out = FromQuota(q);
    return FromStore(status);
  };
  t.window_add = [](const sp_config* c, sp_str key, const sp_window* w, sp_quota* out) {
    store::Quota q;
    const auto status =
        SpaceOf(c).Add(View(key), {Nanoseconds(w->window_ns), w->limit}, w->add, HostOf(c).clock.Now(), &q);
    *out = FromQuota(q);
    return FromStore(status);
  };
  t.store_get = [](const sp_config* c, sp_str key, void* to, uint64_t* length, uint64_t* version) {
    return FromStore(SpaceOf(c).Get(View(key), to, length, version, HostOf(c).clock.Now()));
  };
  t.store_put = [](const sp_config* c, sp_str key, sp_str value, uint64_t ttl) {
    return FromStore(SpaceOf(c).Put(View(key), View(value), Nanoseconds(ttl), HostOf(c).clock.Now()));
  };
  t.store_cas = [](const sp_config* c, sp_str key, sp_str value, uint64_t ttl, uint64_t version) {
    return FromStore(SpaceOf(c).Cas(View(key), View(value), Nanoseconds(ttl), version, HostOf(c).clock.Now()));
  };
  t.store_delete = [](const sp_config* c, sp_str key) {
    return FromStore(SpaceOf(c).Delete(View(key), HostOf(c).clock.Now()));
  };
  t.post = [](sp_ref target, uint32_t tag, void* data, void (*drop)(void*)) {
    return PostTo(target, tag, std::make_shared<Delivery>(data, drop), data);
  };
}

std::mutex targets_mutex;
std::map<sp_ref, Target> targets;
sp_ref last_target = 0;

}  // namespace

struct FakeHost::Store {
  explicit Store(const store::Limits& limits = {}) : all(limits) {}
  store::Store all;
};
namespace {
store::Space& SpaceOf(const sp_config* c) { return *HostOf(c).store().all.Open("fake", c->fake->name); }
}  // namespace

sp_ref AddTarget(Target target) {
  const std::lock_guard lock(targets_mutex);
  targets[++last_target] = std::move(target);
  return last_target;
}

sp_status PostTo(sp_ref ref, uint32_t tag, std::shared_ptr<void> holder, void* data) {
  const std::lock_guard lock(targets_mutex);
  const auto found = targets.find(ref);
  if (found == targets.end() || found->second.alive.expired()) return SP_E_GONE;
  const Target target = found->second;
  target.host->Enqueue([target, tag, holder, data] {
    if (target.alive.expired()) return;
    static_cast<Delivery*>(holder.get())->data = nullptr;
    sp_event event{};
    event.size = sizeof event;
    event.kind = SP_EVENT_POST;
    event.tag = tag;
    event.data = data;
    target.deliver(event);
  });
  return SP_OK;
}

FakeHost::FakeHost() : table_{}, store_(new Store) { FillHost(table_, &log_level); }
FakeHost::~FakeHost() { RunQueue(); }

void FakeHost::LimitStore(uint64_t entries) { store_ = std::make_unique<Store>(store::Limits{entries, 1 << 20}); }

int64_t FakeHost::Metric(const std::string& name) const {
  const auto found = metrics.find(name);
  return found == metrics.end() ? 0 : found->second;
}

void FakeHost::Enqueue(std::function<void()> work) {
  const std::lock_guard lock(queue_mutex_);
  queue_.push_back(std::move(work));
}

void FakeHost::RunQueue() {
  while (true) {
    std::function<void()> work;
    {
      const std::lock_guard lock(queue_mutex_);
      if (queue_.empty()) return;
      work = std::move(queue_.front());
      queue_.pop_front();
    }
    work();
  }
}

uint64_t FakeHost::AddTimer(Duration after, std::function<void(uint64_t)> fire) {
  const uint64_t id = NextId();
  timers_.push_back({clock.Now() + after, id, [fire = std::move(fire), id] { fire(id); }});
  return id;
}
void FakeHost::CancelTimer(uint64_t id) {
  std::erase_if(timers_, [id](const Timer& t) { return t.id == id; });
}

void FakeHost::Advance(Duration d) {
  const TimePoint until = clock.Now() + d;
  while (true) {
    RunQueue();
    const auto next = std::min_element(timers_.begin(), timers_.end(), [](const Timer& a, const Timer& b) {
      return std::pair(a.due, a.id) < std::pair(b.due, b.id);
    });
    if (next == timers_.end() || next->due > until) break;
    const Timer timer = *next;
    timers_.erase(next);
    if (timer.due > clock.Now()) clock.Advance(timer.due - clock.Now());
    timer.fire();
  }
  clock.Advance(until - clock.Now());
}

const sp_http_filter& EntryFilter(const sp_plugin_entry& entry, size_t index) {
  return *static_cast<const sp_http_filter*>(entry.extensions[index].table);
}

std::string FakeReply::Header(std::string_view name) const {
  for (const auto& [n, v] : headers) {
    if (n == name) return v;
  }
  return "-";
}

}  // namespace sp::testing
