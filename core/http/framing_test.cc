#include "core/http/framing.h"

#include <string>

#include "test/support/catch.h"

// The second opinion: the same rules as the codec's, here without one.
namespace sp::http {
namespace {

FramingFields Lengths(std::string_view value, uint32_t lines = 1) {
  FramingFields fields;
  fields.content_lengths = lines;
  fields.content_length = value;
  return fields;
}

FramingFields Codings(std::string_view value, uint32_t lines = 1) {
  FramingFields fields;
  fields.transfer_encodings = lines;
  fields.transfer_encoding = value;
  return fields;
}

Reason OfRequest(const FramingFields& fields, Framing* out, Method method = Method::kPost,
                 Version version = Version::kHttp11, uint64_t limit = INT64_MAX) {
  return RequestFraming(fields, method, version, limit, out);
}

TEST_CASE("T1 T2 T3 T4: lengths of requests") {
  Framing framing;
  FramingFields both = Lengths("5");
  both.transfer_encodings = 1;
  both.transfer_encoding = "chunked";
  CHECK(OfRequest(both, &framing) == Reason::kH1ClTe);
  CHECK(OfRequest(Lengths("6", 2), &framing) == Reason::kH1ClDup);
  CHECK(OfRequest(Lengths("6, 6"), &framing) == Reason::kH1ClDup);
  for (const char* value : {"", "+5", "-0", "0x5", "5 5", "5;", "5_0", " 5", "5\x85"}) {
    CHECK(OfRequest(Lengths(value), &framing) == Reason::kH1ClBad);
  }
  for (const char* value : {"9223372036854775808", "18446744073709551615", "1000000000000000000000000000000"}) {
    CHECK(OfRequest(Lengths(value), &framing) == Reason::kH1BodyLimit);
  }
  CHECK(OfRequest(Lengths("9223372036854775807"), &framing) == Reason::kNone);
  CHECK(framing.content_length == INT64_MAX);
  CHECK(OfRequest(Lengths("005"), &framing) == Reason::kNone);
  CHECK(framing.content_length == 5);
  CHECK(OfRequest(Lengths("0000000000000000000000000000005"), &framing) == Reason::kNone);
  CHECK(framing.content_length == 5);
  CHECK(OfRequest(Lengths("6"), &framing, Method::kPost, Version::kHttp11, 5) == Reason::kH1BodyLimit);
}

TEST_CASE("T5 T6 T7: codings of requests") {
  Framing framing;
  CHECK(OfRequest(Codings("Chunked"), &framing) == Reason::kNone);
  CHECK(framing.body == BodyFraming::kChunked);
  for (const char* value : {"identity", "xchunked", "\"chunked\"", "chunked;q=1", "chunked, gzip", "", ",chunked",
                            "chunked,", "chunked, chunked", "chunked\x85", "gzip,, chunked"}) {
    CHECK(OfRequest(Codings(value), &framing) == Reason::kH1TeFinal);
  }
  CHECK(OfRequest(Codings("chunked", 2), &framing) == Reason::kH1TeFinal);
  CHECK(OfRequest(Codings("gzip, chunked"), &framing) == Reason::kH1TeUnknown);
  CHECK(OfRequest(Codings("chunked"), &framing, Method::kPost, Version::kHttp10) == Reason::kH1TeHttp10);
  for (const Method method : {Method::kGet, Method::kHead, Method::kDelete}) {
    CHECK(OfRequest(Lengths("1"), &framing, method, Version::kHttp10) == Reason::kH1BodyHttp10);
    CHECK(OfRequest(Lengths("0"), &framing, method, Version::kHttp10) == Reason::kNone);
    CHECK(OfRequest(Lengths("1"), &framing, method, Version::kHttp11) == Reason::kNone);
  }
  CHECK(OfRequest({}, &framing) == Reason::kNone);
  CHECK(framing.body == BodyFraming::kNone);
}

TEST_CASE("T97 T99: responses") {
  Framing framing;
  const auto of = [&framing](const FramingFields& fields, uint16_t status = 200, Method method = Method::kGet,
                             Version version = Version::kHttp11) {
    return ResponseFraming(fields, method, status, version, &framing);
  };
  CHECK(of({}) == Reason::kNone);
  CHECK(framing.body == BodyFraming::kUntilClose);
  CHECK(of(Lengths("5")) == Reason::kNone);
  CHECK(framing.body == BodyFraming::kLength);
  CHECK(of(Codings("chunked")) == Reason::kNone);
  CHECK(framing.body == BodyFraming::kChunked);
  for (const uint16_t status : {100, 103, 204, 304}) {
    CHECK(of(Lengths("5"), status) == Reason::kNone);
    CHECK(framing.body == BodyFraming::kNone);
    CHECK(framing.has_content_length == (status == 304));
  }
  CHECK(of(Lengths("5"), 200, Method::kHead) == Reason::kNone);
  CHECK(framing.body == BodyFraming::kNone);
  CHECK(framing.has_content_length);
  for (const FramingFields& bad : {Lengths("5", 2), Lengths("5,5"), Lengths("-1"), Lengths("99999999999999999999"),
                                   Codings("gzip"), Codings("gzip, chunked"), Codings("chunked", 2)}) {
    CHECK(of(bad) == Reason::kUpstreamFraming);
  }
  CHECK(of(Codings("chunked"), 200, Method::kGet, Version::kHttp10) == Reason::kUpstreamFraming);
}

}  // namespace
}  // namespace sp::http
