#include "core/http/h1/decoder.h"

#include <llhttp.h>

#include <algorithm>
#include <cassert>
#include <cstring>

#include "core/http/ascii.h"
#include "core/http/h1/field_reason.h"
#include "core/http/h1/limits.h"
#include "core/http/h1/start_line.h"

namespace sp::h1 {
namespace {

constexpr std::string_view kCrLf = "\r\n";

Decoder& Self(llhttp_t* parser) { return *static_cast<Decoder*>(parser->data); }

llhttp_t& ParserIn(char* storage) { return *reinterpret_cast<llhttp_t*>(storage); }

}  // namespace

// What llhttp tells. A piece is only noted here; checks are made when a field is complete, which is at the same byte in
// any split.
struct Decoder::Callbacks {
  static int OnName(llhttp_t* parser, const char* at, size_t size) {
    Decoder& d = Self(parser);
    Note(d, {at, size}, &d.name_, &d.input_name_);
    return 0;
  }
  static int OnValue(llhttp_t* parser, const char* at, size_t size) {
    Decoder& d = Self(parser);
    Note(d, {at, size}, &d.value_, &d.input_value_);
    return 0;
  }
  static int OnFieldComplete(llhttp_t* parser) { return Self(parser).FinishField() ? 0 : HPE_USER; }
  static int OnSectionComplete(llhttp_t*) { return HPE_PAUSED; }

  static void Note(Decoder& d, std::string_view piece, std::string_view* whole, bool* in_input) {
    if (piece.empty()) return;
    if (whole->empty()) {
      *whole = piece;
      *in_input = true;
      return;
    }
    if (*in_input) *whole = d.arena_->Copy(*whole);
    *in_input = false;
    *whole = d.arena_->Extend(*whole, piece);
  }

