// TextTemplate: a text with fields of the exchange in braces, compiled when the configuration is read.
//
//   "{client.address} via {listener}"   "{metadata.auth.sub|anonymous}"   "{{literally}}"
//
//   request.method  request.scheme  request.host  request.authority  request.path  request.query  request.target
//   request.id  request.header.NAME  response.status  response.header.NAME
//   client.address  peer.address  local.address  protocol  listener  route_table  route  cluster  upstream.address
//   tls.version  tls.cipher  tls.sni  tls.peer.subject  tls.peer.sans  tls.peer.fingerprint  metadata.FILTER.KEY
//
// `|text` behind a field stands where the field has no value. What a field brings is data: braces in it are never
// expanded (THREATS T64). A header has its first line's value.
#pragma once

#include <sallyport/sdk.hpp>

#include <cstring>

namespace sallyport {

// Characters that may not stand in a header value (RFC 9110 section 5.5: HTAB may).
inline bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && byte != '\t') || byte == 0x7f;
  });
}

// Where a text is put together: on the stack, longer ones in the stream's memory, at most 64 KiB.
class TextBuffer {
 public:
  explicit TextBuffer(Exchange& x) : exchange_(x) {}
  TextBuffer(const TextBuffer&) = delete;
  TextBuffer& operator=(const TextBuffer&) = delete;
  // False where the text would become too long.
  bool append(std::string_view text) {
    if (text.size() > capacity_ - size_ && !grow(text.size())) return false;
    if (!text.empty()) std::memcpy(data_ + size_, text.data(), text.size());
    size_ += text.size();
    return true;
  }
  std::string_view view() const { return {data_, size_}; }

 private:
  static constexpr size_t kLimit = 64 * 1024;
  bool grow(size_t by) {
    if (by > kLimit - size_) return false;
    capacity_ = std::min(kLimit, std::max(capacity_ * 2, size_ + by));
    auto* bigger = static_cast<char*>(exchange_.alloc(capacity_, 1));
    std::memcpy(bigger, data_, size_);
    data_ = bigger;
    return true;
  }
  Exchange& exchange_;
  size_t size_ = 0, capacity_ = 512;
  char inline_[512];
  char* data_ = inline_;
};

class TextTemplate {
 public:
  TextTemplate() = default;
  // The text at `j`; what is wrong with it is reported there. In a template of the request, fields of the response are.
  TextTemplate(const Json& j, uint32_t direction) { compile(j, j.str(), direction); }

  // The text, or nothing where a field has no value. A view: into this, `buffer` or the stream.
  std::optional<std::string_view> expand(Exchange& x, TextBuffer& buffer) const {
    char digits[32];
    if (parts_.size() == 1) {  // a literal or a field alone needs no putting together
      const auto value = value_of(x, parts_[0], digits);
      if (!value || value->data() != digits) return value;
      buffer.append(*value);
      return buffer.view();
    }
    for (const Part& part : parts_) {
      const auto value = value_of(x, part, digits);
      if (!value || !buffer.append(*value)) return std::nullopt;
    }
    return buffer.view();
  }
  // From now on a field without a value is an empty text instead of nothing.
  void let_absent_be_empty() {
    for (Part& part : parts_) {
      if (part.source != Source::kLiteral && !part.fallback) part.fallback.emplace();
    }
  }
  // There is no field in it: it is the same for every exchange.
  bool constant() const { return parts_.empty() || (parts_.size() == 1 && parts_[0].source == Source::kLiteral); }
  // The request header `name` is among the fields.
  bool reads_request_header(std::string_view name) const {
    return std::any_of(parts_.begin(), parts_.end(),
                       [&](const Part& part) { return part.source == Source::kRequestHeader && part.text == name; });
  }

 private:
  enum class Source : uint8_t { kLiteral, kPseudo, kFact, kRequestHeader, kResponseHeader, kMetadata };
  struct Part {
    Source source;
    uint32_t id = 0;  // of the pseudo field or fact
    Slot slot = {};
    std::string text;  // the literal, or the header's name
    std::optional<std::string> fallback = {};
  };
  struct Named {
    std::string_view name;
    Source source;
    uint32_t id;
  };
  static constexpr Named kFields[] = {
      {"request.method", Source::kPseudo, SP_METHOD},
      {"request.scheme", Source::kPseudo, SP_SCHEME},
      {"request.authority", Source::kPseudo, SP_AUTHORITY},
      {"request.path", Source::kPseudo, SP_PATH},
      {"request.query", Source::kPseudo, SP_QUERY},
      {"response.status", Source::kPseudo, SP_STATUS},
      {"request.host", Source::kFact, SP_FACT_HOST},
      {"request.target", Source::kFact, SP_FACT_RAW_TARGET},
      {"request.id", Source::kFact, SP_FACT_REQUEST_ID},
      {"client.address", Source::kFact, SP_FACT_CLIENT_ADDRESS},
      {"peer.address", Source::kFact, SP_FACT_PEER_ADDRESS},
      {"local.address", Source::kFact, SP_FACT_LOCAL_ADDRESS},
      {"protocol", Source::kFact, SP_FACT_PROTOCOL},
      {"listener", Source::kFact, SP_FACT_LISTENER},
      {"route_table", Source::kFact, SP_FACT_ROUTE_TABLE},
      {"route", Source::kFact, SP_FACT_ROUTE},
      {"cluster", Source::kFact, SP_FACT_CLUSTER},
      {"upstream.address", Source::kFact, SP_FACT_UPSTREAM_ADDRESS},
      {"tls.version", Source::kFact, SP_FACT_TLS_VERSION},
      {"tls.cipher", Source::kFact, SP_FACT_TLS_CIPHER},
      {"tls.sni", Source::kFact, SP_FACT_TLS_SNI},
      {"tls.peer.subject", Source::kFact, SP_FACT_TLS_PEER_SUBJECT},
      {"tls.peer.sans", Source::kFact, SP_FACT_TLS_PEER_SANS},
      {"tls.peer.fingerprint", Source::kFact, SP_FACT_TLS_PEER_FINGERPRINT},
  };

