// Encoder: heads, chunks and trailers as bytes. A head is written in one piece straight into the worker's write slab;
// body bytes are never copied.
//
// The last guard against response splitting (THREATS T56, T64): a field whose name or value holds CR, LF or NUL is a
// bug of whoever set it; it asserts in debug builds and is left out in release builds. Framing, Host and Connection
// fields in the map are left out too: they are written from the head's members alone.
#pragma once

#include <cstdint>

#include "core/base/buffer_chain.h"
#include "core/http/head.h"

namespace sp::h1 {

enum class ConnectionField : uint8_t { kNone, kClose, kKeepAlive };

struct AnswerFraming {
  http::BodyFraming body = http::BodyFraming::kNone;
  bool write_content_length = false;
  uint64_t content_length = 0;
};

// Request line in origin-form (or `*`), Host from `head.authority`, framing from the head; a request of a method that
// usually has content says `content-length: 0` where it has none (RFC 9110 section 8.6).
Slice EncodeRequestHead(const http::RequestHead& head, SlabPool& pool);
Slice EncodeResponseHead(const http::ResponseHead& head, const AnswerFraming& framing, ConnectionField connection,
                         SlabPool& pool);

// One chunk of all the bytes; nothing where there are none.
void AppendChunk(BufferChain&& bytes, SlabPool& pool, BufferChain& out);
// The last chunk, with trailers where given.
void AppendLastChunk(const http::HeaderMap* trailers, SlabPool& pool, BufferChain& out);

}  // namespace sp::h1
