#include "filters/headers/edits.h"

#include <algorithm>

namespace sp::headers {
namespace {

// Fields that say how a message is framed or belong to one connection: the gateway's alone.
constexpr std::string_view kForbidden[] = {"connection",     "content-length",    "expect",           "host",
                                           "http2-settings", "keep-alive",        "proxy-connection", "te",
                                           "trailer",        "transfer-encoding", "upgrade"};

constexpr std::string_view kOfClients[] = {"authorization",
                                           "baggage",
                                           "cache-control",
                                           "cookie",
                                           "date",
                                           "dnt",
                                           "from",
                                           "origin",
                                           "pragma",
                                           "priority",
                                           "proxy-authorization",
                                           "range",
                                           "referer",
                                           "traceparent",
                                           "tracestate",
                                           "user-agent",
                                           "via",
                                           "warning",
                                           "x-request-id",
                                           "x-requested-with"};
constexpr std::string_view kPrefixesOfClients[] = {"accept", "access-control-", "content-",    "if-",
                                                   "sec-",   "forwarded",       "x-forwarded-"};

bool IsTokenChar(char c) {
  const bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
  return alnum || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

// In lower case; empty where it can't be a name here, which is then said.
std::string ReadName(const Json& at, std::string_view text) {
  std::string name(text);
  for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  if (name.empty() || !std::all_of(name.begin(), name.end(), IsTokenChar)) {
    at.fail("is no name of a header field");
    return {};
  }
  if (std::find(std::begin(kForbidden), std::end(kForbidden), name) == std::end(kForbidden)) return name;
  at.fail(name == "host" ? "is the route's to change: rewrite.host" : "is the gateway's own field");
  return {};
}

TextTemplate ReadValue(const Json& at, uint32_t direction, Missing missing) {
  TextTemplate value(at, direction);
  if (missing == Missing::kEmpty) value.let_absent_be_empty();
  return value;
}

}  // namespace

Missing ReadMissing(const Json& j, Missing otherwise) {
  return j.pick<Missing>({{"skip", Missing::kSkip}, {"empty", Missing::kEmpty}, {"remove", Missing::kRemove}},
                         otherwise);
}

bool ManagedByDefault(std::string_view name) {
  if (std::find(std::begin(kOfClients), std::end(kOfClients), name) != std::end(kOfClients)) return false;
  return std::none_of(std::begin(kPrefixesOfClients), std::end(kPrefixesOfClients),
                      [&](std::string_view prefix) { return name.substr(0, prefix.size()) == prefix; });
}

void Edits::Read(const Json& j, uint32_t direction, Missing missing) {
  for (const Json name : j.at("remove").each()) {
    edits_.push_back({Kind::kRemove, missing, ReadName(name, name.str()), {}});
  }
  for (const Json member : j.at("set").each()) ReadSet(member, direction, missing);
  for (const Json member : j.at("add").each()) {
    const std::string name = ReadName(member, member.name());
    if (!member.is_array()) {
      edits_.push_back({Kind::kAdd, missing, name, ReadValue(member, direction, missing)});
      continue;
    }
    for (const Json line : member.each()) {
      edits_.push_back({Kind::kAdd, missing, name, ReadValue(line, direction, missing)});
    }
  }
}

void Edits::ReadSet(const Json& member, uint32_t direction, Missing missing) {
  const bool is_object = member.is_object();
  if (is_object) missing = ReadMissing(member.at("missing"), missing);
  Edit edit{Kind::kSet, missing, ReadName(member, member.name()),
            ReadValue(is_object ? member.at("value") : member, direction, missing)};
  const bool reads_itself = edit.value.reads_request_header(edit.name);
  bool managed = direction == SP_REQUEST && !reads_itself && !edit.name.empty() && ManagedByDefault(edit.name);
  if (is_object && member.at("managed").exists()) {
    managed = member.at("managed").boolean();
    if (managed && direction != SP_REQUEST) member.at("managed").fail("is for fields of requests");
    if (managed && reads_itself) member.at("managed").fail("would remove what this value reads");
  }
  if (managed && direction == SP_REQUEST) member.own_request_header(edit.name);
  edits_.push_back(std::move(edit));
}

// False where the value may not stand in a header.
bool Edits::ApplyOne(const Edit& edit, Exchange& x, Headers& headers) {
  if (edit.kind == Kind::kRemove) {
    headers.remove(edit.name);
    return true;
  }
  sallyport::TextBuffer buffer(x);
  const auto value = edit.value.expand(x, buffer);
  if (!value) {
    if (edit.missing == Missing::kRemove) headers.remove(edit.name);
    return true;
  }
  if (!edit.value.constant() && sallyport::has_control(*value)) return false;
  const sp_status status = edit.kind == Kind::kSet ? headers.set(edit.name, *value) : headers.add(edit.name, *value);
  return status != SP_E_ARG;
}

uint32_t Edits::Apply(Exchange& x, Headers& headers) const {
  uint32_t bad = 0;
  for (const Edit& edit : edits_) bad += ApplyOne(edit, x, headers) ? 0 : 1;
  return bad;
}

}  // namespace sp::headers