  void compile(const Json& j, std::string_view text, uint32_t direction) {
    std::string literal;
    const auto flush = [&] {
      if (!literal.empty()) parts_.push_back({.source = Source::kLiteral, .text = std::exchange(literal, {})});
    };
    while (!text.empty()) {
      const char c = text.front();
      const bool doubled = text.size() > 1 && text[1] == c;
      if ((c == '{' || c == '}') && doubled) {
        literal += c;
        text.remove_prefix(2);
      } else if (c == '{') {
        const size_t end = text.find('}');
        if (end == std::string_view::npos) return j.fail("has a { without its }; a literal one is {{");
        flush();
        add_field(j, text.substr(1, end - 1), direction);
        text.remove_prefix(end + 1);
      } else if (c == '}') {
        return j.fail("has a } without its {; a literal one is }}");
      } else {
        literal += c;
        text.remove_prefix(1);
      }
    }
    flush();
    if (parts_.empty()) parts_.push_back({.source = Source::kLiteral, .text = {}});
    for (const Part& part : parts_) {
      const bool literal_control = part.source == Source::kLiteral && has_control(part.text);
      if (literal_control || (part.fallback && has_control(*part.fallback))) j.fail("has a control character in it");
    }
  }

  void add_field(const Json& j, std::string_view field, uint32_t direction) {
    Part part{.source = Source::kLiteral, .text = {}};
    const size_t bar = field.find('|');
    if (bar != std::string_view::npos) part.fallback = std::string(field.substr(bar + 1));
    field = field.substr(0, bar);
    if (!resolve(j, field, part)) return j.fail("names no field: " + std::string(field));
    const bool of_response =
        part.source == Source::kResponseHeader || (part.source == Source::kPseudo && part.id == SP_STATUS);
    if (of_response && direction == SP_REQUEST) {
      return j.fail("there is no response yet where this stands: " + std::string(field));
    }
    parts_.push_back(std::move(part));
  }
  static bool resolve(const Json& j, std::string_view field, Part& part) {
    for (const Named& named : kFields) {
      if (named.name != field) continue;
      part.source = named.source;
      part.id = named.id;
      return true;
    }
    if (starts(field, "request.header.") || starts(field, "response.header.")) {
      part.source = starts(field, "request.") ? Source::kRequestHeader : Source::kResponseHeader;
      part.text = field.substr(field.find('.', field.find('.') + 1) + 1);
      for (char& c : part.text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
      return !part.text.empty();
    }
    if (!starts(field, "metadata.")) return false;
    field.remove_prefix(std::string_view("metadata.").size());
    const size_t dot = field.find('.');
    if (dot == std::string_view::npos || dot == 0 || dot + 1 == field.size()) return false;
    part.source = Source::kMetadata;
    part.slot = j.metadata(field.substr(0, dot), field.substr(dot + 1));
    return true;
  }
  static bool starts(std::string_view text, std::string_view with) { return text.substr(0, with.size()) == with; }

  static std::optional<std::string_view> value_of(const Exchange& x, const Part& part, char* digits) {
    std::optional<std::string_view> found;
    switch (part.source) {
      case Source::kLiteral:
        return std::string_view(part.text);
      case Source::kPseudo:
        found = x.pseudo(part.id);
        break;
      case Source::kFact:
        found = text_of(x.fact(part.id), digits);
        break;
      case Source::kRequestHeader:
        found = x.request_headers().get(part.text);
        break;
      case Source::kResponseHeader:
        found = Headers(x.context(), SP_RESPONSE).get(part.text);
        break;
      case Source::kMetadata:
        found = text_of(x.metadata(part.slot), digits);
        break;
    }
    if ((!found || found->empty()) && part.fallback) return std::string_view(*part.fallback);
    return found;
  }
  static std::optional<std::string_view> text_of(const Value& value, char* digits) {
    if (value.is_text()) return value.text();
    std::to_chars_result end{};
    switch (value.abi().type) {
      case SP_VALUE_BOOL:
        return value.abi().i64 != 0 ? std::string_view("true") : std::string_view("false");
      case SP_VALUE_I64:
        end = std::to_chars(digits, digits + 32, value.abi().i64);
        break;
      case SP_VALUE_F64:
        end = std::to_chars(digits, digits + 32, value.abi().f64);
        break;
      default:
        return std::nullopt;
    }
    return std::string_view(digits, static_cast<size_t>(end.ptr - digits));
  }

  std::vector<Part> parts_;
};

}  // namespace sallyport
