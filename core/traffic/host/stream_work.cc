// Work of a stream that ends later: call-outs, timers, offloaded functions, posts. What is open is kept in a StreamWork
// per filter and stream, made at first use and cancelled silently when the stream ends (PLUGIN_ABI B13).
#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "core/plugin_host/config_object.h"
#include "core/plugin_host/host_tables.h"
#include "core/traffic/host/config_state.h"
#include "core/traffic/host/stream_table.h"
#include "core/traffic/host/worker.h"
#include "core/traffic/upstream/call_out.h"

namespace sp::host {
namespace {

constexpr size_t kMaxCalls = 8, kMaxTimers = 16;
constexpr uint64_t kMinTimerNs = 1'000'000;

class StreamWork final : public net::Disposable, private PostTarget {
 public:
  explicit StreamWork(sp_stream& slot) : slot_(&slot), worker_(*Worker::Current()) {}
  ~StreamWork() override { Cancel(); }

  sp_status Call(const sp_call& call, uint64_t* id);
  sp_status StartTimer(uint64_t after_ns, uint32_t tag, uint64_t* id);
  sp_status CancelOne(uint64_t id);
  sp_status Offload(void(SP_CALL* fn)(void*), void* data, uint32_t tag);
  sp_ref Ref() {
    if (ref_ == 0) ref_ = worker_.refs().Add(*this);
    return ref_;
  }
  // The stream is over: nothing is told any more.
  void Cancel();

 private:
  struct OpenTimer {
    OpenTimer(StreamWork& w, uint64_t i, uint32_t t)
        : work(w), id(i), tag(t), timer([](void* self) { static_cast<OpenTimer*>(self)->Fire(); }, this) {}
    void Fire() {
      const sp_event event = MakeEvent(SP_EVENT_TIMER, tag, id);
      StreamWork& owner = work;
      owner.RemoveTimer(event.id);
      owner.Tell(event);
    }
    StreamWork& work;
    uint64_t id;
    uint32_t tag;
    Timer timer;
  };
  struct OpenCall {
    uint64_t id;
    uint32_t tag;
    std::unique_ptr<cluster::CallOut> call;
  };

  void Tell(const sp_event& event) {
    if (slot_ != nullptr) slot_->chain->Complete(*slot_, event);
  }
  bool RemoveTimer(uint64_t id);
  void OnAnswer(uint64_t id, const cluster::CallAnswer& answer);
  void OnPost(uint32_t tag, void* data, void(SP_CALL* drop)(void*)) override;
  void OnOffloaded(uint32_t tag, void* data) override;

