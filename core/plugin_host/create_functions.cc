// The [create] functions of sp_config_host, answered by the sp_config.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "core/base/reason.h"
#include "core/plugin_host/call_check.h"
#include "core/plugin_host/config_object.h"
#include "core/plugin_host/host_tables.h"
#include "core/plugin_host/schema_format.h"

namespace sp::plugin_host {
namespace {

using Json = nlohmann::json;

constexpr uint64_t kMaxPathBytes = 4096;
constexpr uint64_t kMaxMessageBytes = 4096;
constexpr uint64_t kMaxNameBytes = 64;
constexpr uint64_t kMaxValueBytes = 256;
constexpr uint32_t kMaxLabels = 4;

template <typename Predicate>
bool AllOf(std::string_view text, Predicate predicate) {
  return !text.empty() && std::all_of(text.begin(), text.end(), predicate);
}
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsWord(char c) { return IsLower(c) || IsDigit(c) || c == '_'; }
bool IsPrintable(char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; }

// The place `path` of the config, for reading; null with the status for what can't be read.
const Json* Find(const sp_config* c, const sp_str& path, std::string_view function, sp_status* status) {
  *status = SP_E_ARG;
  if (c == nullptr || !Usable(path, kMaxPathBytes)) return nullptr;
  *status = SP_E_PHASE;
  if (!InPhase(c, {Phase::kCreate}, function)) return nullptr;
  *status = SP_E_NOT_FOUND;
  const Json* value = c->document.Find(View(path));
  if (value != nullptr) *status = SP_OK;
  return value;
}

// [create] on a config that is written to.
sp_status Writable(const sp_config* c, std::string_view function) {
  if (c == nullptr) return SP_E_ARG;
  return InPhase(c, {Phase::kCreate}, function) ? SP_OK : SP_E_PHASE;
}

uint32_t SP_CALL Kind(const sp_config* c, sp_str path) {
  sp_status status;
  const Json* value = Find(c, path, "kind", &status);
  if (value == nullptr) return SP_JSON_ABSENT;
  if (value->is_null()) return SP_JSON_NULL;
  if (value->is_boolean()) return SP_JSON_BOOL;
  if (value->is_number()) return SP_JSON_NUMBER;
  if (value->is_string()) return SP_JSON_STRING;
  return value->is_array() ? SP_JSON_ARRAY : SP_JSON_OBJECT;
}

sp_status SP_CALL GetStr(const sp_config* c, sp_str path, sp_str* out) {
  sp_status status;
  const Json* value = Find(c, path, "get_str", &status);
  if (out == nullptr) return SP_E_ARG;
  if (value == nullptr) return status;
  if (!value->is_string()) return SP_E_TYPE;
  *out = Str(value->get_ref<const std::string&>());
  return SP_OK;
}

sp_status SP_CALL GetI64(const sp_config* c, sp_str path, int64_t* out) {
  sp_status status;
  const Json* value = Find(c, path, "get_i64", &status);
  if (out == nullptr) return SP_E_ARG;
  if (value == nullptr) return status;
  if (value->is_number_unsigned() && value->get<uint64_t>() > INT64_MAX) return SP_E_TYPE;
  if (value->is_number_integer()) {
    *out = value->get<int64_t>();
    return SP_OK;
  }
  if (!value->is_number_float()) return SP_E_TYPE;
  const double number = value->get<double>();
  constexpr double kExact = 9007199254740992.0;  // 2^53: beyond it a double is no exact integer
  if (!(number >= -kExact && number <= kExact) || number != static_cast<double>(static_cast<int64_t>(number))) {
    return SP_E_TYPE;
  }
  *out = static_cast<int64_t>(number);
  return SP_OK;
}

sp_status SP_CALL GetF64(const sp_config* c, sp_str path, double* out) {
  sp_status status;
  const Json* value = Find(c, path, "get_f64", &status);
  if (out == nullptr) return SP_E_ARG;
  if (value == nullptr) return status;
  if (!value->is_number()) return SP_E_TYPE;
  *out = value->get<double>();
  return SP_OK;
}

sp_status SP_CALL GetBool(const sp_config* c, sp_str path, uint32_t* out) {
  sp_status status;
  const Json* value = Find(c, path, "get_bool", &status);
  if (out == nullptr) return SP_E_ARG;
  if (value == nullptr) return status;
  if (!value->is_boolean()) return SP_E_TYPE;
  *out = value->get<bool>() ? 1 : 0;
  return SP_OK;
}

sp_status SP_CALL GetDuration(const sp_config* c, sp_str path, uint64_t* nanoseconds) {
  sp_status status;
  const Json* value = Find(c, path, "get_duration", &status);
  if (nanoseconds == nullptr) return SP_E_ARG;
  if (value == nullptr) return status;
  const auto duration = DurationOf(*value);
  if (!duration) return SP_E_TYPE;
  *nanoseconds = *duration;
  return SP_OK;
}

sp_status SP_CALL GetSize(const sp_config* c, sp_str path, uint64_t* bytes) {
  sp_status status;
  const Json* value = Find(c, path, "get_size", &status);
  if (bytes == nullptr) return SP_E_ARG;
  if (value == nullptr) return status;
  const auto size = ByteSizeOf(*value);
  if (!size) return SP_E_TYPE;
  *bytes = *size;
  return SP_OK;
}

uint64_t SP_CALL Count(const sp_config* c, sp_str path) {
  sp_status status;
  const Json* value = Find(c, path, "count", &status);
  return value != nullptr && value->is_structured() ? value->size() : 0;
}

sp_status SP_CALL Member(const sp_config* c, sp_str path, uint64_t index, sp_str* name) {
  sp_status status;
  const Json* value = Find(c, path, "member", &status);
  if (name == nullptr) return SP_E_ARG;
  if (value == nullptr) return status;
  if (!value->is_object()) return SP_E_TYPE;
  const std::string* found = c->MemberName(*value, index);
  if (found == nullptr) return SP_E_NOT_FOUND;
  *name = Str(*found);
  return SP_OK;
}

sp_status SP_CALL GetJson(const sp_config* c, sp_str path, sp_str* out) {
  sp_status status;
  const Json* value = Find(c, path, "get_json", &status);
  if (out == nullptr) return SP_E_ARG;
  if (value == nullptr) return status;
  *out = Str(c->memory().Copy(value->dump(-1, ' ', false, Json::error_handler_t::replace)));
  return SP_OK;
}

sp_status SP_CALL Fail(sp_config* c, sp_str path, sp_str message) {
  if (Writable(c, "fail") != SP_OK) return SP_E_FAILED;
  if (c->errors.size() >= kMaxConfigErrors) return SP_E_FAILED;
  std::string text = "is refused";
  if (Usable(message, UINT32_MAX) && message.len > 0) text = View(message).substr(0, kMaxMessageBytes);
  c->errors.push_back({c->PathOf(Usable(path, kMaxPathBytes) ? View(path) : "").str(), std::move(text), {}});
  return SP_E_FAILED;
}

void* SP_CALL Alloc(sp_config* c, uint64_t bytes, uint64_t align) {
  // Out of phase it still is memory of the config, but another thread may be at it: only logged, since null is promised
  // not to be.
  if (c == nullptr) return nullptr;
  InPhase(c, {Phase::kCreate}, "alloc");
  return c->memory().Allocate(bytes, align);
}

sp_status SP_CALL RefCluster(sp_config* c, sp_str path, uint32_t* cluster) {
  if (cluster == nullptr || !Usable(path, kMaxPathBytes)) return SP_E_ARG;
  if (const sp_status status = Writable(c, "ref_cluster"); status != SP_OK) return status;
  for (const ClusterReference& reference : c->cluster_references) {
    if (reference.pointer != View(path)) continue;
    *cluster = reference.cluster;
    return SP_OK;
  }
  return SP_E_NOT_FOUND;
}

sp_status SP_CALL RefBytes(const sp_config* c, sp_str path, sp_str* bytes) {
  if (bytes == nullptr || !Usable(path, kMaxPathBytes)) return SP_E_ARG;
  if (const sp_status status = Writable(c, "ref_bytes"); status != SP_OK) return status;
  for (const LoadedReference& reference : c->loaded_references) {
    if (reference.pointer != View(path)) continue;
    *bytes = Str(*reference.bytes);
    return SP_OK;
  }
  return SP_E_NOT_FOUND;
}

// Fields that every request may carry by rights, or that the host writes itself.
bool IsHostsOwn(std::string_view name) {
  constexpr std::string_view kNames[] = {"connection", "content-length",    "content-type",     "expect",
                                         "host",       "keep-alive",        "proxy-connection", "te",
                                         "trailer",    "transfer-encoding", "upgrade"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

sp_status SP_CALL OwnRequestHeader(sp_config* c, sp_str name) {
  if (!Usable(name, kMaxNameBytes)) return SP_E_ARG;
  if (const sp_status status = Writable(c, "own_request_header"); status != SP_OK) return status;
  const std::string_view text = View(name);
  constexpr std::string_view kOther = "!#$%&'*+-.^_`|~";
  const auto lower_token = [&](char ch) { return IsLower(ch) || IsDigit(ch) || kOther.find(ch) != kOther.npos; };
  if (!AllOf(text, lower_token) || IsHostsOwn(text)) return SP_E_ARG;
  auto& names = c->managed_request_headers;
  if (std::find(names.begin(), names.end(), text) != names.end()) return SP_OK;
  if (names.size() >= kMaxManagedHeaders) return SP_E_LIMIT;
  names.emplace_back(text);
  return SP_OK;
}

// ^[a-z0-9_]+(\.[a-z0-9_]+)+$
bool IsReasonToken(std::string_view text) {
  size_t words = 0;
  while (true) {
    const size_t dot = text.find('.');
    if (!AllOf(text.substr(0, dot), IsWord)) return false;
    ++words;
    if (dot == std::string_view::npos) return words >= 2;
    text.remove_prefix(dot + 1);
  }
}

// First words of the host's own reasons: whoever reads `upstream.timeout` must be able to trust it.
bool IsCoreReason(std::string_view token) {
  static const std::set<std::string_view> words = [] {
    std::set<std::string_view> out{"sallyport", "config", "filter"};
    for (size_t i = 1; i < static_cast<size_t>(Reason::kCount); ++i) {
      const std::string_view own = TokenOf(static_cast<Reason>(i));
      out.insert(own.substr(0, own.find('.')));
    }
    return out;
  }();
  return words.contains(token.substr(0, token.find('.')));
}

sp_status SP_CALL InternReason(sp_config* c, sp_str token, uint32_t* id) {
  if (id == nullptr || !Usable(token, kMaxNameBytes)) return SP_E_ARG;
  *id = 0;
  if (const sp_status status = Writable(c, "reason"); status != SP_OK) return status;
  const std::string_view text = View(token);
  if (!IsReasonToken(text) || IsCoreReason(text)) return SP_E_ARG;
  auto& reasons = c->reasons;
  auto found = std::find(reasons.begin(), reasons.end(), text);
  if (found == reasons.end()) {
    if (reasons.size() >= kMaxReasons) return SP_E_LIMIT;
    found = reasons.emplace(reasons.end(), text);
  }
  *id = static_cast<uint32_t>(found - reasons.begin()) + 1;
  return SP_OK;
}

sp_status SP_CALL InternSlot(sp_config* c, sp_str owner, sp_str key, uint32_t* slot) {
  if (slot == nullptr || !Usable(owner, kMaxNameBytes) || !Usable(key, kMaxValueBytes)) return SP_E_ARG;
  if (const sp_status status = Writable(c, "metadata_slot"); status != SP_OK) return status;
  if (!AllOf(View(key), IsPrintable) || (owner.len > 0 && !AllOf(View(owner), IsPrintable))) return SP_E_ARG;
  const std::string_view whose = owner.len == 0 ? std::string_view(c->filter) : View(owner);
  auto& slots = c->metadata_slots;
  auto found = std::find_if(slots.begin(), slots.end(),
                            [&](const MetadataSlot& s) { return s.owner == whose && s.key == View(key); });
  if (found == slots.end()) {
    if (slots.size() >= kMaxMetadataSlots) return SP_E_LIMIT;
    found = slots.insert(slots.end(), {std::string(whose), std::string(View(key)), whose == c->filter});
  }
  *slot = static_cast<uint32_t>(found - slots.begin());
  return SP_OK;
}

bool TakeLabels(const sp_header* labels, uint32_t count, MetricSeries* series) {
  if (count > kMaxLabels || (count > 0 && labels == nullptr)) return false;
  for (uint32_t i = 0; i < count; ++i) {
    const std::string_view name = View(labels[i].name);
    if (!Usable(labels[i].name, kMaxNameBytes) || !Usable(labels[i].value, kMaxValueBytes)) return false;
    if (!AllOf(name, IsWord) || IsDigit(name.front()) || name.starts_with("__")) return false;
    if (name == "plugin" || name == "filter" || name == "le") return false;
    if (labels[i].value.len > 0 && !AllOf(View(labels[i].value), IsPrintable)) return false;
    series->labels.emplace_back(name, View(labels[i].value));
  }
  std::sort(series->labels.begin(), series->labels.end());
  return std::adjacent_find(series->labels.begin(), series->labels.end(),
                            [](const auto& a, const auto& b) { return a.first == b.first; }) == series->labels.end();
}

sp_status SP_CALL DeclareMetric(sp_config* c, uint32_t kind, sp_str name, const sp_header* labels, uint32_t label_count,
                                uint32_t* id) {
  if (id == nullptr || !Usable(name, kMaxNameBytes)) return SP_E_ARG;
  if (const sp_status status = Writable(c, "metric"); status != SP_OK) return status;
  MetricSeries series{kind, std::string(View(name)), {}};
  if (kind < SP_METRIC_COUNTER || kind > SP_METRIC_HISTOGRAM_US || !AllOf(series.name, IsWord)) return SP_E_ARG;
  if (!TakeLabels(labels, label_count, &series)) return SP_E_ARG;
  auto& metrics = c->metrics;
  // One name has one kind: a page with both can't be read.
  const auto other_kind = [&](const MetricSeries& m) { return m.name == series.name && m.kind != kind; };
  if (std::any_of(metrics.begin(), metrics.end(), other_kind)) return SP_E_CONFLICT;
  auto found = std::find(metrics.begin(), metrics.end(), series);
  if (found == metrics.end()) {
    if (metrics.size() >= kMaxMetricSeries) return SP_E_LIMIT;
    found = metrics.insert(metrics.end(), std::move(series));
  }
  *id = static_cast<uint32_t>(found - metrics.begin());
  return SP_OK;
}

}  // namespace

void FillCreateFunctions(sp_config_host* to) {
  to->kind = Kind;
  to->get_str = GetStr;
  to->get_i64 = GetI64;
  to->get_f64 = GetF64;
  to->get_bool = GetBool;
  to->get_duration = GetDuration;
  to->get_size = GetSize;
  to->count = Count;
  to->member = Member;
  to->get_json = GetJson;
  to->fail = Fail;
  to->alloc = Alloc;
  to->ref_cluster = RefCluster;
  to->ref_bytes = RefBytes;
  to->own_request_header = OwnRequestHeader;
  to->reason = InternReason;
  to->metadata_slot = InternSlot;
  to->metric = DeclareMetric;
}

}  // namespace sp::plugin_host
