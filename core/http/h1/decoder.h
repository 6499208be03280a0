// Decoder: bytes of one HTTP/1 message, pulled into events. Requests and responses alike.
//
//   decoder.BeginRequest(head);
//   while (!bytes.empty()) {
//     size_t used;
//     switch (decoder.Read(bytes, &used)) { … }      // one event at a time, so the caller may stop after any
//     bytes.remove_prefix(used);
//   }
//
// Three readers, each strict, none with a lenient flag:
//   start line   ours (start_line.h): llhttp takes HTTP/0.9 forms, other protocols' names, several spaces, and knows
//                fewer methods than are registered
//   fields       llhttp, for head and trailers; limits are ours, since llhttp has none
//   chunks       ours (chunk_line.h) in front of llhttp: both must agree on every byte before it counts
// A body with a length needs no reader. What follows a message is never looked at here.
//
// The verdict and the events depend on the bytes alone, never on how they were cut (T23): every check is made at a byte
// that is the same in any split. Time is linear in the bytes.
//
// Text goes into the head's arena; a body piece is a view into the caller's bytes. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/base/reason.h"
#include "core/http/h1/chunk_line.h"
#include "core/http/head.h"
#include "core/http/limits.h"

namespace sp::h1 {

class Decoder {
 public:
  enum class Event : uint8_t {
    kMore,      // all bytes used, none of the below
    kHead,      // the head is complete; BeginBody must follow
    kBody,      // body() is a piece of body
    kTrailers,  // trailers() is complete and not empty; kEnd follows
    kEnd,       // the message is complete
    kError      // reason(); nothing behind it may be read
  };

  // `limits` must outlive the decoder.
  explicit Decoder(const http::HttpLimits& limits) : limits_(&limits) {}

  // Starts a message. `head` must stay where it is until the message is over.
  void BeginRequest(http::RequestHead& head);
  void BeginResponse(http::ResponseHead& head);
  // What follows the head just read, and how much of it is accepted.
  void BeginBody(http::BodyFraming framing, uint64_t length, uint64_t max_bytes);

  Event Read(std::string_view bytes, size_t* used);
  // The peer has closed in order: kEnd where that ends the message, else kError (kH1Truncated).
  Event ReadEnd();

  std::string_view body() const { return body_; }
  http::HeaderMap& trailers() { return *trailers_; }
  Reason reason() const { return reason_; }
  // Something of the message was read (empty lines ahead of a request do not count).
  bool started() const { return started_; }
  // The next Read gives kEnd without any bytes.
  bool at_end() const { return state_ == State::kEnd; }
  // Body bytes still to come; 0 where that is not known.
  uint64_t remaining_length() const { return state_ == State::kLength ? remaining_ : 0; }

 private:
  enum class State : uint8_t {
    kStartLine,
    kFields,
    kHeadDone,
    kLength,
    kChunkLine,
    kChunkData,
    kChunkEnd,
    kTrailers,
    kUntilClose,
    kEnd,
    kFailed
  };
  struct Callbacks;
  friend struct Callbacks;

  void Begin(Arena& arena, http::HeaderMap& fields);
  Event ReadPart(std::string_view bytes, size_t* used);
  Event ReadStartLine(std::string_view bytes, size_t* used);
  size_t SkipLeadingLines(std::string_view bytes);
  Reason ParseStartLine(std::string_view line);
  Event ReadFields(std::string_view bytes, size_t* used);
  Event ReadChunkLine(std::string_view bytes, size_t* used);
  Event ReadChunkData(std::string_view bytes, size_t* used);
  Event ReadLength(std::string_view bytes, size_t* used);
  bool Feed(std::string_view bytes, size_t* used);
  bool FinishField();
  void KeepPieces();
  Event Fail(Reason reason);

  static constexpr size_t kParserBytes = 128;
  alignas(8) char parser_[kParserBytes];  // llhttp_t
  const http::HttpLimits* limits_;
  Arena* arena_ = nullptr;
  http::RequestHead* request_ = nullptr;  // one of the two
  http::ResponseHead* response_ = nullptr;
  http::HeaderMap* fields_ = nullptr;  // where fields go now: the head's, or trailers

  State state_ = State::kEnd;
  Reason reason_ = Reason::kNone;
  bool started_ = false;
  bool input_name_ = false;   // name_ still points into the caller's bytes
  bool input_value_ = false;  // the same of value_
  char last_byte_ = 0;        // of what llhttp was given before
  uint8_t leading_ = 0;       // bytes of empty lines before a request line
  std::string_view line_;     // a start line that came in pieces
  std::string_view name_;     // of the field being read
  std::string_view value_;
  uint64_t section_bytes_ = 0;  // of the field section so far
  uint64_t remaining_ = 0;      // of kLength or of a chunk
  uint64_t body_bytes_ = 0;     // sum of chunk sizes
  uint64_t max_body_bytes_ = 0;
  ChunkLine chunk_line_;
  std::string_view body_;
  http::HeaderMap* trailers_ = nullptr;  // in the arena; null without any
};

}  // namespace sp::h1
