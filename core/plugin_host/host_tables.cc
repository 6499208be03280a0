#include "core/plugin_host/host_tables.h"

#include <string_view>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/random.h"
#include "core/plugin_host/attribution.h"
#include "core/plugin_host/call_check.h"
#include "core/plugin_host/config_object.h"
#include "core/plugin_host/loader.h"
#include "core/plugin_host/thread_markers.h"

namespace sp::plugin_host {
namespace {

constexpr uint64_t kMaxLogBytes = 4096;
constexpr uint64_t kMaxKeyBytes = 256;
constexpr uint64_t kMaxStoreBytes = 64 * 1024;
constexpr uint64_t kMinWindowNs = 1'000'000;
constexpr uint64_t kMaxHeaders = 256;
constexpr uint64_t kMaxHeaderBytes = 64 * 1024;
constexpr uint64_t kDefaultTimeoutNs = 5'000'000'000;
constexpr uint64_t kMaxTimeoutNs = 60'000'000'000;
constexpr uint64_t kDefaultAnswerBytes = 64 * 1024;
constexpr uint64_t kMaxAnswerBytes = 16 * 1024 * 1024;

uint32_t log_level = SP_LOG_INFO;

// ---- sp_host ----

void SP_CALL WriteLog(const sp_config* c, uint32_t level, sp_str text) {
  if (level > SP_LOG_ERROR) level = SP_LOG_ERROR;
  const auto ours = static_cast<LogLevel>(level);
  if (!LogEnabled(ours) || !Usable(text, UINT32_MAX)) return;
  const std::string_view shown = View(text).substr(0, kMaxLogBytes);
  if (c != nullptr) return Log(ours, fmt::format("plugin {}, filter {}: {}", c->plugin, c->filter, shown));
  Log(ours, fmt::format("{}: {}", DescribeLocked(Marker::AttributionOf(ThisThread().word())), shown));
}

int64_t SP_CALL Now(const sp_config*) { return SystemClock().Now().time_since_epoch().count(); }
int64_t SP_CALL Wall(const sp_config*) { return SystemClock().Wall().time_since_epoch().count(); }
void SP_CALL FillRandom(const sp_config*, void* to, uint64_t bytes) {
  if (to != nullptr) SecureRandomBytes(to, bytes);
}

sp_status SP_CALL DropPost(sp_ref, uint32_t, void* data, void(SP_CALL* drop)(void* data)) {
  if (drop != nullptr) drop(data);
  return SP_E_GONE;
}

// The runtime of a config that runs; null, and logged once, in create and `check`.
ConfigRuntime* RuntimeOf(const sp_config* c, std::string_view function) {
  if (c->Runtime() == nullptr) LogPhase(c, function, "a config that was started");
  return c->Runtime();
}

void SP_CALL MetricAdd(const sp_config* c, uint32_t series, int64_t n) {
  if (c == nullptr || series >= c->metrics.size()) return;
  if (n < 0 && c->metrics[series].kind != SP_METRIC_GAUGE) return;
  if (ConfigRuntime* runtime = RuntimeOf(c, "metric_add")) runtime->MetricAdd(*c, series, n);
}

sp_status KeyStatus(const sp_config* c, const sp_str& key, std::string_view function) {
  if (c == nullptr || key.len == 0 || !Usable(key, kMaxKeyBytes)) return SP_E_ARG;
  return RuntimeOf(c, function) == nullptr ? SP_E_PHASE : SP_OK;
}

sp_status SP_CALL BucketTake(const sp_config* c, sp_str key, const sp_bucket* bucket, sp_quota* out) {
  if (bucket == nullptr || out == nullptr) return SP_E_ARG;
  // Written so that NaN is refused too.
  const bool sane = bucket->rate > 0 && bucket->burst >= 1 && bucket->take >= 0 && bucket->rate <= 1e15 &&
                    bucket->burst <= 1e15 && bucket->take <= 1e15;
  if (!sane) return SP_E_ARG;
  const sp_status status = KeyStatus(c, key, "bucket_take");
  return status != SP_OK ? status : c->Runtime()->BucketTake(View(key), *bucket, out);
}

sp_status SP_CALL WindowAdd(const sp_config* c, sp_str key, const sp_window* window, sp_quota* out) {
  if (window == nullptr || out == nullptr || window->window_ns < kMinWindowNs) return SP_E_ARG;
  const sp_status status = KeyStatus(c, key, "window_add");
  return status != SP_OK ? status : c->Runtime()->WindowAdd(View(key), *window, out);
}

sp_status SP_CALL StoreGet(const sp_config* c, sp_str key, void* to, uint64_t* length, uint64_t* version) {
  if (length == nullptr || (*length > 0 && to == nullptr)) return SP_E_ARG;
  const sp_status status = KeyStatus(c, key, "store_get");
  uint64_t unused = 0;
  return status != SP_OK ? status
                         : c->Runtime()->StoreGet(View(key), to, length, version == nullptr ? &unused : version);
}

sp_status SP_CALL StorePut(const sp_config* c, sp_str key, sp_str value, uint64_t ttl_ns) {
  if (!Usable(value, kMaxStoreBytes) || ttl_ns == 0) return SP_E_ARG;
  const sp_status status = KeyStatus(c, key, "store_put");
  return status != SP_OK ? status : c->Runtime()->StorePut(View(key), View(value), ttl_ns);
}

sp_status SP_CALL StoreCas(const sp_config* c, sp_str key, sp_str value, uint64_t ttl_ns, uint64_t version) {
  if (!Usable(value, kMaxStoreBytes) || ttl_ns == 0) return SP_E_ARG;
  const sp_status status = KeyStatus(c, key, "store_cas");
  return status != SP_OK ? status : c->Runtime()->StoreCas(View(key), View(value), ttl_ns, version);
}

sp_status SP_CALL StoreDelete(const sp_config* c, sp_str key) {
  const sp_status status = KeyStatus(c, key, "store_delete");
  return status != SP_OK ? status : c->Runtime()->StoreDelete(View(key));
}

// ---- sp_config_host: background work ----

sp_status Runs(const sp_config* c, std::initializer_list<Phase> allowed, std::string_view function) {
  if (c == nullptr) return SP_E_ARG;
  return InPhase(c, allowed, function) && RuntimeOf(c, function) != nullptr ? SP_OK : SP_E_PHASE;
}

sp_status SP_CALL Call(sp_config* c, const sp_call* call, uint64_t* id) {
  if (const sp_status status = Runs(c, {Phase::kStart}, "call"); status != SP_OK) return status;
  sp_call full;
  if (const sp_status status = CallView(c, call, &full); status != SP_OK) return status;
  uint64_t unused = 0;
  return c->Runtime()->Call(full, id == nullptr ? &unused : id);
}

sp_status SP_CALL Timer(sp_config* c, uint64_t after_ns, uint32_t tag, uint64_t* id) {
  if (const sp_status status = Runs(c, {Phase::kStart}, "timer"); status != SP_OK) return status;
  uint64_t unused = 0;
  return c->Runtime()->StartTimer(after_ns, tag, id == nullptr ? &unused : id);
}

sp_status SP_CALL Cancel(sp_config* c, uint64_t id) {
  const sp_status status = Runs(c, {Phase::kStart, Phase::kStop}, "cancel");
  return status != SP_OK ? status : c->Runtime()->Cancel(id);
}

sp_ref SP_CALL Ref(const sp_config* c) { return c == nullptr || c->Runtime() == nullptr ? 0 : c->Runtime()->Ref(); }

sp_status SP_CALL Offload(sp_config* c, void(SP_CALL* fn)(void* data), void* data, uint32_t tag) {
  if (c == nullptr || fn == nullptr) return SP_E_ARG;
  ConfigRuntime* runtime = RuntimeOf(c, "offload");
  return runtime == nullptr ? SP_E_PHASE : runtime->Offload(fn, data, tag);
}

void SP_CALL SetReady(sp_config* c, uint32_t ready) {
  if (Runs(c, {Phase::kStart}, "set_ready") == SP_OK) c->Runtime()->SetReady(ready != 0);
}

sp_status SP_CALL Publish(sp_config* c, const void* value, void(SP_CALL* retire)(const void* old)) {
  const sp_status status = Runs(c, {Phase::kStart}, "publish");
  return status != SP_OK ? status : c->Runtime()->Publish(value, retire);
}

bool UsableHeaders(const sp_call& call) {
  if (call.header_count > kMaxHeaders || (call.header_count > 0 && call.headers == nullptr)) return false;
  for (uint64_t i = 0; i < call.header_count; ++i) {
    if (!Usable(call.headers[i].name, kMaxHeaderBytes) || call.headers[i].name.len == 0) return false;
    if (!Usable(call.headers[i].value, kMaxHeaderBytes)) return false;
  }
  return true;
}

}  // namespace

sp_status CallView(const sp_config* c, const sp_call* call, sp_call* full) {
  if (c == nullptr || call == nullptr || call->size < sizeof(sp_call)) return SP_E_ARG;
  *full = InFullSize(*call);
  const bool sane = full->cluster < c->clusters.size() && Usable(full->method, 64) &&
                    Usable(full->path, kMaxHeaderBytes) && Usable(full->authority, 1024) && UsableHeaders(*full) &&
                    Usable(full->body, kMaxAnswerBytes) && full->timeout_ns <= kMaxTimeoutNs &&
                    full->max_answer <= kMaxAnswerBytes;
  if (!sane) return SP_E_ARG;
  if (full->method.len == 0) full->method = SP_STR("GET");
  if (full->path.len == 0) full->path = SP_STR("/");
  if (full->authority.len == 0) full->authority = Str(c->clusters[full->cluster]);
  if (full->timeout_ns == 0) full->timeout_ns = kDefaultTimeoutNs;
  if (full->max_answer == 0) full->max_answer = kDefaultAnswerBytes;
  return SP_OK;
}

void SyncLogLevel() {
  const auto now = static_cast<uint32_t>(log_internal::threshold.load(std::memory_order_relaxed));
  __atomic_store_n(&log_level, now, __ATOMIC_RELAXED);
}

void FillServices(sp_host* to) {
  SyncLogLevel();
  to->size = sizeof(sp_host);
  to->abi_minor = SP_ABI_MINOR;
  to->log = WriteLog;
  to->log_level = &log_level;
  to->now = Now;
  to->now_precise = Now;
  to->wall = Wall;
  to->random = FillRandom;
  to->metric_add = MetricAdd;
  to->bucket_take = BucketTake;
  to->window_add = WindowAdd;
  to->store_get = StoreGet;
  to->store_put = StorePut;
  to->store_cas = StoreCas;
  to->store_delete = StoreDelete;
  to->post = DropPost;
}

void FillConfigHost(const sp_host* services, sp_config_host* to) {
  to->size = sizeof(sp_config_host);
  to->unused = 0;
  to->host = services;
  FillCreateFunctions(to);
  to->call = Call;
  to->timer = Timer;
  to->cancel = Cancel;
  to->ref = Ref;
  to->offload = Offload;
  to->set_ready = SetReady;
  to->publish = Publish;
}

}  // namespace sp::plugin_host
