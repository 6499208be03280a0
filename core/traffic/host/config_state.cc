#include "core/traffic/host/config_state.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "core/base/log.h"

namespace sp::host {
namespace {

constexpr size_t kMaxTimers = 64, kMaxCalls = 16;

std::string_view View(sp_str text) { return {text.ptr, text.len}; }
sp_str Str(std::string_view text) { return {text.data(), text.size()}; }

sp_status StatusOf(store::Status status) {
  switch (status) {
    case store::Status::kOk:
      return SP_OK;
    case store::Status::kNotFound:
      return SP_E_NOT_FOUND;
    case store::Status::kConflict:
      return SP_E_CONFLICT;
    case store::Status::kArgument:
      return SP_E_ARG;
    default:
      return SP_E_LIMIT;
  }
}

uint64_t Nanoseconds(Duration d) { return d.count() < 0 ? 0 : static_cast<uint64_t>(d.count()); }

// The ABI counts in unsigned nanoseconds; what is beyond any use is cut, so that adding it to a time can't overflow.
Duration DurationOf(uint64_t nanoseconds) {
  return Duration(static_cast<int64_t>(std::min<uint64_t>(nanoseconds, INT64_MAX / 4)));
}

void Fill(const store::Quota& quota, sp_quota* out) {
  *out = {quota.allowed, quota.overflow, quota.remaining, Nanoseconds(quota.retry), Nanoseconds(quota.reset)};
}

}  // namespace

struct ConfigState::HomeTimer {
  HomeTimer(ConfigState& s, uint64_t i, uint32_t t)
      : state(s), id(i), tag(t), timer([](void* self) { static_cast<HomeTimer*>(self)->Fire(); }, this) {}
  void Fire() {
    const sp_event event = MakeEvent(SP_EVENT_TIMER, tag, id);
    ConfigState& owner = state;
    const auto self = std::move(owner.timers_[id]);  // over before its event, so that this may start another
    owner.timers_.erase(event.id);
    owner.config_->OnConfigEvent(event);
  }
  ConfigState& state;
  uint64_t id;
  uint32_t tag;
  Timer timer;
};

struct ConfigState::HomeCall {
  uint32_t tag;
  std::unique_ptr<cluster::CallOut> call;
};

// A value on its way to all workers, and the one it replaces on its way out.
struct ConfigState::Publication {
  const void* value = nullptr;
  void(SP_CALL* retire)(const void*) = nullptr;
  std::shared_ptr<Publication> replaced;
  std::atomic<size_t> waiting{0};
};

ConfigState::ConfigState(std::shared_ptr<plugin_host::FilterConfig> config, std::vector<Worker*> workers, size_t home,
                         std::shared_ptr<store::Space> space, cluster::StartCallOut start_call)
    : config_(std::move(config)),
      workers_(std::move(workers)),
      home_(home),
      space_(std::move(space)),
      start_call_(start_call),
      per_worker_(workers_.size()) {
  for (PerWorker& per_worker : per_worker_) {
    per_worker.state.config = config_->object();
    per_worker.state.attribution = config_->object()->attribution;
  }
  config_->object()->runtime = this;
}

ConfigState::~ConfigState() = default;

TimePoint ConfigState::Now() const {
  Worker* worker = Worker::Current();
  return worker != nullptr ? worker->reactor().now() : SystemClock().Now();
}

// ------------------------------------------------------------------------------------------------------ home worker

sp_status ConfigState::Start(const ClusterLookup& clusters) {
  ref_.store(home().refs().Add(*this), std::memory_order_release);
  UseClusters(clusters);
  started_ = true;
  return config_->Start();
}

void ConfigState::UseClusters(const ClusterLookup& clusters) {
  const auto& names = config_->object()->clusters;
  clusters_.resize(names.size());
  for (size_t i = 0; i < names.size(); ++i) {
    if (auto state = clusters(names[i])) clusters_[i] = std::move(state);
  }
}

void ConfigState::Stop() {
  if (!started_ || stopped_) return;
  stopped_ = true;
  timers_.clear();
  for (auto& [id, call] : calls_) home().reactor().Destroy(std::move(call->call));
  calls_.clear();
  home().refs().Remove(ref_.load());
  while (offloads_.load(std::memory_order_acquire) > 0) std::this_thread::yield();
  config_->Stop();
  if (published_ != nullptr && published_->retire != nullptr) published_->retire(published_->value);
  published_.reset();
  clusters_.clear();
}

sp_status ConfigState::StartTimer(uint64_t after_ns, uint32_t tag, uint64_t* id) {
  if (timers_.size() >= kMaxTimers) return SP_E_LIMIT;
  *id = next_id_++;
  auto timer = std::make_unique<HomeTimer>(*this, *id, tag);
  const auto after = Duration(static_cast<int64_t>(std::min<uint64_t>(after_ns, INT64_MAX / 2)));
  home().reactor().timers().Start(timer->timer, home().reactor().now() + after);
  timers_.emplace(*id, std::move(timer));
  return SP_OK;
}

sp_status ConfigState::Call(const sp_call& call, uint64_t* id) {
  if (calls_.size() >= kMaxCalls) return SP_E_LIMIT;
  if (call.cluster >= clusters_.size() || clusters_[call.cluster] == nullptr) return SP_E_NOT_FOUND;
  *id = next_id_++;
  const uint64_t call_id = *id;
  auto out = start_call_(home().reactor(), clusters_[call.cluster], RequestOf(call),
                         [this, call_id](const cluster::CallAnswer& answer) { OnAnswer(call_id, answer); });
  calls_.emplace(call_id, std::make_unique<HomeCall>(HomeCall{call.tag, std::move(out)}));
  return SP_OK;
}

void ConfigState::OnAnswer(uint64_t id, const cluster::CallAnswer& answer) {
  const auto found = calls_.find(id);
  std::vector<sp_header> headers;
  const sp_event event = EventOf(answer, found->second->tag, id, headers);
  home().reactor().Destroy(std::move(found->second->call));
  calls_.erase(found);
  config_->OnConfigEvent(event);
}

sp_status ConfigState::Cancel(uint64_t id) {
  if (timers_.erase(id) > 0) return SP_OK;
  const auto found = calls_.find(id);
  if (found == calls_.end()) return SP_E_NOT_FOUND;
  home().reactor().Destroy(std::move(found->second->call));
  calls_.erase(found);
  return SP_OK;
}

void ConfigState::OnPost(uint32_t tag, void* data, void(SP_CALL*)(void*)) {
  config_->OnConfigEvent(MakeEvent(SP_EVENT_POST, tag, 0, data));
}

void ConfigState::OnOffloaded(uint32_t tag, void* data) {
  config_->OnConfigEvent(MakeEvent(SP_EVENT_OFFLOAD, tag, 0, data));
}

sp_status ConfigState::Offload(void(SP_CALL* fn)(void*), void* data, uint32_t tag) {
  offloads_.fetch_add(1, std::memory_order_acq_rel);
  const sp_ref ref = Ref();
  const bool queued = home().offload().Submit([this, fn, data, tag, ref] {
    fn(data);
    // The state may be gone as soon as the count has fallen.
    offloads_.fetch_sub(1, std::memory_order_acq_rel);
    RefTable::Run(ref, [tag, data](PostTarget* target) {
      if (target != nullptr) target->OnOffloaded(tag, data);
    });
  });
  if (queued) return SP_OK;
  offloads_.fetch_sub(1, std::memory_order_acq_rel);
  return SP_E_LIMIT;
}

void ConfigState::SetReady(bool ready) {
  const bool before = ready_.exchange(ready, std::memory_order_acq_rel);
  if (ready && !before && on_ready_) on_ready_();
}

// Every worker takes the new value by message; when all have, the old one is retired here.
sp_status ConfigState::Publish(const void* value, void(SP_CALL* retire)(const void*)) {
  auto publication = std::make_shared<Publication>();
  publication->value = value;
  publication->retire = retire;
  publication->replaced = std::exchange(published_, publication);
  publication->waiting = workers_.size();
  for (size_t w = 0; w < workers_.size(); ++w) {
    const auto take = [this, self = shared_from_this(), publication, w] {
      per_worker_[w].state.published = publication->value;
      if (publication->waiting.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
      home().reactor().Post([this, self, publication] { FinishPublication(publication); });
    };
    if (workers_[w] == Worker::Current()) {
      take();
    } else if (!workers_[w]->reactor().Post(take)) {
      publication->waiting.fetch_sub(1, std::memory_order_acq_rel);
    }
  }
  return SP_OK;
}

void ConfigState::FinishPublication(const std::shared_ptr<Publication>& publication) {
  const auto old = std::exchange(publication->replaced, nullptr);
  if (old != nullptr && old->retire != nullptr) old->retire(old->value);
}

// ------------------------------------------------------------------------------------------------------ each worker

void ConfigState::AddUse(uint32_t w) {
  PerWorker& here = per_worker_[w];
  if (here.uses++ > 0) return;
  workers_using_.fetch_add(1, std::memory_order_acq_rel);
  if (config_->WorkerStart(w, &here.state.worker_state) != SP_OK) {
    SP_LOG(kError, "plugin {}, filter {}: worker_start failed on worker {}", config_->object()->plugin,
           config_->object()->filter, w);
  }
}

void ConfigState::DropUse(uint32_t w) {
  PerWorker& here = per_worker_[w];
  if (--here.uses > 0) return;
  config_->WorkerStop(w, here.state.worker_state);
  here.state.worker_state = nullptr;
  workers_[w]->ForgetMetrics();
  if (workers_using_.fetch_sub(1, std::memory_order_acq_rel) == 1 && on_unused_) on_unused_(*this);
}

// --------------------------------------------------------------------------------------------------------- services

void ConfigState::MetricAdd(const sp_config& c, uint32_t series, int64_t n) {
  if (Worker* worker = Worker::Current()) worker->MetricAdd(c, series, n);
}

sp_status ConfigState::BucketTake(std::string_view key, const sp_bucket& bucket, sp_quota* out) {
  store::Quota quota;
  const auto status = space_->Take(key, {bucket.rate, bucket.burst}, bucket.take, Now(), &quota);
  Fill(quota, out);
  return StatusOf(status);
}

sp_status ConfigState::WindowAdd(std::string_view key, const sp_window& window, sp_quota* out) {
  store::Quota quota;
  const auto length = DurationOf(window.window_ns);
  const auto status = space_->Add(key, {length, window.limit}, window.add, Now(), &quota);
  Fill(quota, out);
  return StatusOf(status);
}

sp_status ConfigState::StoreGet(std::string_view key, void* to, uint64_t* length, uint64_t* version) {
  return StatusOf(space_->Get(key, to, length, version, Now()));
}

sp_status ConfigState::StorePut(std::string_view key, std::string_view value, uint64_t ttl_ns) {
  return StatusOf(space_->Put(key, value, DurationOf(ttl_ns), Now()));
}

sp_status ConfigState::StoreCas(std::string_view key, std::string_view value, uint64_t ttl_ns, uint64_t version) {
  return StatusOf(space_->Cas(key, value, DurationOf(ttl_ns), version, Now()));
}

sp_status ConfigState::StoreDelete(std::string_view key) { return StatusOf(space_->Delete(key, Now())); }

// ------------------------------------------------------------------------------------------------------------- calls

cluster::CallRequest RequestOf(const sp_call& call) {
  cluster::CallRequest request;
  if (call.method.len > 0) request.method = View(call.method);
  if (call.path.len > 0) request.path = View(call.path);
  request.authority = View(call.authority);
  for (uint64_t i = 0; i < call.header_count; ++i) {
    request.headers.emplace_back(View(call.headers[i].name), View(call.headers[i].value));
  }
  request.body = View(call.body);
  request.timeout = Duration(static_cast<int64_t>(call.timeout_ns));
  request.max_answer = call.max_answer;
  return request;
}

sp_event MakeEvent(uint32_t kind, uint32_t tag, uint64_t id, void* data) {
  sp_event event{};
  event.size = sizeof event;
  event.kind = kind;
  event.tag = tag;
  event.id = id;
  event.data = data;
  return event;
}

sp_event EventOf(const cluster::CallAnswer& answer, uint32_t tag, uint64_t id, std::vector<sp_header>& headers) {
  sp_event event = MakeEvent(SP_EVENT_CALL, tag, id);
  if (answer.reason != Reason::kNone) {
    event.flags = SP_CALL_FAIL;
    event.reason = Str(TokenOf(answer.reason));
    return event;
  }
  for (const auto& field : *answer.headers) headers.push_back({Str(field.name), Str(field.value)});
  event.flags = SP_CALL_HEAD | SP_CALL_BODY | SP_CALL_END;
  event.http_status = answer.status;
  event.headers = headers.data();
  event.header_count = headers.size();
  event.body = Str(answer.body);
  return event;
}

}  // namespace sp::host