  // A parser that has read a start line. llhttp sees no other: ours was checked before, and which it was does not
  // matter to the fields. Copying it is how a message begins.
  static llhttp_t Primed(llhttp_type_t type, std::string_view start_line) {
    static const llhttp_settings_t* const settings = [] {
      static llhttp_settings_t s;
      llhttp_settings_init(&s);
      s.on_header_field = OnName;
      s.on_header_value = OnValue;
      s.on_header_value_complete = OnFieldComplete;
      s.on_headers_complete = OnSectionComplete;
      s.on_message_complete = OnSectionComplete;
      return &s;
    }();
    llhttp_t parser;
    llhttp_init(&parser, type, settings);
    [[maybe_unused]] const llhttp_errno_t result = llhttp_execute(&parser, start_line.data(), start_line.size());
    assert(result == HPE_OK);
    return parser;
  }
};

void Decoder::Begin(Arena& arena, http::HeaderMap& fields) {
  static_assert(sizeof(llhttp_t) <= kParserBytes);
  arena_ = &arena;
  fields_ = &fields;
  trailers_ = nullptr;
  state_ = State::kStartLine;
  reason_ = Reason::kNone;
  started_ = input_name_ = input_value_ = false;
  leading_ = 0;
  last_byte_ = '\n';
  line_ = name_ = value_ = body_ = {};
  section_bytes_ = remaining_ = body_bytes_ = 0;
}

void Decoder::BeginRequest(http::RequestHead& head) {
  static const llhttp_t primed = Callbacks::Primed(HTTP_REQUEST, "POST / HTTP/1.1\r\n");
  Begin(head.headers.arena(), head.headers);
  request_ = &head;
  response_ = nullptr;
  std::memcpy(parser_, &primed, sizeof(primed));
  ParserIn(parser_).data = this;
}

void Decoder::BeginResponse(http::ResponseHead& head) {
  static const llhttp_t primed = Callbacks::Primed(HTTP_RESPONSE, "HTTP/1.1 200 OK\r\n");
  Begin(head.headers.arena(), head.headers);
  response_ = &head;
  request_ = nullptr;
  std::memcpy(parser_, &primed, sizeof(primed));
  ParserIn(parser_).data = this;
}

void Decoder::BeginBody(http::BodyFraming framing, uint64_t length, uint64_t max_bytes) {
  assert(state_ == State::kHeadDone);
  max_body_bytes_ = max_bytes;
  switch (framing) {
    case http::BodyFraming::kNone:
      state_ = State::kEnd;
      return;
    case http::BodyFraming::kLength:
      remaining_ = length;
      state_ = length == 0 ? State::kEnd : State::kLength;
      return;
    case http::BodyFraming::kChunked:
      chunk_line_.Reset();
      llhttp_resume(&ParserIn(parser_));
      state_ = State::kChunkLine;
      return;
    case http::BodyFraming::kUntilClose:
      state_ = State::kUntilClose;
      return;
  }
}

Decoder::Event Decoder::Read(std::string_view bytes, size_t* used) {
  *used = 0;
  while (true) {
    if (state_ == State::kEnd) return Event::kEnd;
    if (state_ == State::kFailed) return Event::kError;
    if (*used == bytes.size()) return Event::kMore;
    const std::string_view rest = bytes.substr(*used);
    size_t taken = 0;
    const Event event = ReadPart(rest, &taken);
    *used += taken;
    if (event != Event::kMore) return event;
  }
}

Decoder::Event Decoder::ReadPart(std::string_view bytes, size_t* used) {
  switch (state_) {
    case State::kStartLine:
      return ReadStartLine(bytes, used);
    case State::kFields:
    case State::kTrailers:
      return ReadFields(bytes, used);
    case State::kLength:
      return ReadLength(bytes, used);
    case State::kChunkLine:
      return ReadChunkLine(bytes, used);
    case State::kChunkData:
    case State::kChunkEnd:
      return ReadChunkData(bytes, used);
    case State::kUntilClose:
      body_ = bytes;
      *used = bytes.size();
      return Event::kBody;
    case State::kHeadDone:
    case State::kEnd:
    case State::kFailed:
      break;
  }
  assert(false && "BeginBody was not called");
  return Fail(Reason::kH1Truncated);
}

Decoder::Event Decoder::ReadEnd() {
  if (state_ == State::kUntilClose) state_ = State::kEnd;
  return state_ == State::kEnd ? Event::kEnd : Fail(Reason::kH1Truncated);
}

// ------------------------------------------------------------------------------------------------------ start line

// RFC 9112 section 2.2: some empty lines ahead of a request line are passed over. Returns how many bytes; any other use
// of line ends there is an error.
size_t Decoder::SkipLeadingLines(std::string_view bytes) {
  size_t i = 0;
  for (; i < bytes.size() && !started_; ++i) {
    const bool behind_cr = (leading_ & 1) == 1;
    if (!behind_cr && bytes[i] != '\r' && bytes[i] != '\n') break;
    if (bytes[i] != (behind_cr ? '\n' : '\r') || ++leading_ > 2 * kMaxLeadingLines) {
      Fail(Reason::kH1RequestLine);
      break;
    }
  }
  return i;
}

Decoder::Event Decoder::ReadStartLine(std::string_view bytes, size_t* used) {
  if (request_ != nullptr) *used = SkipLeadingLines(bytes);
  if (state_ == State::kFailed) return Event::kError;
  if (*used == bytes.size()) return Event::kMore;
  started_ = true;
  bytes.remove_prefix(*used);

  const size_t limit = request_ != nullptr ? RequestLineLimit(*limits_) : kMaxStatusLineBytes;
  const std::string_view window = bytes.substr(0, limit - line_.size());
  const size_t end = window.find('\n');
  const bool whole = end != std::string_view::npos;
  const std::string_view piece = whole ? window.substr(0, end + 1) : window;
  *used += piece.size();
  line_ = line_.empty() ? arena_->Copy(piece) : arena_->Extend(line_, piece);
  if (!whole && line_.size() < limit) {
    const bool may = request_ != nullptr ? MayBeRequestLine(line_) : MayBeStatusLine(line_);
    return may ? Event::kMore : Fail(ParseStartLine(line_));
  }
  const Reason reason = ParseStartLine(line_);
  if (reason != Reason::kNone) return Fail(reason);
  state_ = State::kFields;
  return Event::kMore;
}

Reason Decoder::ParseStartLine(std::string_view line) {
  if (request_ != nullptr) {
    RequestLine parsed;
    const Reason reason = ParseRequestLine(line, *limits_, &parsed);
    request_->method_text = parsed.method;
    request_->target = parsed.target;
    request_->version = parsed.version;
    return reason;
  }
  StatusLine parsed;
  const Reason reason = ParseStatusLine(line, &parsed);
  response_->status = parsed.status;
  response_->version = parsed.version;
  return reason;
}

// ---------------------------------------------------------------------------------------------------------- fields

Decoder::Event Decoder::ReadFields(std::string_view bytes, size_t* used) {
  // llhttp never sees more than the limit, so what it says of a section that is too long does not depend on the split.
  const uint64_t left = limits_->max_header_bytes - section_bytes_;
  const std::string_view window = bytes.substr(0, static_cast<size_t>(std::min<uint64_t>(left, bytes.size())));
  const bool paused = Feed(window, used);
  section_bytes_ += *used;
  if (reason_ != Reason::kNone) return Fail(reason_);
  if (paused && state_ == State::kFields) {
    state_ = State::kHeadDone;
    return Event::kHead;
  }
  if (paused) {
    state_ = State::kEnd;
    if (fields_->size() > 0) trailers_ = fields_;
    return trailers_ != nullptr ? Event::kTrailers : Event::kEnd;
  }
  if (window.size() < bytes.size()) return Fail(Reason::kH1HeaderBytes);
  KeepPieces();
  return Event::kMore;
}

// Gives bytes to llhttp. True where it paused: the head, or the message, is complete. An error is left in reason_.
bool Decoder::Feed(std::string_view bytes, size_t* used) {
  llhttp_t& parser = ParserIn(parser_);
  const llhttp_errno_t result = llhttp_execute(&parser, bytes.data(), bytes.size());
  if (result == HPE_OK) {
    *used = bytes.size();
    if (!bytes.empty()) last_byte_ = bytes.back();
    return false;
  }
  *used = static_cast<size_t>(llhttp_get_error_pos(&parser) - bytes.data());
  if (result == HPE_PAUSED) return true;
  if (reason_ == Reason::kNone) reason_ = FieldReason(parser, bytes, last_byte_);
  return false;
}

// A field is complete: its name is lower-cased and looked up, both move into the arena unless they are there.
bool Decoder::FinishField() {
  if (fields_->size() >= limits_->max_header_count) {
    reason_ = Reason::kH1HeaderCount;
    return false;
  }
  char small[64];
  const size_t size = name_.size();
  char* lower = size <= sizeof(small) ? small : static_cast<char*>(arena_->Allocate(size, 1));
  http::LowerInto(name_, lower);
  const std::string_view name(lower, size);
  const std::string_view trimmed = http::Trim(value_);
  const std::string_view value = input_value_ ? arena_->Copy(trimmed) : trimmed;
  const http::HeaderId id = http::HeaderIdOf(name);
  if (id != http::HeaderId::kOther) {
    fields_->Add(id, value);
  } else {
    fields_->AddUnknown(lower == small ? arena_->Copy(name) : name, value);
  }
  name_ = value_ = {};
  input_name_ = input_value_ = false;
  return true;
}

// What is known of an unfinished field moves into the arena before the caller's bytes go.
void Decoder::KeepPieces() {
  if (input_name_) name_ = arena_->Copy(name_);
  if (input_value_) value_ = arena_->Copy(value_);
  input_name_ = input_value_ = false;
}

// ---------------------------------------------------------------------------------------------------------- bodies

Decoder::Event Decoder::ReadLength(std::string_view bytes, size_t* used) {
  body_ = bytes.substr(0, static_cast<size_t>(std::min<uint64_t>(remaining_, bytes.size())));
  remaining_ -= body_.size();
  *used = body_.size();
  if (remaining_ == 0) state_ = State::kEnd;
  return Event::kBody;
}

Decoder::Event Decoder::ReadChunkLine(std::string_view bytes, size_t* used) {
  Reason ours = Reason::kNone;
  const size_t good = chunk_line_.Read(bytes, &ours);
  // llhttp reads the good bytes before ours is told, so that whichever of the two objects first is heard.
  Feed(bytes.substr(0, good), used);
  if (reason_ != Reason::kNone) {
    const llhttp_errno_t error = llhttp_get_errno(&ParserIn(parser_));
    return Fail(error == HPE_INVALID_CHUNK_SIZE ? Reason::kH1ChunkSize : Reason::kH1ChunkExt);
  }
  if (ours != Reason::kNone) return Fail(ours);
  if (!chunk_line_.complete()) return Event::kMore;

  const uint64_t size = chunk_line_.size();
  chunk_line_.Next();
  if (size == 0) {
    state_ = State::kTrailers;
    section_bytes_ = 0;
    trailers_ = nullptr;
    fields_ = arena_->New<http::HeaderMap>(*arena_);
    return Event::kMore;
  }
  if (size > max_body_bytes_ || body_bytes_ > max_body_bytes_ - size) return Fail(Reason::kH1BodyLimit);
  body_bytes_ += size;
  remaining_ = size;
  state_ = State::kChunkData;
  return Event::kMore;
}

Decoder::Event Decoder::ReadChunkData(std::string_view bytes, size_t* used) {
  if (state_ == State::kChunkData) {
    body_ = bytes.substr(0, static_cast<size_t>(std::min<uint64_t>(remaining_, bytes.size())));
    Feed(body_, used);
    if (reason_ != Reason::kNone) return Fail(Reason::kH1ChunkEnd);
    remaining_ -= body_.size();
    if (remaining_ == 0) {
      state_ = State::kChunkEnd;
      remaining_ = kCrLf.size();
    }
    return Event::kBody;
  }
  while (*used < bytes.size() && remaining_ > 0) {
    size_t one = 0;
    const char wanted = kCrLf[kCrLf.size() - remaining_];
    if (bytes[*used] == wanted) Feed(bytes.substr(*used, 1), &one);
    if (one == 0 || reason_ != Reason::kNone) return Fail(Reason::kH1ChunkEnd);
    ++*used;
    --remaining_;
  }
  if (remaining_ == 0) state_ = State::kChunkLine;
  return Event::kMore;
}

Decoder::Event Decoder::Fail(Reason reason) {
  state_ = State::kFailed;
  reason_ = reason;
  return Event::kError;
}

}  // namespace sp::h1
