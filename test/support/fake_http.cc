#include <array>

#include "core/base/units.h"
#include "test/support/fake_tables.h"

#include <arpa/inet.h>

namespace sp::testing {
namespace {

bool HasForbidden(std::string_view value) { return value.find_first_of(std::string_view("\r\n\0", 3)) != value.npos; }

}  // namespace

struct HttpTable {
  static FakeStream& Of(sp_stream* s) { return *s->fake; }
  static std::string* Pseudo(FakeStream& f, uint32_t id) {
    switch (id) {
      case SP_METHOD:
        return &f.method;
      case SP_SCHEME:
        return &f.scheme;
      case SP_AUTHORITY:
        return &f.authority;
      case SP_PATH:
        return &f.path;
      case SP_QUERY:
        return &f.query;
      case SP_STATUS:
        return &f.status;
      default:
        return nullptr;
    }
  }
  static sp_str Keep(FakeStream& f, std::string_view text) { return Str(f.Keep(text)); }
  static void Deliver(FakeStream& f, const sp_event& event) { f.Event(event); }
  static Target TargetOf(FakeStream& f) {
    return {&f.config_.host(), f.alive_, [&f](const sp_event& event) { f.Event(event); }};
  }
  static void FillHeaders(sp_http& t);
  static void FillBody(sp_http& t);
  static void FillFlow(sp_http& t);
  static void FillFacts(sp_http& t);
  static void FillWork(sp_http& t);
};

void HttpTable::FillHeaders(sp_http& t) {
  t.header_get = [](sp_stream* s, uint32_t map, sp_str name, sp_str* first) -> sp_status {
    for (const auto& [n, v] : Of(s).maps[map]) {
      if (n != View(name)) continue;
      *first = Keep(Of(s), v);
      return SP_OK;
    }
    return SP_E_NOT_FOUND;
  };
  t.header_values = [](sp_stream* s, uint32_t map, sp_str name, sp_str* values, uint64_t* count) -> sp_status {
    uint64_t found = 0;
    for (const auto& [n, v] : Of(s).maps[map]) {
      if (n != View(name)) continue;
      if (found < *count) values[found] = Keep(Of(s), v);
      ++found;
    }
    *count = found;
    return SP_OK;
  };
  t.header_get_many = [](sp_stream* s, uint32_t map, const sp_str* names, sp_str* values, uint64_t count) -> sp_status {
    for (uint64_t i = 0; i < count; ++i) {
      values[i] = {};
      for (const auto& [n, v] : Of(s).maps[map]) {
        if (n != View(names[i])) continue;
        values[i] = Keep(Of(s), v);
        break;
      }
    }
    return SP_OK;
  };
  t.header_list = [](sp_stream* s, uint32_t map, const sp_header** list, uint64_t* count) -> sp_status {
    auto& made = Of(s).lists_.emplace_back();
    for (const auto& [n, v] : Of(s).maps[map]) made.push_back({Keep(Of(s), n), Keep(Of(s), v)});
    *list = made.data();
    *count = made.size();
    return SP_OK;
  };
  t.header_set = [](sp_stream* s, uint32_t map, sp_str name, sp_str value) -> sp_status {
    if (HasForbidden(View(value)) || name.len == 0) return SP_E_ARG;
    std::erase_if(Of(s).maps[map], [&](const auto& field) { return field.first == View(name); });
    Of(s).maps[map].emplace_back(View(name), View(value));
    return SP_OK;
  };
  t.header_add = [](sp_stream* s, uint32_t map, sp_str name, sp_str value) -> sp_status {
    if (HasForbidden(View(value)) || name.len == 0) return SP_E_ARG;
    Of(s).maps[map].emplace_back(View(name), View(value));
    return SP_OK;
  };
  t.header_remove = [](sp_stream* s, uint32_t map, sp_str name) -> sp_status {
    const auto removed = std::erase_if(Of(s).maps[map], [&](const auto& field) { return field.first == View(name); });
    return removed > 0 ? SP_OK : SP_E_NOT_FOUND;
  };
  t.pseudo_get = [](sp_stream* s, uint32_t id, sp_str* value) -> sp_status {
    const std::string* text = Pseudo(Of(s), id);
    if (text == nullptr) return SP_E_ARG;
    *value = Keep(Of(s), *text);
    return SP_OK;
  };
  t.pseudo_set = [](sp_stream* s, uint32_t id, sp_str value) -> sp_status {
    std::string* text = Pseudo(Of(s), id);
    if (text == nullptr || id == SP_SCHEME || HasForbidden(View(value))) return SP_E_ARG;
    *text = View(value);
    return SP_OK;
  };
}

void HttpTable::FillBody(sp_http& t) {
  t.body_size = [](sp_stream* s, uint32_t direction) -> uint64_t { return Of(s).bodies[direction].size(); };
  t.body_slices = [](sp_stream* s, uint32_t direction, sp_slice* slices, uint64_t* count) -> sp_status {
    const std::string& body = Of(s).bodies[direction];
    if (*count > 0 && !body.empty()) slices[0] = {body.data(), body.size(), nullptr};
    *count = body.empty() ? 0 : 1;
    return SP_OK;
  };
  t.body_copy = [](sp_stream* s, uint32_t direction, uint64_t offset, uint64_t length, void* to) -> sp_status {
    const std::string& body = Of(s).bodies[direction];
    if (offset > body.size() || length > body.size() - offset) return SP_E_ARG;
    body.copy(static_cast<char*>(to), length, offset);
    return SP_OK;
  };
  t.body_contiguous = [](sp_stream* s, uint32_t direction, uint64_t offset, uint64_t length, sp_str* out) -> sp_status {
    const std::string& body = Of(s).bodies[direction];
    if (offset > body.size() || length > body.size() - offset) return SP_E_ARG;
    *out = Keep(Of(s), std::string_view(body).substr(offset, length));
    return SP_OK;
  };
  t.body_drain = [](sp_stream* s, uint32_t direction, uint64_t length) -> sp_status {
    if (length > Of(s).bodies[direction].size()) return SP_E_ARG;
    Of(s).bodies[direction].erase(0, length);
    return SP_OK;
  };
  t.body_append = [](sp_stream* s, uint32_t direction, sp_str bytes) -> sp_status {
    Of(s).bodies[direction] += View(bytes);
    return SP_OK;
  };
  t.body_prepend = [](sp_stream* s, uint32_t direction, sp_str bytes) -> sp_status {
    Of(s).bodies[direction].insert(0, View(bytes));
    return SP_OK;
  };
  t.body_replace = [](sp_stream* s, uint32_t direction, sp_str bytes) -> sp_status {
    Of(s).bodies[direction] = View(bytes);
    return SP_OK;
  };
  t.slice_retain = [](sp_stream*, const sp_slice*) {};
  t.slice_release = [](sp_stream*, const sp_slice*) {};
  t.will_change_body = [](sp_stream*, uint32_t) -> sp_status { return SP_OK; };
}

void HttpTable::FillFlow(sp_http& t) {
  t.resume = [](sp_stream* s, uint32_t direction, sp_result result) -> sp_status {
    Of(s).resumed.emplace_back(direction, result);
    return SP_OK;
  };
  t.reply = [](sp_stream* s, const sp_reply* r) -> sp_status {
    if (Of(s).reply) return SP_E_STATE;
    FakeReply made;
    made.status = r->status;
    made.reason = r->reason == 0 ? "plugin.reply" : Of(s).config_.reasons.at(r->reason - 1);
    made.body = View(r->body);
    made.detail = View(r->detail);
    made.flags = r->flags;
    for (uint64_t i = 0; i < r->header_count; ++i) {
      if (HasForbidden(View(r->headers[i].value))) return SP_E_ARG;
      made.headers.emplace_back(View(r->headers[i].name), View(r->headers[i].value));
    }
    Of(s).reply = std::move(made);
    return SP_OK;
  };
  t.abort = [](sp_stream* s) -> sp_status {
    Of(s).aborted = true;
    return SP_OK;
  };
  t.reroute = [](sp_stream* s) -> sp_status {
    ++Of(s).reroutes;
    return SP_OK;
  };
}

void HttpTable::FillFacts(sp_http& t) {
  t.fact = [](sp_stream* s, uint32_t id, sp_value* out) -> sp_status {
    const auto found = Of(s).facts_.find(id);
    *out = found == Of(s).facts_.end() ? sp_value{} : found->second;
    return SP_OK;
  };
  t.metadata_get = [](sp_stream* s, uint32_t slot, sp_value* out) -> sp_status {
    const auto found = Of(s).metadata_.find(Of(s).config_.slots.at(slot));
    *out = found == Of(s).metadata_.end() ? sp_value{} : found->second;
    return SP_OK;
  };
  t.metadata_set = [](sp_stream* s, uint32_t slot, const sp_value* value) -> sp_status {
    sp_value kept = *value;
    kept.str = Keep(Of(s), View(value->str));
    Of(s).metadata_[Of(s).config_.slots.at(slot)] = kept;
    return SP_OK;
  };
  t.alloc = [](sp_stream* s, uint64_t bytes, uint64_t align) -> void* {
    char* memory = Of(s).memory_.emplace_back(new char[bytes + align]()).get();
    return memory + (align - reinterpret_cast<uintptr_t>(memory) % align) % align;
  };
  t.config = [](const sp_stream* s) -> const sp_config* { return s->config; };
  t.published = [](const sp_stream* s) { return s->fake->config_.published; };
  t.worker_state = [](const sp_stream* s) { return s->fake->config_.worker_state; };
}

void HttpTable::FillWork(sp_http& t) {
  t.call = [](sp_stream* s, const sp_call* call, uint64_t* id) -> sp_status {
    *id = Of(s).config_.host().NextId();
    Of(s).calls.push_back(ReadCall(Of(s).config_, *call, *id));
    return SP_OK;
  };
  t.timer = [](sp_stream* s, uint64_t after_ns, uint32_t tag, uint64_t* id) -> sp_status {
    const Target target = TargetOf(Of(s));
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
  t.cancel = [](sp_stream* s, uint64_t id) -> sp_status {
    Of(s).config_.host().CancelTimer(id);
    for (FakeCall& call : Of(s).calls) call.done = call.done || call.id == id;
    return SP_OK;
  };
  t.offload = [](sp_stream* s, void (*fn)(void*), void* data, uint32_t tag) -> sp_status {
    const Target target = TargetOf(Of(s));
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
  t.ref = [](const sp_stream* s) { return AddTarget(TargetOf(*s->fake)); };
}

namespace {
const sp_http& Table(FakeHost& host) {
  static sp_http table = [] {
    sp_http t{};
    t.size = sizeof t;
    HttpTable::FillHeaders(t);
    HttpTable::FillBody(t);
    HttpTable::FillFlow(t);
    HttpTable::FillFacts(t);
    HttpTable::FillWork(t);
    return t;
  }();
  table.host = &host.table();
  return table;
}
}  // namespace

FakeStream::FakeStream(FakeConfig& config, const void* effective)
    : config_(config),
      effective_(effective != nullptr ? effective : config.created()),
      abi_(new sp_stream{this, config.abi()}) {}

FakeStream::~FakeStream() {
  Complete();
  delete abi_;
}

std::string_view FakeStream::Keep(std::string_view text) { return texts_.emplace_back(text); }

void FakeStream::SetClient(std::string_view ip) {
  const std::string text(ip);
  std::array<unsigned char, 16> bytes{};
  if (inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) {
    bytes[10] = bytes[11] = 0xff;
    inet_pton(AF_INET, text.c_str(), bytes.data() + 12);
  }
  SetFact(SP_FACT_CLIENT_ADDRESS, ip);
  sp_value value{};
  value.type = SP_VALUE_BYTES;
  value.str = Str(Keep({reinterpret_cast<const char*>(bytes.data()), 16}));
  facts_[SP_FACT_CLIENT_ADDRESS_BYTES] = value;
}
void FakeStream::SetFact(uint32_t id, std::string_view text) {
  sp_value value{};
  value.type = SP_VALUE_STR;
  value.str = Str(Keep(text));
  facts_[id] = value;
}
void FakeStream::SetFact(uint32_t id, int64_t number) {
  sp_value value{};
  value.type = SP_VALUE_I64;
  value.i64 = number;
  facts_[id] = value;
}
void FakeStream::SetMetadata(std::string_view owner, std::string_view key, std::string_view text) {
  sp_value value{};
  value.type = SP_VALUE_STR;
  value.str = Str(text);
  SetMetadata(owner, key, value);
}
void FakeStream::SetMetadata(std::string_view owner, std::string_view key, const sp_value& value) {
  sp_value kept = value;
  kept.str = Str(Keep(View(value.str)));
  metadata_[{std::string(owner), std::string(key)}] = kept;
}

void FakeStream::Begin() {
  if (begun_) return;
  begun_ = true;
  const sp_http_filter& f = config_.filter();
  const size_t align = f.instance_align == 0 ? 8 : f.instance_align;
  instance_memory_.reset(new char[f.instance_size + align]());
  char* memory = instance_memory_.get();
  instance_ = memory + (align - reinterpret_cast<uintptr_t>(memory) % align) % align;
}

namespace {
// A hook that isn't there lets everything go.
template <typename Hook, typename... Args>
sp_result CallHook(Hook hook, Args... args) {
  return hook == nullptr ? SP_CONTINUE : hook(args...);
}
}  // namespace

sp_result FakeStream::RequestHead(uint32_t flags) {
  Begin();
  return CallHook(config_.filter().on_request_head, &Table(config_.host()), abi_, instance_, effective_, flags);
}
sp_result FakeStream::RequestBody(std::string_view more, uint32_t flags) {
  Begin();
  bodies[SP_REQUEST] += more;
  return CallHook(config_.filter().on_request_body, &Table(config_.host()), abi_, instance_, effective_,
                  uint64_t{more.size()}, flags);
}
sp_result FakeStream::RequestTrailers() {
  Begin();
  return CallHook(config_.filter().on_request_trailers, &Table(config_.host()), abi_, instance_, effective_,
                  uint32_t{SP_F_MSG_END});
}
sp_result FakeStream::ResponseHead(uint32_t flags) {
  Begin();
  return CallHook(config_.filter().on_response_head, &Table(config_.host()), abi_, instance_, effective_, flags);
}
sp_result FakeStream::ResponseBody(std::string_view more, uint32_t flags) {
  Begin();
  bodies[SP_RESPONSE] += more;
  return CallHook(config_.filter().on_response_body, &Table(config_.host()), abi_, instance_, effective_,
                  uint64_t{more.size()}, flags);
}
void FakeStream::Answer(size_t call, const FakeAnswer& answer) {
  DeliverAnswer(calls.at(call), answer, [this](const sp_event& event) { Event(event); });
}
void FakeStream::Event(const sp_event& event) {
  if (config_.filter().on_event == nullptr) return;
  config_.filter().on_event(&Table(config_.host()), abi_, instance_, effective_, &event);
}
void FakeStream::Complete() {
  if (!begun_ || completed_) return;
  completed_ = true;
  alive_.reset();
  const sp_http_filter& f = config_.filter();
  if (f.on_complete != nullptr) f.on_complete(&Table(config_.host()), abi_, instance_, effective_);
  if (f.destroy != nullptr) f.destroy(instance_, effective_);
}

std::string FakeStream::Header(uint32_t map, std::string_view name) const {
  const auto values = Values(map, name);
  return values.empty() ? "-" : values.front();
}
std::vector<std::string> FakeStream::Values(uint32_t map, std::string_view name) const {
  std::vector<std::string> values;
  for (const auto& [n, v] : maps[map]) {
    if (n == name) values.push_back(v);
  }
  return values;
}
std::string FakeStream::Metadata(std::string_view key) const {
  const auto found = metadata_.find({config_.name, std::string(key)});
  if (found == metadata_.end()) return "-";
  const sp_value& v = found->second;
  return v.type == SP_VALUE_I64 || v.type == SP_VALUE_BOOL ? std::to_string(v.i64) : std::string(View(v.str));
}

}  // namespace sp::testing
