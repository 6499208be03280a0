// The server side: any bytes, cut in any way, give the same events and the same answers (THREATS T23); what it lets
// through is well-formed, and written anew by the client side it is read by the server side as the same request.
#include <cstdint>
#include <string>
#include <string_view>

#include "core/http/h1/encoder.h"
#include "core/http/h1/fuzz_split.h"
#include "core/http/h1/server_connection.h"

namespace {

using sp::h1::Require;

// Answers every request with 200 and writes down what it heard.
class Recorder final : public sp::http::ServerEvents, public sp::http::RequestSink {
 public:
  explicit Recorder(sp::SlabPool& pool) : pool_(pool) {}

  sp::http::RequestSink& OnStream(sp::http::ServerStream& stream) override {
    Require(stream_ == nullptr);
    stream_ = &stream;
    return *this;
  }
  void OnStreamClosed(sp::http::ServerStream&) override {
    Require(stream_ != nullptr);
    stream_ = nullptr;
    log += "closed;";
  }
  void OnBadRequest(sp::Reason reason, const sp::http::RequestHead&) override {
    Require(stream_ == nullptr);
    log += "bad " + std::string(sp::TokenOf(reason)) + ";";
  }
  void OnRequestHead(sp::http::RequestHead& head, bool) override {
    Describe(head, log);
    if (first_head.empty()) {
      Describe(head, first_head);
      first_wire = sp::h1::EncodeRequestHead(head, pool_).view();
    }
    for (const sp::http::HeaderField& field : head.headers) {
      Require(!field.name.empty() &&
              field.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
      Require(field.id == sp::http::HeaderIdOf(field.name));
    }
  }
  void OnRequestBody(sp::Slice bytes) override { body_ += bytes.view(); }
  void OnRequestTrailers(sp::http::HeaderMap& trailers) override {
    for (const sp::http::HeaderField& field : trailers) log += std::string(field.name) + "~";
  }
  void OnRequestEnd() override {
    FlushBody();
    log += "end;";
    Answer(200);
  }
  void OnRequestError(sp::Reason reason) override {
    FlushBody();
    log += "error " + std::string(sp::TokenOf(reason)) + ";";
    const uint16_t status = sp::InfoOf(reason).status;
    if (status != 0) Answer(status);
  }

  std::string log;
  std::string first_head;
  std::string first_wire;

 private:
  static void Describe(const sp::http::RequestHead& head, std::string& to) {
    to += std::string(head.method_text) + " " + std::string(head.path) + "?" + std::string(head.query) + " " +
          std::string(head.host) + " " + std::to_string(static_cast<int>(head.framing)) + "," +
          std::to_string(head.content_length);
    for (const sp::http::HeaderField& field : head.headers) {
      to += " " + std::string(field.name) + "=" + std::string(field.value);
    }
    to += ";";
  }
  void FlushBody() {
    log += body_;
    body_.clear();
  }
  void Answer(uint16_t status) {
    sp::http::ResponseHead head(stream_->arena());
    head.status = status;
    stream_->SendHead(head, true);
  }

  sp::SlabPool& pool_;
  sp::http::ServerStream* stream_ = nullptr;
  std::string body_;
};

struct Result {
  std::string log;
  std::string output;
  std::string first_head;
  std::string first_wire;
};

sp::http::HttpLimits SmallLimits() {
  sp::http::HttpLimits limits;
  limits.max_target_bytes = 200;
  limits.max_header_bytes = 1000;
  limits.max_header_count = 10;
  return limits;
}

Result Run(std::string_view bytes, uint8_t seed, const sp::http::HttpLimits& limits = SmallLimits()) {
  sp::SlabPool pool;
  Result result;
  {
    Recorder recorder(pool);
    sp::http::RequestRules rules;
    rules.limits = limits;
    sp::h1::ServerConnection connection(pool, recorder, rules, {});
    sp::h1::ForEachPiece(bytes, seed, [&](std::string_view piece) { connection.Receive(pool.Copy(piece)); });
    connection.ReceiveEnd(false);
    Require(connection.after_output() != sp::http::AfterOutput::kKeep);
    result = {recorder.log, connection.output().ToString(), recorder.first_head, recorder.first_wire};
  }
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Result whole = Run(bytes, 0);
  for (const uint8_t seed : {uint8_t{1}, data[0]}) {
    const Result cut = Run(bytes, seed);
    Require(cut.log == whole.log);
    Require(cut.output == whole.output);
  }
  // A host is missing only in HTTP/1.0, where what is written anew needs one.
  if (whole.first_wire.empty() || whole.first_wire.find("host: \r\n") != std::string::npos) return 0;
  const Result again = Run(whole.first_wire, 0, {});
  Require(again.first_wire == whole.first_wire);
  return 0;
}
