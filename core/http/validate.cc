#include "core/http/validate.h"

#include <bitset>

#include "core/http/ascii.h"
#include "core/http/authority.h"
#include "core/http/framing.h"
#include "core/http/nominations.h"

namespace sp::http {
namespace {

constexpr size_t kIds = static_cast<size_t>(HeaderId::kCount);
using IdSet = std::bitset<kIds>;

IdSet MakeIdSet(std::initializer_list<HeaderId> ids) {
  IdSet set;
  for (const HeaderId id : ids) set.set(static_cast<size_t>(id));
  return set;
}

bool Has(const IdSet& set, HeaderId id) { return set[static_cast<size_t>(id)]; }

// T61: names that a backend must not be made to see under another spelling.
const IdSet kNeverAliased = MakeIdSet({HeaderId::kHost,
                                       HeaderId::kContentLength,
                                       HeaderId::kTransferEncoding,
                                       HeaderId::kConnection,
                                       HeaderId::kKeepAlive,
                                       HeaderId::kProxyConnection,
                                       HeaderId::kUpgrade,
                                       HeaderId::kTe,
                                       HeaderId::kTrailer,
                                       HeaderId::kExpect,
                                       HeaderId::kHttp2Settings,
                                       HeaderId::kAuthorization,
                                       HeaderId::kProxyAuthorization,
                                       HeaderId::kCookie,
                                       HeaderId::kForwarded,
                                       HeaderId::kXForwardedFor,
                                       HeaderId::kXForwardedProto,
                                       HeaderId::kXForwardedHost,
                                       HeaderId::kXForwardedPrefix,
                                       HeaderId::kXForwardedPort,
                                       HeaderId::kXRealIp,
                                       HeaderId::kXForwardedClientCert});

// RFC 9110 section 6.5.1: of no use, or harmful, behind the content.
const IdSet kNeverTrailers = MakeIdSet({HeaderId::kHost,
                                        HeaderId::kConnection,
                                        HeaderId::kKeepAlive,
                                        HeaderId::kProxyConnection,
                                        HeaderId::kUpgrade,
                                        HeaderId::kTe,
                                        HeaderId::kTrailer,
                                        HeaderId::kExpect,
                                        HeaderId::kHttp2Settings,
                                        HeaderId::kContentType,
                                        HeaderId::kContentEncoding,
                                        HeaderId::kCookie,
                                        HeaderId::kSetCookie,
                                        HeaderId::kLocation,
                                        HeaderId::kAuthorization,
                                        HeaderId::kProxyAuthorization,
                                        HeaderId::kWwwAuthenticate,
                                        HeaderId::kProxyAuthenticate,
                                        HeaderId::kCacheControl,
                                        HeaderId::kRetryAfter,
                                        HeaderId::kVia,
                                        HeaderId::kDate,
                                        HeaderId::kForwarded,
                                        HeaderId::kXForwardedFor,
                                        HeaderId::kXForwardedProto,
                                        HeaderId::kXForwardedHost,
                                        HeaderId::kXForwardedPrefix,
                                        HeaderId::kXForwardedPort,
                                        HeaderId::kXRealIp,
                                        HeaderId::kXRequestId,
                                        HeaderId::kGrpcTimeout,
                                        HeaderId::kXForwardedClientCert});
constexpr std::string_view kNeverTrailerNames[] = {
    "content-range", "range",        "if-match", "if-none-match", "if-modified-since", "if-unmodified-since",
    "if-range",      "max-forwards", "pragma",   "age",           "expires",           "vary",
    "warning"};

// One walk over the fields of a message: takes out what the head has members for and what ends here.
class FieldWalk {
 public:
  explicit FieldWalk(const NameSet* managed) : managed_(managed) {}

  bool Removes(const HeaderField& field) {
    // The ids of the fields below come first in the list.
    if (field.id == HeaderId::kOther || field.id > HeaderId::kExpect) return RemovesOrdinary(field);
    switch (field.id) {
      case HeaderId::kHost:
        ++hosts;
        host = field.value;
        return true;
      case HeaderId::kContentLength:
        ++framing.content_lengths;
        framing.content_length = field.value;
        return true;
      case HeaderId::kTransferEncoding:
        ++framing.transfer_encodings;
        framing.transfer_encoding = field.value;
        return true;
      case HeaderId::kConnection:
        nominations.Add(field.value);
        return true;
      case HeaderId::kUpgrade:
        upgrade = field.value;
        return true;
      case HeaderId::kTe:
        ForEachListElement(field.value, [this](std::string_view coding) {
          accepts_trailers = accepts_trailers || EqualsIgnoringCase(coding, "trailers");
          return true;
        });
        return true;
      case HeaderId::kExpect:
        ++expects;
        expect = field.value;
        return true;
      case HeaderId::kKeepAlive:
      case HeaderId::kProxyConnection:
        return true;
      default:  // Trailer goes on: it tells of trailers that go on too
        return RemovesOrdinary(field);
    }
  }

