#include "core/http/h1/encoder.h"

#include <cassert>
#include <cstring>

#include "core/http/reply.h"

namespace sp::h1 {
namespace {

using http::BodyFraming;
using http::HeaderField;
using http::HeaderId;

constexpr size_t kMaxNumber = 20;  // digits of a uint64_t

// False where no byte of `text` is below `Limit`, found out eight bytes at a time; true where there may be one.
template <uint8_t Limit>
bool MayHoldBelow(std::string_view text) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  size_t i = 0;
  uint64_t found = 0;
  for (; i + 8 <= text.size(); i += 8) {
    uint64_t word;
    std::memcpy(&word, text.data() + i, 8);
    found |= (word - kOnes * Limit) & ~word & kOnes * 0x80;
  }
  for (; i < text.size(); ++i) found |= static_cast<unsigned char>(text[i]) < Limit;
  return found != 0;
}

// True where `text` holds CR, LF or NUL.
bool BreaksLine(std::string_view text) {
  if (!MayHoldBelow<0x0e>(text)) return false;
  for (const char c : text) {
    if (c == '\r' || c == '\n' || c == 0) return true;
  }
  return false;
}

// A part of the request line or Host: `fallback` in place of one that would end it early.
std::string_view OneWord(std::string_view text, std::string_view fallback) {
  const bool broken = MayHoldBelow<0x21>(text);
  assert(!broken && "a space or control byte in a request line");
  return broken ? fallback : text;
}

// Fields that are written from the head's members. Their ids come first in the list.
bool IsWrittenByUs(HeaderId id) { return id != HeaderId::kOther && id <= HeaderId::kTe; }

bool MayWrite(const HeaderField& field) {
  if (IsWrittenByUs(field.id)) return false;
  const bool broken = BreaksLine(field.value) || (field.id == HeaderId::kOther && BreaksLine(field.name));
  assert(!broken && "a field that would end its line");
  return !broken;
}

// Writes into the write slab; the caller has made sure of the room.
class Writer {
 public:
  explicit Writer(char* at) : begin_(at), at_(at) {}
  void Put(std::string_view text) {
    if (text.empty()) return;  // its data may be null
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }
  void PutField(std::string_view name, std::string_view value) {
    Put(name);
    Put(": ");
    Put(value);
    Put("\r\n");
  }
  void PutFields(const http::HeaderMap& fields) {
    for (const HeaderField& field : fields) {
      if (MayWrite(field)) PutField(field.name, field.value);
    }
  }
  void PutNumber(uint64_t number) {
    char digits[kMaxNumber];
    size_t count = 0;
    do {
      digits[count++] = static_cast<char>('0' + number % 10);
      number /= 10;
    } while (number > 0);
    while (count > 0) *at_++ = digits[--count];
  }
  void PutHex(uint64_t number) {
    int shift = 60;
    while (shift > 0 && (number >> shift) == 0) shift -= 4;
    for (; shift >= 0; shift -= 4) *at_++ = "0123456789abcdef"[number >> shift & 15];
  }
  void PutContentLength(uint64_t length) {
    Put("content-length: ");
    PutNumber(length);
    Put("\r\n");
  }
  size_t size() const { return static_cast<size_t>(at_ - begin_); }

 private:
  char* begin_;
  char* at_;
};

size_t RoomFor(const http::HeaderMap& fields) {
  size_t room = 0;
  for (const HeaderField& field : fields) room += field.name.size() + field.value.size() + 4;
  return room;
}

// `HTTP/1.1 200 OK\r\n`. The version is ours, not the client's (RFC 9110 section 6.2).
void PutStatusLine(Writer& out, uint16_t status) {
  if (status == 200) return out.Put("HTTP/1.1 200 OK\r\n");
  out.Put("HTTP/1.1 ");
  out.PutNumber(status);
  out.Put(" ");
  out.Put(http::PhraseOf(status));
  out.Put("\r\n");
}

constexpr size_t kStatusLineRoom = 64;
constexpr size_t kFramingRoom = 128;  // content-length or transfer-encoding, connection, the empty line

void PutRequestLine(Writer& out, const http::RequestHead& head) {
  const std::string_view method = TextOf(head.method);
  out.Put(method.empty() ? OneWord(head.method_text, "GET") : method);
  out.Put(" ");
  out.Put(OneWord(head.path, "/"));
  if (head.has_query) {
    out.Put("?");
    out.Put(OneWord(head.query, ""));
  }
  out.Put(" HTTP/1.1\r\n");
}

void PutRequestFraming(Writer& out, const http::RequestHead& head) {
  switch (head.framing) {
    case BodyFraming::kLength:
      return out.PutContentLength(head.content_length);
    case BodyFraming::kChunked:
    case BodyFraming::kUntilClose:  // no request is; its body must end somewhere
      return out.Put("transfer-encoding: chunked\r\n");
    case BodyFraming::kNone:
      break;
  }
  const bool usually_has_content =
      head.method == http::Method::kPost || head.method == http::Method::kPut || head.method == http::Method::kPatch;
  if (usually_has_content) out.PutContentLength(0);
}

}  // namespace

Slice EncodeRequestHead(const http::RequestHead& head, SlabPool& pool) {
  const size_t line = head.method_text.size() + 8 + head.path.size() + head.query.size() + head.authority.size() + 64;
  Writer out(pool.BeginWrite(line + RoomFor(head.headers) + kFramingRoom));
  PutRequestLine(out, head);
  out.PutField("host", OneWord(head.authority, ""));
  out.PutFields(head.headers);
  PutRequestFraming(out, head);
  out.Put("\r\n");
  return pool.EndWrite(out.size());
}

Slice EncodeResponseHead(const http::ResponseHead& head, const AnswerFraming& framing, ConnectionField connection,
                         SlabPool& pool) {
  Writer out(pool.BeginWrite(kStatusLineRoom + RoomFor(head.headers) + kFramingRoom));
  PutStatusLine(out, head.status);
  out.PutFields(head.headers);
  if (framing.write_content_length) {
    out.PutContentLength(framing.content_length);
  } else if (framing.body == BodyFraming::kChunked) {
    out.Put("transfer-encoding: chunked\r\n");
  }
  if (connection == ConnectionField::kClose) out.Put("connection: close\r\n");
  if (connection == ConnectionField::kKeepAlive) out.Put("connection: keep-alive\r\n");
  out.Put("\r\n");
  return pool.EndWrite(out.size());
}

void AppendChunk(BufferChain&& bytes, SlabPool& pool, BufferChain& out) {
  if (bytes.empty()) return;
  Writer line(pool.BeginWrite(kMaxNumber + 2));
  line.PutHex(bytes.size());
  line.Put("\r\n");
  out.Append(pool.EndWrite(line.size()));
  out.Append(std::move(bytes));
  out.Append(Slice::FromStatic("\r\n"));
}

void AppendLastChunk(const http::HeaderMap* trailers, SlabPool& pool, BufferChain& out) {
  if (trailers == nullptr || trailers->size() == 0) return out.Append(Slice::FromStatic("0\r\n\r\n"));
  Writer fields(pool.BeginWrite(RoomFor(*trailers) + 8));
  fields.Put("0\r\n");
  fields.PutFields(*trailers);
  fields.Put("\r\n");
  out.Append(pool.EndWrite(fields.size()));
}

}  // namespace sp::h1
