// Functions of sp_http that steer the stream or tell about it: resume, reply, reroute, facts, metadata, memory.
#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "core/http/reply.h"
#include "core/http/validate.h"
#include "core/plugin_host/config_object.h"
#include "core/traffic/downstream/connection.h"
#include "core/traffic/host/stream_table.h"

namespace sp::host {
namespace {

using filter::DirectionState;
using filter::Gate;

constexpr uint64_t kMaxReplyBody = 16 << 20, kMaxReplyHeaders = 128, kMaxAlloc = 16 << 20;

sp_status SP_CALL Resume(sp_stream* s, uint32_t direction, sp_result result) {
  if (const sp_status status = CheckPhase(s, false); status != SP_OK) return status;
  if (direction > SP_RESPONSE || result == SP_PAUSE || result > SP_DETACH) return SP_E_ARG;
  DirectionState& state = s->dir[direction];
  const bool own_hook =
      s->chain->phase(*s) == Phase::kHook && s->chain->hook_direction() == static_cast<filter::Direction>(direction);
  if (state.resume != 0 || (state.gate != Gate::kPaused && !own_hook)) return SP_E_STATE;
  state.resume = static_cast<uint8_t>(result + 1);
  return SP_OK;
}

// --------------------------------------------------------------------------------------------------------- reply

// The reply in this host's size, whatever header it was made with.
bool FullReply(const sp_reply* reply, sp_reply* full) {
  *full = sp_reply{};
  if (reply == nullptr || reply->size < offsetof(sp_reply, headers)) return false;
  std::memcpy(full, reply, std::min<size_t>(reply->size, sizeof *full));
  return full->status >= 200 && full->status <= 599 && full->header_count <= kMaxReplyHeaders &&
         (full->header_count == 0 || full->headers != nullptr) && Usable(full->body, kMaxReplyBody) &&
         Usable(full->detail, 4096);
}

bool AddReplyHeaders(const sp_reply& reply, http::ResponseHead& head, Arena& arena) {
  for (uint64_t i = 0; i < reply.header_count; ++i) {
    const std::string_view name = View(reply.headers[i].name), value = View(reply.headers[i].value);
    if (!http::IsToken(name) || !http::IsFieldValue(value)) return false;
    switch (http::HeaderIdOf(name)) {
      case http::HeaderId::kContentLength:
      case http::HeaderId::kTransferEncoding:
      case http::HeaderId::kConnection:
      case http::HeaderId::kKeepAlive:
      case http::HeaderId::kUpgrade:
      case http::HeaderId::kTrailer:
        return false;
      default:
        break;
    }
    head.headers.Add(arena.Copy(name), arena.Copy(value));
  }
  return true;
}

sp_status SP_CALL ReplyWith(sp_stream* s, const sp_reply* given) {
  if (const sp_status status = CheckPhase(s, false); status != SP_OK) return status;
  sp_reply reply;
  if (!FullReply(given, &reply)) return SP_E_ARG;
  if (!s->chain->MayReply(*s)) return SP_E_STATE;
  downstream::Stream& stream = StreamOf(s);
  Arena& arena = stream.arena();
  const auto& reasons = s->object->reasons;
  if (reply.reason > reasons.size()) return SP_E_ARG;
  filter::Reply out;
  out.reason = reply.reason == 0 ? std::string_view("plugin.reply") : std::string_view(reasons[reply.reason - 1]);
  out.close = (reply.flags & SP_REPLY_CLOSE) != 0;
  out.head = arena.New<http::ResponseHead>(arena);
  SlabPool& slabs = stream.context().reactor.slabs();
  const bool plain = (reply.flags & SP_REPLY_PLAIN) != 0 || reply.body.len > 0 || reply.status < 400;
  if (plain) {
    out.head->status = static_cast<uint16_t>(reply.status);
    out.head->framing = http::BodyFraming::kLength;
    out.head->has_content_length = reply.status != 204 && reply.status != 304;
    out.head->content_length = reply.body.len;
    if (reply.body.len > 0) out.body = slabs.Copy(View(reply.body));
    if (reply.status >= 400) {
      out.head->headers.Add(http::HeaderId::kProxyStatus, http::ProxyStatus("http_request_denied", out.reason, arena));
    }
  } else {
    out.body = http::MakeProblem(
        {static_cast<uint16_t>(reply.status), out.reason, "http_request_denied", View(reply.detail)}, slabs, *out.head);
  }
  if (!AddReplyHeaders(reply, *out.head, arena)) return SP_E_ARG;
  s->chain->SetReply(std::move(out));
  return SP_OK;
}

sp_status SP_CALL AbortStream(sp_stream* s) {
  if (const sp_status status = CheckPhase(s, false); status != SP_OK) return status;
  s->chain->SetAbort();
  return SP_OK;
}

sp_status SP_CALL RerouteStream(sp_stream* s) {
  if (const sp_status status = CheckPhase(s, false); status != SP_OK) return status;
  const DirectionState& state = s->dir[SP_REQUEST];
  const bool in_head_hook = s->chain->phase(*s) == Phase::kHook && state.Has(DirectionState::kHeadTold) &&
                            !state.Has(DirectionState::kHeadGone) && state.gate == Gate::kOpen;
  if (!in_head_hook) return SP_E_STATE;
  return StreamOf(s).Reroute(s->index) ? SP_OK : SP_E_GUARD;
}

// --------------------------------------------------------------------------------------------------------- facts

void Text(sp_value* out, std::string_view text) {
  if (text.empty()) return;
  out->type = SP_VALUE_STR;
  out->str = Str(text);
}

void Number(sp_value* out, int64_t n) {
  out->type = SP_VALUE_I64;
  out->i64 = n;
}

sp_status SP_CALL Fact(sp_stream* s, uint32_t id, sp_value* out) {
  if (const sp_status status = CheckPhase(s, true); status != SP_OK) return status;
  if (out == nullptr) return SP_E_ARG;
  *out = sp_value{};
  downstream::Stream& stream = StreamOf(s);
  if (id == SP_FACT_CLIENT_ADDRESS_BYTES) {
    out->type = SP_VALUE_BYTES;
    out->str = {reinterpret_cast<const char*>(stream.client_ip().bytes.data()), stream.client_ip().bytes.size()};
    return SP_OK;
  }
  switch (id) {
    case SP_FACT_CLIENT_ADDRESS:
      return Text(out, stream.client_address()), SP_OK;
    case SP_FACT_PEER_ADDRESS:
      return Text(out, stream.connection().peer_text()), SP_OK;
    case SP_FACT_LOCAL_ADDRESS:
      return Text(out, stream.connection().local_text()), SP_OK;
    case SP_FACT_PROTOCOL:
      return Text(out, stream.protocol()), SP_OK;
    case SP_FACT_LISTENER:
      return Text(out, stream.listener().name), SP_OK;
    case SP_FACT_ROUTE_TABLE:
      return Text(out, stream.route_table()), SP_OK;
    case SP_FACT_ROUTE:
      return Text(out, stream.route()), SP_OK;
    case SP_FACT_CLUSTER:
      return Text(out, stream.cluster()), SP_OK;
    case SP_FACT_UPSTREAM_ADDRESS:
      return Text(out, stream.endpoint()), SP_OK;
    case SP_FACT_REQUEST_ID:
      return Text(out, stream.request_id()), SP_OK;
    case SP_FACT_HOST:
      return Text(out, stream.request().host), SP_OK;
    case SP_FACT_RESPONSE_ORIGIN:
      return stream.response_origin() != 0 ? Number(out, stream.response_origin()) : void(), SP_OK;
    case SP_FACT_REASON:
      return Text(out, stream.reason()), SP_OK;
    case SP_FACT_START_TIME:
      return Number(out, stream.start_time().time_since_epoch().count()), SP_OK;
    case SP_FACT_DURATION:
      return Number(out, stream.duration().count()), SP_OK;
    case SP_FACT_REQUEST_BYTES:
      return Number(out, static_cast<int64_t>(stream.request_bytes())), SP_OK;
    case SP_FACT_RESPONSE_BYTES:
      return Number(out, static_cast<int64_t>(stream.response_bytes())), SP_OK;
    case SP_FACT_ATTEMPTS:
      return Number(out, stream.attempts()), SP_OK;
    case SP_FACT_CONNECTION_ID:
      return Number(out, static_cast<int64_t>(stream.connection().id())), SP_OK;
    case SP_FACT_TLS_VERSION:
    case SP_FACT_TLS_CIPHER:
    case SP_FACT_TLS_SNI:
    case SP_FACT_TLS_PEER_SUBJECT:
    case SP_FACT_TLS_PEER_SANS:
    case SP_FACT_TLS_PEER_FINGERPRINT:
      return SP_OK;  // cleartext: absent
    case SP_FACT_RAW_TARGET:
      return Text(out, stream.request().target), SP_OK;
    default:
      return SP_E_NOT_FOUND;
  }
}

// ------------------------------------------------------------------------------------------------------ metadata

sp_status SP_CALL MetadataGet(sp_stream* s, uint32_t slot, sp_value* out) {
  if (const sp_status status = CheckPhase(s, true); status != SP_OK) return status;
  if (out == nullptr || slot >= s->metadata->slots.size()) return SP_E_ARG;
  *out = *StreamOf(s).metadata(s->metadata->slots[slot]);
  return SP_OK;
}

sp_status SP_CALL MetadataSet(sp_stream* s, uint32_t slot, const sp_value* value) {
  if (const sp_status status = CheckPhase(s, false); status != SP_OK) return status;
  if (value == nullptr || slot >= s->metadata->slots.size() || !s->metadata->writable[slot]) return SP_E_ARG;
  if (value->type > SP_VALUE_JSON || !Usable(value->str, 1 << 20)) return SP_E_ARG;
  downstream::Stream& stream = StreamOf(s);
  sp_value* place = stream.metadata(s->metadata->slots[slot]);
  *place = *value;
  place->str = Str(stream.arena().Copy(View(value->str)));
  return SP_OK;
}

// -------------------------------------------------------------------------------------------- memory and config

void* SP_CALL Alloc(sp_stream* s, uint64_t bytes, uint64_t align) {
  // Never null: what can't be granted here is a bug that the plugin must not survive silently.
  if (s == nullptr || bytes > kMaxAlloc || align > 64 || (align & (align - 1)) != 0) std::abort();
  void* memory = StreamOf(s).arena().Allocate(bytes, align == 0 ? 8 : align);
  std::memset(memory, 0, bytes);
  return memory;
}

const sp_config* SP_CALL Config(const sp_stream* s) { return s->object; }
const void* SP_CALL Published(const sp_stream* s) { return s->state->published; }
void* SP_CALL WorkerState(const sp_stream* s) { return s->state->worker_state; }

}  // namespace

void FillControlFunctions(sp_http* to) {
  to->resume = Resume;
  to->reply = ReplyWith;
  to->abort = AbortStream;
  to->reroute = RerouteStream;
  to->fact = Fact;
  to->metadata_get = MetadataGet;
  to->metadata_set = MetadataSet;
  to->alloc = Alloc;
  to->config = Config;
  to->published = Published;
  to->worker_state = WorkerState;
}

}  // namespace sp::host
