#include <cmath>

#include "core/base/units.h"
#include "test/support/fake_tables.h"

namespace sp::testing {

using nlohmann::json;

namespace {

const json* Find(const sp_config* c, sp_str path) {
  const json::json_pointer pointer{std::string(View(path))};
  return c->document->root.contains(pointer) || View(path).empty() ? &c->document->root.at(pointer) : nullptr;
}
sp_str KeepIn(const sp_config* c, std::string text) { return Str(c->document->texts.emplace_back(std::move(text))); }

uint32_t KindOf(const json& j) {
  if (j.is_null()) return SP_JSON_NULL;
  if (j.is_boolean()) return SP_JSON_BOOL;
  if (j.is_number()) return SP_JSON_NUMBER;
  if (j.is_string()) return SP_JSON_STRING;
  return j.is_array() ? SP_JSON_ARRAY : SP_JSON_OBJECT;
}

// Finds what stands there and hands it to `read`, which says whether it has the right type.
template <typename Read>
sp_status With(const sp_config* c, sp_str path, Read read) {
  const json* found = Find(c, path);
  if (found == nullptr) return SP_E_NOT_FOUND;
  return read(*found) ? SP_OK : SP_E_TYPE;
}

}  // namespace

struct ConfigTable {
  static void FillReading(sp_config_host& t);
  static void FillDeclaring(sp_config_host& t);
  static void FillBackground(sp_config_host& t);
  static void Deliver(FakeConfig& f, const sp_event& event) {
    f.filter_.on_config_event(&ConfigTableOf(f.host_), f.abi_, f.created_, &event);
  }
  static Target TargetOf(FakeConfig& f) {
    return {&f.host_, f.alive_, [&f](const sp_event& event) { Deliver(f, event); }};
  }
};

void ConfigTable::FillReading(sp_config_host& t) {
  t.kind = [](const sp_config* c, sp_str path) {
    const json* found = Find(c, path);
    return found == nullptr ? SP_JSON_ABSENT : KindOf(*found);
  };
  t.get_str = [](const sp_config* c, sp_str path, sp_str* out) {
    return With(c, path, [&](const json& j) {
      if (!j.is_string()) return false;
      *out = Str(j.get_ref<const std::string&>());
      return true;
    });
  };
  t.get_i64 = [](const sp_config* c, sp_str path, int64_t* out) {
    return With(c, path, [&](const json& j) {
      if (!j.is_number() || std::floor(j.get<double>()) != j.get<double>()) return false;
      *out = j.get<int64_t>();
      return true;
    });
  };
  t.get_f64 = [](const sp_config* c, sp_str path, double* out) {
    return With(c, path, [&](const json& j) { return j.is_number() && (*out = j.get<double>(), true); });
  };
  t.get_bool = [](const sp_config* c, sp_str path, uint32_t* out) {
    return With(c, path, [&](const json& j) { return j.is_boolean() && (*out = j.get<bool>() ? 1 : 0, true); });
  };
  t.get_duration = [](const sp_config* c, sp_str path, uint64_t* out) {
    return With(c, path, [&](const json& j) {
      const auto d = j.is_string() ? ParseDuration(j.get<std::string>()) : std::nullopt;
      if (d) *out = static_cast<uint64_t>(d->count());
      return d.has_value();
    });
  };
  t.get_size = [](const sp_config* c, sp_str path, uint64_t* out) {
    return With(c, path, [&](const json& j) {
      const auto size = j.is_string()            ? ParseByteSize(j.get<std::string>())
                        : j.is_number_unsigned() ? std::optional(j.get<uint64_t>())
                                                 : std::nullopt;
      if (size) *out = *size;
      return size.has_value();
    });
  };
  t.count = [](const sp_config* c, sp_str path) -> uint64_t {
    const json* found = Find(c, path);
    return found != nullptr && found->is_structured() ? found->size() : 0;
  };
  t.member = [](const sp_config* c, sp_str path, uint64_t index, sp_str* name) {
    return With(c, path, [&](const json& j) {
      if (!j.is_object() || index >= j.size()) return false;
      *name = Str(std::next(j.begin(), static_cast<std::ptrdiff_t>(index)).key());
      return true;
    });
  };
  t.get_json = [](const sp_config* c, sp_str path, sp_str* out) {
    return With(c, path, [&](const json& j) {
      *out = KeepIn(c, j.dump());
      return true;
    });
  };
}

void ConfigTable::FillDeclaring(sp_config_host& t) {
  t.fail = [](sp_config* c, sp_str path, sp_str message) -> sp_status {
    c->document->errors->push_back(std::string(View(path)) + ": " + std::string(View(message)));
    c->document->failed = true;
    return SP_E_FAILED;
  };
  t.alloc = [](sp_config* c, uint64_t bytes, uint64_t align) -> void* {
    char* memory = c->fake->memory_.emplace_back(new char[bytes + align]()).get();
    return memory + (align - reinterpret_cast<uintptr_t>(memory) % align) % align;
  };
  t.ref_cluster = [](sp_config* c, sp_str path, uint32_t* cluster) {
    return With(c, path, [&](const json& j) {
      if (!j.is_string() || c->fake->host().clusters.count(j.get<std::string>()) == 0) return false;
      *cluster = static_cast<uint32_t>(c->fake->cluster_names_.size());
      c->fake->cluster_names_.push_back(j.get<std::string>());
      return true;
    });
  };
  t.ref_bytes = [](const sp_config* c, sp_str path, sp_str* bytes) {
    return With(c, path, [&](const json& j) {
      const auto& files = c->fake->host().files;
      const auto found = j.is_string() ? files.find(j.get<std::string>()) : files.end();
      if (found == files.end()) return false;
      *bytes = KeepIn(c, found->second);
      return true;
    });
  };
  t.own_request_header = [](sp_config* c, sp_str name) -> sp_status {
    c->fake->owned_headers.emplace(View(name));
    return SP_OK;
  };
  t.reason = [](sp_config* c, sp_str token, uint32_t* id) -> sp_status {
    auto& reasons = c->fake->reasons;
    const auto found = std::find(reasons.begin(), reasons.end(), View(token));
    *id = static_cast<uint32_t>(found - reasons.begin()) + 1;
    if (found == reasons.end()) reasons.emplace_back(View(token));
    return reasons.size() <= 64 ? SP_OK : SP_E_LIMIT;
  };
  t.metadata_slot = [](sp_config* c, sp_str owner, sp_str key, uint32_t* slot) -> sp_status {
    *slot = static_cast<uint32_t>(c->fake->slots.size());
    c->fake->slots.emplace_back(owner.len == 0 ? c->fake->name : std::string(View(owner)), View(key));
    return SP_OK;
  };
  t.metric = [](sp_config* c, uint32_t kind, sp_str name, const sp_header* labels, uint32_t count,
                uint32_t* series) -> sp_status {
    std::string text(View(name));
    for (uint32_t i = 0; i < count; ++i) {
      text += std::string(i == 0 ? "{" : ",") + std::string(View(labels[i].name)) + "=\"" +
              std::string(View(labels[i].value)) + "\"";
    }
    if (count > 0) text += "}";
    *series = static_cast<uint32_t>(c->fake->series.size());
    if (kind == SP_METRIC_HISTOGRAM_US) c->fake->histograms.insert(*series);
    c->fake->series.push_back(text);
    return c->fake->series.size() <= 256 ? SP_OK : SP_E_LIMIT;
  };
}

void ConfigTable::FillBackground(sp_config_host& t) {
  t.call = [](sp_config* c, const sp_call* call, uint64_t* id) -> sp_status {
    *id = c->fake->host().NextId();
    c->fake->calls.push_back(ReadCall(*c->fake, *call, *id));
    return SP_OK;
  };
  t.timer = [](sp_config* c, uint64_t after_ns, uint32_t tag, uint64_t* id) -> sp_status {
    const Target target = TargetOf(*c->fake);
    *id = target.host->AddTimer(Duration(static_cast<int64_t>(after_ns)), [target, tag](uint64_t fired) {
      if (target.alive.expired()) return;
      sp_event event{};
      event.size = sizeof event;
      event.kind = SP_EVENT_TIMER;
      event.tag = tag;
      event.id = fired;
      target.deliver(event);
    });
    return SP_OK;
  };
  t.cancel = [](sp_config* c, uint64_t id) -> sp_status {
    c->fake->host().CancelTimer(id);
    for (FakeCall& call : c->fake->calls) call.done = call.done || call.id == id;
    return SP_OK;
  };
  t.ref = [](const sp_config* c) { return AddTarget(TargetOf(*c->fake)); };
  t.offload = [](sp_config* c, void (*fn)(void*), void* data, uint32_t tag) -> sp_status {
    const Target target = TargetOf(*c->fake);
    target.host->Enqueue([target, fn, data, tag] {
      fn(data);
      if (target.alive.expired()) return;
      sp_event event{};
      event.size = sizeof event;
      event.kind = SP_EVENT_OFFLOAD;
      event.tag = tag;
      event.data = data;
      target.deliver(event);
    });
    return SP_OK;
  };
  t.set_ready = [](sp_config* c, uint32_t ready) { c->fake->ready = ready != 0; };
  t.publish = [](sp_config* c, const void* value, void (*retire)(const void*)) -> sp_status {
    if (c->fake->published != nullptr) c->fake->retire_(c->fake->published);
    c->fake->published = value;
    c->fake->retire_ = retire;
    return SP_OK;
  };
}

const sp_config_host& ConfigTableOf(FakeHost& host) {
  static sp_config_host table = [] {
    sp_config_host t{};
    t.size = sizeof t;
    ConfigTable::FillReading(t);
    ConfigTable::FillDeclaring(t);
    ConfigTable::FillBackground(t);
    return t;
  }();
  table.host = &host.table();
  return table;
}

FakeConfig::FakeConfig(FakeHost& host, const sp_http_filter& filter, std::string_view text, std::string n)
    : name(std::move(n)), host_(host), filter_(filter) {
  auto& document = documents_.emplace_back(new FakeDocument{json::parse(text), &errors, false, {}, {}});
  document->abi = {this, document.get()};
  abi_ = &document->abi;
  void* created = nullptr;
  const sp_status status = filter_.config_create(&ConfigTableOf(host_), abi_, &created);
  if (status == SP_OK && !document->failed) {
    created_ = created;
  } else if (status == SP_OK) {
    filter_.config_destroy(created);
  } else if (errors.empty()) {
    errors.push_back("failed without a word");
  }
}

FakeConfig::~FakeConfig() {
  const sp_config_host& table = ConfigTableOf(host_);
  alive_.reset();
  if (worker_started_ && filter_.worker_stop != nullptr) filter_.worker_stop(created_, 0, worker_state);
  if (started_ && filter_.stop != nullptr) filter_.stop(&table, abi_, created_);
  if (published != nullptr) retire_(published);
  for (void* route : routes_) filter_.route_destroy(route);
  if (created_ != nullptr) filter_.config_destroy(created_);
}

bool FakeConfig::Start() {
  const sp_config_host& table = ConfigTableOf(host_);
  if (filter_.start != nullptr && filter_.start(&table, abi_, created_) != SP_OK) return false;
  started_ = true;
  if (filter_.worker_start != nullptr && filter_.worker_start(&table, abi_, created_, 0, &worker_state) != SP_OK) {
    return false;
  }
  worker_started_ = true;
  return true;
}

void FakeConfig::Answer(size_t call, const FakeAnswer& answer) {
  DeliverAnswer(calls.at(call), answer, [this](const sp_event& event) { ConfigTable::Deliver(*this, event); });
}

const void* FakeConfig::Route(const std::vector<std::string>& jsons) {
  json list = json::array();
  for (const std::string& text : jsons) list.push_back(json::parse(text));
  auto& document = documents_.emplace_back(new FakeDocument{std::move(list), &errors, false, {}, {}});
  document->abi = {this, document.get()};
  void* made = nullptr;
  if (filter_.route_create == nullptr) return nullptr;
  if (filter_.route_create(&ConfigTableOf(host_), &document->abi, created_, &made) != SP_OK) return nullptr;
  routes_.push_back(made);
  return made;
}

FakeCall ReadCall(FakeConfig& config, const sp_call& call, uint64_t id) {
  FakeCall result;
  result.id = id;
  result.tag = call.tag;
  result.cluster = config.cluster_name(call.cluster);
  result.method = View(call.method);
  result.path = View(call.path);
  result.authority = View(call.authority);
  result.body = View(call.body);
  result.timeout = Duration(static_cast<int64_t>(call.timeout_ns));
  for (uint64_t i = 0; i < call.header_count; ++i) {
    result.headers.emplace_back(View(call.headers[i].name), View(call.headers[i].value));
  }
  return result;
}

void DeliverAnswer(FakeCall& call, const FakeAnswer& answer, const std::function<void(const sp_event&)>& deliver) {
  if (call.done) return;
  call.done = true;
  std::vector<sp_header> headers;
  for (const auto& [name, value] : answer.headers) headers.push_back({Str(name), Str(value)});
  sp_event event{};
  event.size = sizeof event;
  event.kind = SP_EVENT_CALL;
  event.tag = call.tag;
  event.id = call.id;
  if (!answer.failure.empty()) {
    event.flags = SP_CALL_FAIL;
    event.reason = Str(answer.failure);
  } else {
    event.flags = SP_CALL_HEAD | SP_CALL_BODY | SP_CALL_END;
    event.http_status = answer.status;
    event.headers = headers.data();
    event.header_count = headers.size();
    event.body = Str(answer.body);
  }
  deliver(event);
}

}  // namespace sp::testing