  uint32_t hosts = 0;
  uint32_t expects = 0;
  uint32_t aliases = 0;
  bool accepts_trailers = false;
  std::string_view host;
  std::string_view expect;
  std::string_view upgrade;
  FramingFields framing;
  Nominations nominations;

 private:
  bool RemovesOrdinary(const HeaderField& field) {
    if (field.id == HeaderId::kHttp2Settings) return true;
    if (managed_ != nullptr && managed_->Has(field)) return true;
    if (field.id != HeaderId::kOther || !IsAlias(field.name)) return false;
    ++aliases;
    return true;
  }

  bool IsAlias(std::string_view name) const {
    bool odd = managed_ != nullptr && managed_->folds();
    for (const char c : name) odd = odd || NameSet::Fold(c) != c;
    if (!odd) return false;
    char folded[128];
    if (name.size() > sizeof(folded)) return false;  // longer than any name that we know or set
    for (size_t i = 0; i < name.size(); ++i) folded[i] = NameSet::Fold(name[i]);
    const std::string_view text(folded, name.size());
    return Has(kNeverAliased, HeaderIdOf(text)) || (managed_ != nullptr && managed_->HasFolded(text));
  }

  const NameSet* managed_;
};

Reason CheckMethod(RequestHead& head) {
  if (head.method_text == "PRI") return Reason::kH2Preface;
  head.method = MethodOf(head.method_text);
  if (head.method == Method::kOther && !IsKnownMethod(head.method_text)) return Reason::kH1Method;
  return Reason::kNone;
}

bool HasContent(const RequestHead& head) {
  return head.framing == BodyFraming::kChunked || (head.framing == BodyFraming::kLength && head.content_length > 0);
}

// RFC 9110 section 10.1.1: to be ignored in HTTP/1.0; meaningless without content.
Reason CheckExpect(RequestHead& head, const FieldWalk& walk) {
  if (walk.expects == 0 || head.version == Version::kHttp10) return Reason::kNone;
  if (walk.expects > 1 || !EqualsIgnoringCase(walk.expect, "100-continue")) return Reason::kH1Expect;
  head.expect_continue = HasContent(head);
  return Reason::kNone;
}

// RFC 9110 section 7.8. `h2c` is never taken, and clients of HTTP/2 libraries offer it with requests of any kind, so it
// is as if it were not there; with any other token a body would be read by whoever speaks the other protocol (T44).
Reason CheckUpgrade(RequestHead& head, const FieldWalk& walk) {
  if (walk.upgrade.empty() || !walk.nominations.upgrade() || head.version != Version::kHttp11) return Reason::kNone;
  if (EqualsIgnoringCase(walk.upgrade, "h2c")) return Reason::kNone;
  head.upgrade = walk.upgrade;
  return HasContent(head) ? Reason::kH1UpgradeBody : Reason::kNone;
}

// T41, T45: TRACE would give the request's secrets back, and a tunnel is not what a gateway is asked for.
Reason CheckServed(const RequestHead& head) {
  if (head.method == Method::kConnect) return Reason::kH1MethodNotAllowed;
  if (head.method != Method::kTrace) return Reason::kNone;
  return HasContent(head) ? Reason::kH1TraceBody : Reason::kH1MethodNotAllowed;
}

// Takes scheme and authority off an absolute-form target (RFC 9112 section 3.2.2); leaves path and query in `rest`.
Reason TakeAbsolute(RequestHead& head, const RequestPeer& peer, std::string_view* rest, std::string_view* authority) {
  const size_t colon = rest->find("://");
  if (colon == std::string_view::npos) return Reason::kPathTarget;
  const std::string_view scheme = rest->substr(0, colon);
  const bool https = EqualsIgnoringCase(scheme, "https");
  if (!https && !EqualsIgnoringCase(scheme, "http")) return Reason::kPathTarget;
  if (https && !peer.tls) {
    if (!peer.trusted) return Reason::kMisdirected;  // RFC 9110 section 7.4
    head.scheme = "https";
  }
  rest->remove_prefix(colon + 3);
  *authority = rest->substr(0, rest->find_first_of("/?#"));
  rest->remove_prefix(authority->size());
  return authority->empty() ? Reason::kPathTarget : Reason::kNone;
}

Reason SetAuthority(RequestHead& head, const FieldWalk& walk, std::string_view absolute) {
  Arena& arena = head.headers.arena();
  // RFC 9112 section 3.2: one valid Host in HTTP/1.1, also where the target names another.
  if (walk.hosts > 1 || (walk.hosts == 0 && head.version == Version::kHttp11)) return Reason::kH1Host;
  Authority authority;
  if (walk.hosts == 1 && !ParseAuthority(walk.host, head.scheme, arena, &authority)) return Reason::kH1Host;
  if (!absolute.empty() && !ParseAuthority(absolute, head.scheme, arena, &authority)) return Reason::kPathTarget;
  head.authority = authority.text;
  head.host = authority.host;
  return Reason::kNone;
}

Reason SetPath(RequestHead& head, const RequestRules& rules, std::string_view rest, bool absolute) {
  const size_t mark = rest.find('?');
  std::string_view path = rest.substr(0, mark);
  if (mark != std::string_view::npos) {
    head.has_query = true;
    head.query = rest.substr(mark + 1);
  }
  if (path.empty() && absolute) {
    // RFC 9112 sections 3.2.1 and 3.2.4.
    path = head.method == Method::kOptions && !head.has_query ? "*" : "/";
  }
  if (path == "*" && head.method == Method::kOptions && !head.has_query) {
    head.path = path;
    return Reason::kNone;
  }
  const Reason reason = NormalizePath(path, rules.path, head.headers.arena(), &head.path);
  return reason != Reason::kNone ? reason : CheckQuery(head.query);
}

Reason SetTarget(RequestHead& head, const RequestRules& rules, const RequestPeer& peer, const FieldWalk& walk) {
  std::string_view rest = head.target;
  std::string_view absolute;
  head.scheme = peer.tls ? "https" : "http";
  if (rest.empty()) return Reason::kPathTarget;
  if (rest.front() != '/' && rest != "*") {
    const Reason reason = TakeAbsolute(head, peer, &rest, &absolute);
    if (reason != Reason::kNone) return reason;
  }
  const Reason reason = SetAuthority(head, walk, absolute);
  return reason != Reason::kNone ? reason : SetPath(head, rules, rest, !absolute.empty());
}

}  // namespace

bool IsToken(std::string_view text) {
  for (const char c : text) {
    if (!Is(c, ascii::kTokenChar)) return false;
  }
  return !text.empty();
}

bool IsFieldValue(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\t') || byte == 0x7f) return false;
  }
  return true;
}

