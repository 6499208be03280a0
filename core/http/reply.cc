#include "core/http/reply.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "core/http/ascii.h"

namespace sp::http {
namespace {

struct Phrase {
  uint16_t status;
  std::string_view text;
};

// IANA's registry of status codes.
constexpr std::array<Phrase, 61> kPhrases = {{{100, "Continue"},
                                              {101, "Switching Protocols"},
                                              {102, "Processing"},
                                              {103, "Early Hints"},
                                              {200, "OK"},
                                              {201, "Created"},
                                              {202, "Accepted"},
                                              {203, "Non-Authoritative Information"},
                                              {204, "No Content"},
                                              {205, "Reset Content"},
                                              {206, "Partial Content"},
                                              {207, "Multi-Status"},
                                              {208, "Already Reported"},
                                              {226, "IM Used"},
                                              {300, "Multiple Choices"},
                                              {301, "Moved Permanently"},
                                              {302, "Found"},
                                              {303, "See Other"},
                                              {304, "Not Modified"},
                                              {305, "Use Proxy"},
                                              {307, "Temporary Redirect"},
                                              {308, "Permanent Redirect"},
                                              {400, "Bad Request"},
                                              {401, "Unauthorized"},
                                              {402, "Payment Required"},
                                              {403, "Forbidden"},
                                              {404, "Not Found"},
                                              {405, "Method Not Allowed"},
                                              {406, "Not Acceptable"},
                                              {407, "Proxy Authentication Required"},
                                              {408, "Request Timeout"},
                                              {409, "Conflict"},
                                              {410, "Gone"},
                                              {411, "Length Required"},
                                              {412, "Precondition Failed"},
                                              {413, "Content Too Large"},
                                              {414, "URI Too Long"},
                                              {415, "Unsupported Media Type"},
                                              {416, "Range Not Satisfiable"},
                                              {417, "Expectation Failed"},
                                              {421, "Misdirected Request"},
                                              {422, "Unprocessable Content"},
                                              {423, "Locked"},
                                              {424, "Failed Dependency"},
                                              {425, "Too Early"},
                                              {426, "Upgrade Required"},
                                              {428, "Precondition Required"},
                                              {429, "Too Many Requests"},
                                              {431, "Request Header Fields Too Large"},
                                              {451, "Unavailable For Legal Reasons"},
                                              {500, "Internal Server Error"},
                                              {501, "Not Implemented"},
                                              {502, "Bad Gateway"},
                                              {503, "Service Unavailable"},
                                              {504, "Gateway Timeout"},
                                              {505, "HTTP Version Not Supported"},
                                              {506, "Variant Also Negotiates"},
                                              {507, "Insufficient Storage"},
                                              {508, "Loop Detected"},
                                              {510, "Not Extended"},
                                              {511, "Network Authentication Required"}}};

// Text grown in the arena.
class ArenaText {
 public:
  explicit ArenaText(Arena& arena) : arena_(arena) {}
  ArenaText& operator<<(std::string_view more) {
    if (!more.empty()) text_ = arena_.Extend(text_, more);
    return *this;
  }
  // As the inside of a JSON string (RFC 8259 section 7). Bytes above 0x7F are given as U+FFFD unless they may be UTF-8
  // as they stand, which only the caller knows, so they are always replaced.
  ArenaText& Escaped(std::string_view raw) {
    static constexpr char kHex[] = "0123456789abcdef";
    for (const char c : raw) {
      const auto byte = static_cast<unsigned char>(c);
      const char escape[] = {'\\', 'u', '0', '0', kHex[byte >> 4], kHex[byte & 15]};
      if (byte >= 0x80) {
        *this << "\\ufffd";
      } else if (c == '"' || c == '\\' || byte < 0x20 || byte == 0x7f) {
        *this << std::string_view(escape, sizeof(escape));
      } else {
        *this << std::string_view(&c, 1);
      }
    }
    return *this;
  }
  ArenaText& Status(uint16_t status) {
    const char digits[] = {static_cast<char>('0' + status / 100 % 10), static_cast<char>('0' + status / 10 % 10),
                           static_cast<char>('0' + status % 10)};
    return *this << std::string_view(digits, sizeof(digits));
  }
  std::string_view text() const { return text_; }

 private:
  Arena& arena_;
  std::string_view text_;
};

// Letters, digits, `_`, `.`, `-`: what tokens of reasons and registered error types are made of.
bool IsPlainToken(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return Is(c, ascii::kUnreserved) && c != '~'; });
}

}  // namespace

std::string_view PhraseOf(uint16_t status) {
  const auto at = std::lower_bound(kPhrases.begin(), kPhrases.end(), status,
                                   [](const Phrase& phrase, uint16_t wanted) { return phrase.status < wanted; });
  return at != kPhrases.end() && at->status == status ? at->text : std::string_view();
}

std::string_view ProxyStatus(std::string_view proxy_error, std::string_view token, Arena& arena) {
  ArenaText text(arena);
  text << "sallyport";
  if (!proxy_error.empty() && IsPlainToken(proxy_error)) text << "; error=" << proxy_error;
  if (!token.empty() && IsPlainToken(token)) text << "; details=\"" << token << "\"";
  return text.text();
}

Slice MakeProblem(const ReplyText& reply, SlabPool& pool, ResponseHead& head) {
  Arena& arena = head.headers.arena();
  head.status = reply.status;
  head.headers.Add(HeaderId::kContentType, "application/problem+json");
  head.headers.Add(HeaderId::kProxyStatus, ProxyStatus(reply.proxy_error, reply.token, arena));
  if (reply.status == 405) head.headers.Add(HeaderId::kAllow, "GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH");

  ArenaText body(arena);
  // RFC 9457 section 4.2.1: with about:blank the title is the status phrase.
  body << R"({"type":"about:blank","title":")" << PhraseOf(reply.status) << R"(","status":)";
  body.Status(reply.status);
  if (!reply.token.empty()) (body << R"(,"reason":")").Escaped(reply.token) << "\"";
  if (!reply.detail.empty()) (body << R"(,"detail":")").Escaped(reply.detail) << "\"";
  body << "}\n";
  head.framing = BodyFraming::kLength;
  head.content_length = body.text().size();
  head.has_content_length = true;
  return pool.Copy(body.text());
}

Slice MakeProblem(Reason reason, SlabPool& pool, ResponseHead& head, uint16_t status) {
  const ReasonInfo& info = InfoOf(reason);
  uint16_t chosen = status != 0 ? status : info.status;
  if (chosen == 0) chosen = 500;
  return MakeProblem({.status = chosen, .token = info.token, .proxy_error = info.proxy_error, .detail = {}}, pool,
                     head);
}

}  // namespace sp::http