  sp_stream* slot_;
  Worker& worker_;
  std::vector<std::unique_ptr<OpenTimer>> timers_;
  std::vector<OpenCall> calls_;
  sp_ref ref_ = 0;
  uint64_t next_id_ = 1;
};

// Destroyed at the end of the turn: it may be on the call stack.
void CancelWork(sp_stream& slot) {
  auto* work = static_cast<StreamWork*>(std::exchange(slot.work, nullptr));
  work->Cancel();
  StreamOf(&slot).context().reactor.Destroy(std::unique_ptr<net::Disposable>(work));
}

StreamWork& WorkOf(sp_stream* s) {
  if (s->work == nullptr) {
    s->work = new StreamWork(*s);
    s->chain->set_cancel_work(CancelWork);
  }
  return *static_cast<StreamWork*>(s->work);
}

void StreamWork::Cancel() {
  slot_ = nullptr;
  timers_.clear();
  for (OpenCall& call : calls_) worker_.reactor().Destroy(std::move(call.call));
  calls_.clear();
  if (ref_ != 0) worker_.refs().Remove(std::exchange(ref_, 0));
}

sp_status StreamWork::Call(const sp_call& call, uint64_t* id) {
  if (calls_.size() >= kMaxCalls) return SP_E_LIMIT;
  const auto& names = slot_->object->clusters;
  snapshot::WorkerSnapshot& snapshot = StreamOf(slot_).snapshot();
  const auto& by_name = snapshot.spec().cluster_by_name;
  const auto found = call.cluster < names.size() ? by_name.find(names[call.cluster]) : by_name.end();
  if (found == by_name.end()) return SP_E_NOT_FOUND;
  *id = next_id_++;
  const uint64_t call_id = *id;
  auto out = upstream::Call(worker_.reactor(), snapshot.shared_cluster(found->second), RequestOf(call),
                            [this, call_id](const cluster::CallAnswer& answer) { OnAnswer(call_id, answer); });
  calls_.push_back({call_id, call.tag, std::move(out)});
  return SP_OK;
}

void StreamWork::OnAnswer(uint64_t id, const cluster::CallAnswer& answer) {
  const auto found = std::find_if(calls_.begin(), calls_.end(), [id](const OpenCall& call) { return call.id == id; });
  if (found == calls_.end()) return;
  std::vector<sp_header> headers;
  const sp_event event = EventOf(answer, found->tag, id, headers);
  worker_.reactor().Destroy(std::move(found->call));
  calls_.erase(found);
  Tell(event);
}

sp_status StreamWork::StartTimer(uint64_t after_ns, uint32_t tag, uint64_t* id) {
  if (timers_.size() >= kMaxTimers) return SP_E_LIMIT;
  *id = next_id_++;
  timers_.push_back(std::make_unique<OpenTimer>(*this, *id, tag));
  const uint64_t after = std::clamp<uint64_t>(after_ns, kMinTimerNs, INT64_MAX / 2);
  worker_.reactor().timers().Start(timers_.back()->timer,
                                   worker_.reactor().now() + Duration(static_cast<int64_t>(after)));
  return SP_OK;
}

bool StreamWork::RemoveTimer(uint64_t id) {
  return std::erase_if(timers_, [id](const auto& timer) { return timer->id == id; }) > 0;
}

sp_status StreamWork::CancelOne(uint64_t id) {
  if (RemoveTimer(id)) return SP_OK;
  const auto found = std::find_if(calls_.begin(), calls_.end(), [id](const OpenCall& call) { return call.id == id; });
  if (found == calls_.end()) return SP_E_NOT_FOUND;
  worker_.reactor().Destroy(std::move(found->call));
  calls_.erase(found);
  return SP_OK;
}

sp_status StreamWork::Offload(void(SP_CALL* fn)(void*), void* data, uint32_t tag) {
  const sp_ref ref = Ref();
  // The library must stay mapped until fn has returned.
  auto library = slot_->object->library;
  const bool queued = worker_.offload().Submit([fn, data, tag, ref, library = std::move(library)] {
    fn(data);
    RefTable::Run(ref, [tag, data](PostTarget* target) {
      if (target != nullptr) target->OnOffloaded(tag, data);
    });
  });
  return queued ? SP_OK : SP_E_LIMIT;
}

void StreamWork::OnPost(uint32_t tag, void* data, void(SP_CALL* drop)(void*)) {
  if (slot_ == nullptr || slot_->dead || slot_->spec->table->on_event == nullptr) {
    if (drop != nullptr) drop(data);
    return;
  }
  Tell(MakeEvent(SP_EVENT_POST, tag, 0, data));
}

void StreamWork::OnOffloaded(uint32_t tag, void* data) { Tell(MakeEvent(SP_EVENT_OFFLOAD, tag, 0, data)); }

// -------------------------------------------------------------------------------------------------- the functions

sp_status SP_CALL CallCluster(sp_stream* s, const sp_call* call, uint64_t* id) {
  if (const sp_status status = CheckPhase(s, false); status != SP_OK) return status;
  sp_call full;
  if (const sp_status status = plugin_host::CallView(s->object, call, &full); status != SP_OK) return status;
  uint64_t unused;
  return WorkOf(s).Call(full, id != nullptr ? id : &unused);
}

sp_status SP_CALL StartTimer(sp_stream* s, uint64_t after_ns, uint32_t tag, uint64_t* id) {
  if (const sp_status status = CheckPhase(s, false); status != SP_OK) return status;
  uint64_t unused;
  return WorkOf(s).StartTimer(after_ns, tag, id != nullptr ? id : &unused);
}

sp_status SP_CALL Cancel(sp_stream* s, uint64_t id) {
  if (const sp_status status = CheckPhase(s, false); status != SP_OK) return status;
  return s->work != nullptr ? WorkOf(s).CancelOne(id) : SP_E_NOT_FOUND;
}

sp_status SP_CALL Offload(sp_stream* s, void(SP_CALL* fn)(void*), void* data, uint32_t tag) {
  if (const sp_status status = CheckPhase(s, false); status != SP_OK) return status;
  return fn == nullptr ? SP_E_ARG : WorkOf(s).Offload(fn, data, tag);
}

sp_ref SP_CALL Ref(const sp_stream* s) {
  auto* slot = const_cast<sp_stream*>(s);
  return CheckPhase(slot, false) == SP_OK ? WorkOf(slot).Ref() : 0;
}

}  // namespace

void FillWorkFunctions(sp_http* to) {
  to->call = CallCluster;
  to->timer = StartTimer;
  to->cancel = Cancel;
  to->offload = Offload;
  to->ref = Ref;
}

}  // namespace sp::host
