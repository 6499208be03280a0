// The client side: any answer, cut in any way, gives the same events and the same verdict about the connection.
#include <cstdint>
#include <string>
#include <string_view>

#include "core/http/h1/client_connection.h"
#include "core/http/h1/fuzz_split.h"

namespace {

using sp::h1::Require;

class Recorder final : public sp::http::ResponseSink {
 public:
  void OnInformational(sp::http::ResponseHead& head) override {
    Require(!over_ && head.status < 200 && head.status != 101);
    Describe(head);
  }
  void OnResponseHead(sp::http::ResponseHead& head, bool) override {
    Require(!over_ && head.status >= 200 && head.status <= 599);
    Describe(head);
  }
  void OnResponseBody(sp::Slice bytes) override {
    Require(!over_);
    body_ += bytes.view();
  }
  void OnResponseTrailers(sp::http::HeaderMap& trailers) override {
    for (const sp::http::HeaderField& field : trailers) log += std::string(field.name) + "~";
  }
  void OnResponseEnd() override { Over("end"); }
  void OnResponseError(sp::Reason reason, bool untouched) override {
    Require(!untouched);
    Require(sp::InfoOf(reason).status >= 500);
    Over(sp::TokenOf(reason));
  }
  bool over() const { return over_; }

  std::string log;

 private:
  void Describe(const sp::http::ResponseHead& head) {
    log += std::to_string(head.status) + " " + std::to_string(static_cast<int>(head.framing)) + "," +
           std::to_string(head.content_length);
    for (const sp::http::HeaderField& field : head.headers) {
      log += " " + std::string(field.name) + "=" + std::string(field.value);
    }
    log += ";";
  }
  void Over(std::string_view how) {
    Require(!over_);
    over_ = true;
    log += body_ + std::string(how) + ";";
  }
  std::string body_;
  bool over_ = false;
};

std::string Run(std::string_view bytes, uint8_t seed, sp::http::Method method, bool reset) {
  sp::SlabPool pool;
  std::string result;
  {
    sp::Arena arena(pool);
    Recorder recorder;
    sp::http::HttpLimits limits;
    limits.max_header_bytes = 1000;
    limits.max_header_count = 10;
    sp::h1::ClientConnection connection(pool, limits);
    sp::http::ClientStream* stream = connection.NewStream(recorder, arena);
    sp::http::RequestHead head(arena);
    head.method = method;
    head.path = "/";
    stream->SendHead(head, true);
    connection.output().Clear();
    sp::h1::ForEachPiece(bytes, seed, [&](std::string_view piece) { connection.Receive(pool.Copy(piece)); });
    const bool reusable = connection.reusable();
    if (!bytes.empty()) connection.ReceiveEnd(reset);
    Require(bytes.empty() || recorder.over());
    result = recorder.log + (reusable ? "reusable" : "") + std::string(sp::TokenOf(connection.close_reason()));
    if (connection.open_streams() > 0) stream->Reset();
  }
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const auto method = (data[1] & 1) != 0 ? sp::http::Method::kHead : sp::http::Method::kGet;
  const bool reset = (data[1] & 2) != 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::string whole = Run(bytes, 0, method, reset);
  for (const uint8_t seed : {uint8_t{1}, data[0]}) Require(Run(bytes, seed, method, reset) == whole);
  return 0;
}