Reason ValidateRequest(RequestHead& head, const RequestRules& rules, const RequestPeer& peer,
                       ConnectionOptions* options) {
  Reason reason = CheckMethod(head);
  if (reason != Reason::kNone) return reason;

  FieldWalk walk(rules.managed);
  head.headers.RemoveIf([&walk](const HeaderField& field) { return walk.Removes(field); });
  head.accepts_trailers = walk.accepts_trailers;
  options->close = walk.nominations.close();
  options->keep_alive = walk.nominations.keep_alive();
  options->aliases_dropped = walk.aliases;

  Framing framing;
  reason = RequestFraming(walk.framing, head.method, head.version, rules.limits.max_body_bytes, &framing);
  if (reason != Reason::kNone) return reason;
  head.framing = framing.body;
  head.content_length = framing.content_length;

  if ((reason = CheckServed(head)) != Reason::kNone) return reason;
  if ((reason = walk.nominations.Check(rules.managed)) != Reason::kNone) return reason;
  walk.nominations.RemoveFrom(head.headers);
  if ((reason = CheckExpect(head, walk)) != Reason::kNone) return reason;
  if ((reason = CheckUpgrade(head, walk)) != Reason::kNone) return reason;
  return SetTarget(head, rules, peer, walk);
}

Reason ValidateResponse(ResponseHead& head, Method method, ConnectionOptions* options) {
  if (head.status < 100 || head.status > 599) return Reason::kUpstreamStatus;
  FramingFields fields;
  Nominations nominations;
  std::string_view upgrade;
  head.headers.RemoveIf([&](const HeaderField& field) {
    switch (field.id) {
      case HeaderId::kContentLength:
        ++fields.content_lengths;
        fields.content_length = field.value;
        return true;
      case HeaderId::kTransferEncoding:
        ++fields.transfer_encodings;
        fields.transfer_encoding = field.value;
        return true;
      case HeaderId::kConnection:
        nominations.Add(field.value);
        return true;
      case HeaderId::kUpgrade:
        upgrade = field.value;
        return true;
      case HeaderId::kKeepAlive:
      case HeaderId::kProxyConnection:
      case HeaderId::kTe:
      case HeaderId::kHttp2Settings:
        return true;
      default:
        return false;
    }
  });
  if (nominations.too_many()) return Reason::kUpstreamHeader;
  nominations.RemoveFrom(head.headers);
  options->close = nominations.close();
  options->keep_alive = nominations.keep_alive();
  if (head.status == 101) head.upgrade = upgrade;

  Framing framing;
  const Reason reason = ResponseFraming(fields, method, head.status, head.version, &framing);
  head.framing = framing.body;
  head.content_length = framing.content_length;
  head.has_content_length = framing.has_content_length;
  return reason;
}

Reason ValidateTrailers(HeaderMap& trailers, const NameSet* managed, size_t* dropped) {
  if (trailers.Has(HeaderId::kContentLength) || trailers.Has(HeaderId::kTransferEncoding)) return Reason::kH1ClTe;
  FieldWalk walk(managed);
  *dropped = trailers.RemoveIf([&](const HeaderField& field) {
    if (field.id != HeaderId::kOther && Has(kNeverTrailers, field.id)) return true;
    for (const std::string_view name : kNeverTrailerNames) {
      if (field.id == HeaderId::kOther && field.name == name) return true;
    }
    return walk.Removes(field);
  });
  return Reason::kNone;
}

}  // namespace sp::http
