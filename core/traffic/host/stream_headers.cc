// Header and pseudo-field functions of sp_http.
#include <algorithm>

#include "core/http/authority.h"
#include "core/http/path.h"
#include "core/http/validate.h"
#include "core/traffic/host/stream_table.h"

namespace sp::host {
namespace {

using filter::DirectionState;
using http::HeaderId;
using http::HeaderMap;

constexpr uint64_t kMaxName = 256, kMaxValue = 64 * 1024;

bool IsRequestMap(uint32_t map) { return map == SP_REQUEST || map == SP_REQUEST_TRAILERS; }

// The map, or null where there is none; `create` makes trailers.
HeaderMap* MapOf(sp_stream* s, uint32_t map, bool create) {
  downstream::Stream& stream = StreamOf(s);
  switch (map) {
    case SP_REQUEST:
      return &stream.request().headers;
    case SP_RESPONSE:
      return stream.response() != nullptr ? &stream.response()->headers : nullptr;
    case SP_REQUEST_TRAILERS:
    case SP_RESPONSE_TRAILERS:
      return stream.trailers(IsRequestMap(map) ? filter::Direction::kRequest : filter::Direction::kResponse, create);
    default:
      return nullptr;
  }
}

// Names that the codec writes itself or that end at this hop.
bool IsHostOwned(HeaderId id) {
  switch (id) {
    case HeaderId::kHost:
    case HeaderId::kContentLength:
    case HeaderId::kTransferEncoding:
    case HeaderId::kConnection:
    case HeaderId::kKeepAlive:
    case HeaderId::kProxyConnection:
    case HeaderId::kUpgrade:
    case HeaderId::kTe:
    case HeaderId::kTrailer:
    case HeaderId::kExpect:
    case HeaderId::kHttp2Settings:
      return true;
    default:
      return false;
  }
}

bool IsWritableName(std::string_view name) {
  if (!http::IsToken(name)) return false;
  const bool lower = std::none_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  return lower && !IsHostOwned(http::HeaderIdOf(name));
}

sp_status CheckRead(sp_stream* s, uint32_t map, sp_str name, const void* out) {
  if (const sp_status status = CheckPhase(s, true); status != SP_OK) return status;
  return map > SP_RESPONSE_TRAILERS || out == nullptr || !Usable(name, kMaxName) ? SP_E_ARG : SP_OK;
}

// Where the filter still holds what it wants to change.
sp_status CheckWrite(sp_stream* s, uint32_t map, sp_str name) {
  if (const sp_status status = CheckPhase(s, false); status != SP_OK) return status;
  if (map > SP_RESPONSE_TRAILERS || !Usable(name, kMaxName)) return SP_E_ARG;
  if (!IsWritableName(View(name))) return SP_E_ARG;
  const DirectionState& state = s->dir[IsRequestMap(map) ? SP_REQUEST : SP_RESPONSE];
  const bool trailers = map >= SP_REQUEST_TRAILERS;
  if (trailers ? state.Has(DirectionState::kEndGone)
               : !state.Has(DirectionState::kHeadHere) || state.Has(DirectionState::kHeadGone)) {
    return SP_E_STATE;
  }
  return SP_OK;
}

sp_status SP_CALL HeaderGet(sp_stream* s, uint32_t map, sp_str name, sp_str* first) {
  if (const sp_status status = CheckRead(s, map, name, first); status != SP_OK) return status;
  const HeaderMap* headers = MapOf(s, map, false);
  const std::string_view* value = headers != nullptr ? headers->Find(View(name)) : nullptr;
  if (value == nullptr) return SP_E_NOT_FOUND;
  *first = Str(*value);
  return SP_OK;
}

sp_status SP_CALL HeaderValues(sp_stream* s, uint32_t map, sp_str name, sp_str* values, uint64_t* count) {
  if (const sp_status status = CheckRead(s, map, name, count); status != SP_OK) return status;
  if (*count > 0 && values == nullptr) return SP_E_ARG;
  uint64_t found = 0;
  if (const HeaderMap* headers = MapOf(s, map, false)) {
    for (const auto& field : *headers) {
      if (field.name != View(name)) continue;
      if (found < *count) values[found] = Str(field.value);
      ++found;
    }
  }
  *count = found;
  return SP_OK;
}

sp_status SP_CALL HeaderGetMany(sp_stream* s, uint32_t map, const sp_str* names, sp_str* values, uint64_t count) {
  if (const sp_status status = CheckRead(s, map, {}, values); status != SP_OK) return status;
  if (names == nullptr || count > 256) return SP_E_ARG;
  const HeaderMap* headers = MapOf(s, map, false);
  for (uint64_t i = 0; i < count; ++i) {
    if (!Usable(names[i], kMaxName)) return SP_E_ARG;
    const std::string_view* value = headers != nullptr ? headers->Find(View(names[i])) : nullptr;
    values[i] =
        value != nullptr ? sp_str{value->data() != nullptr ? value->data() : "", value->size()} : sp_str{nullptr, 0};
  }
  return SP_OK;
}

sp_status SP_CALL HeaderList(sp_stream* s, uint32_t map, const sp_header** list, uint64_t* count) {
  if (const sp_status status = CheckRead(s, map, {}, list); status != SP_OK) return status;
  if (count == nullptr) return SP_E_ARG;
  const HeaderMap* headers = MapOf(s, map, false);
  *count = headers != nullptr ? headers->size() : 0;
  auto* copy = StreamOf(s).arena().NewArray<sp_header>(*count);
  for (uint64_t i = 0; i < *count; ++i) copy[i] = {Str((*headers)[i].name), Str((*headers)[i].value)};
  *list = copy;
  return SP_OK;
}

enum class Edit { kSet, kAdd };

sp_status Write(sp_stream* s, uint32_t map, sp_str name, sp_str value, Edit edit) {
  if (const sp_status status = CheckWrite(s, map, name); status != SP_OK) return status;
  if (!Usable(value, kMaxValue) || !http::IsFieldValue(View(value))) return SP_E_ARG;
  HeaderMap* headers = MapOf(s, map, true);
  if (headers == nullptr) return SP_E_STATE;
  Arena& arena = StreamOf(s).arena();
  const HeaderId id = http::HeaderIdOf(View(name));
  const std::string_view text = arena.Copy(View(value));
  const std::string_view kept_name = id != HeaderId::kOther ? http::NameOf(id) : arena.Copy(View(name));
  edit == Edit::kSet ? headers->Set(kept_name, text) : headers->Add(kept_name, text);
  return SP_OK;
}

sp_status SP_CALL HeaderSet(sp_stream* s, uint32_t map, sp_str name, sp_str value) {
  return Write(s, map, name, value, Edit::kSet);
}
sp_status SP_CALL HeaderAdd(sp_stream* s, uint32_t map, sp_str name, sp_str value) {
  return Write(s, map, name, value, Edit::kAdd);
}
sp_status SP_CALL HeaderRemove(sp_stream* s, uint32_t map, sp_str name) {
  if (const sp_status status = CheckWrite(s, map, name); status != SP_OK) return status;
  HeaderMap* headers = MapOf(s, map, false);
  return headers != nullptr && headers->Remove(View(name)) > 0 ? SP_OK : SP_E_NOT_FOUND;
}

// ---------------------------------------------------------------------------------------------------- pseudo fields

sp_status SP_CALL PseudoGet(sp_stream* s, uint32_t id, sp_str* value) {
  if (const sp_status status = CheckPhase(s, true); status != SP_OK) return status;
  if (value == nullptr) return SP_E_ARG;
  downstream::Stream& stream = StreamOf(s);
  const http::RequestHead& request = stream.request();
  switch (id) {
    case SP_METHOD:
      return *value = Str(request.method_text), SP_OK;
    case SP_SCHEME:
      return *value = Str(request.scheme), SP_OK;
    case SP_AUTHORITY:
      return *value = Str(request.authority), SP_OK;
    case SP_PATH:
      return *value = Str(request.path), request.path.empty() ? SP_E_NOT_FOUND : SP_OK;
    case SP_QUERY:
      return *value = Str(request.query), request.has_query ? SP_OK : SP_E_NOT_FOUND;
    case SP_STATUS: {
      if (stream.response() == nullptr) return SP_E_NOT_FOUND;
      auto* text = stream.arena().NewArray<char>(3);
      const uint16_t code = stream.response()->status;
      text[0] = static_cast<char>('0' + code / 100);
      text[1] = static_cast<char>('0' + code / 10 % 10);
      text[2] = static_cast<char>('0' + code % 10);
      return *value = {text, 3}, SP_OK;
    }
    default:
      return SP_E_NOT_FOUND;
  }
}

sp_status SetMethod(http::RequestHead& request, std::string_view text) {
  if (!http::IsKnownMethod(text)) return SP_E_ARG;
  const http::Method method = http::MethodOf(text);
  if (method == http::Method::kConnect || method == http::Method::kTrace) return SP_E_ARG;
  request.method = method;
  request.method_text = text;
  return SP_OK;
}

sp_status SetStatus(http::ResponseHead* response, std::string_view text) {
  if (response == nullptr) return SP_E_STATE;
  if (text.size() != 3 || text[0] < '2' || text[0] > '5' || text[1] < '0' || text[1] > '9' || text[2] < '0' ||
      text[2] > '9') {
    return SP_E_ARG;
  }
  const auto status = static_cast<uint16_t>((text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0'));
  // 204, 205 and 304 would change whether there is a body.
  if (status == 204 || status == 205 || status == 304) return SP_E_ARG;
  response->status = status;
  return SP_OK;
}

sp_status SP_CALL PseudoSet(sp_stream* s, uint32_t id, sp_str value) {
  if (const sp_status status = CheckPhase(s, false); status != SP_OK) return status;
  if (!Usable(value, kMaxValue)) return SP_E_ARG;
  const DirectionState& state = s->dir[id == SP_STATUS ? SP_RESPONSE : SP_REQUEST];
  if (!state.Has(DirectionState::kHeadHere) || state.Has(DirectionState::kHeadGone)) return SP_E_STATE;
  downstream::Stream& stream = StreamOf(s);
  http::RequestHead& request = stream.request();
  const std::string_view text = stream.arena().Copy(View(value));
  switch (id) {
    case SP_METHOD:
      return SetMethod(request, text);
    case SP_AUTHORITY: {
      http::Authority authority;
      if (!http::ParseAuthority(text, request.scheme, stream.arena(), &authority)) return SP_E_ARG;
      request.authority = authority.text;
      request.host = authority.host;
      return SP_OK;
    }
    case SP_PATH: {
      std::string_view normal;
      const auto& options = stream.listener().rules.path;
      if (http::NormalizeRewrittenPath(text, options, stream.arena(), &normal) != Reason::kNone) return SP_E_ARG;
      request.path = normal;
      return SP_OK;
    }
    case SP_QUERY:
      if (http::CheckQuery(text) != Reason::kNone) return SP_E_ARG;
      request.query = text;
      request.has_query = !text.empty();
      return SP_OK;
    case SP_STATUS:
      return SetStatus(stream.response(), text);
    default:
      return id == SP_SCHEME ? SP_E_UNSUPPORTED : SP_E_ARG;
  }
}

}  // namespace

void FillHeaderFunctions(sp_http* to) {
  to->header_get = HeaderGet;
  to->header_values = HeaderValues;
  to->header_get_many = HeaderGetMany;
  to->header_list = HeaderList;
  to->header_set = HeaderSet;
  to->header_add = HeaderAdd;
  to->header_remove = HeaderRemove;
  to->pseudo_get = PseudoGet;
  to->pseudo_set = PseudoSet;
}

}  // namespace sp::host
