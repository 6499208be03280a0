// The template compiler and both formats: whatever template is accepted and whatever a client sends, a line is one line
// within its limit, of printable bytes.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "core/operate/telemetry/escape.h"
#include "core/operate/telemetry/format.h"
#include "core/operate/telemetry/record_sample.h"

namespace {

using sp::telemetry::LineFormat;

void Require(bool holds) {
  if (!holds) std::abort();
}

void CheckLine(const LineFormat& format, const sp::downstream::StreamRecord& record) {
  static const auto room = std::make_unique<char[]>(sp::telemetry::kMaxLineBytes);
  sp::telemetry::LineClock clock;
  const size_t size = format.Write(record, clock, room.get());
  Require(size > 0 && size <= sp::telemetry::kMaxLineBytes);
  std::string_view line(room.get(), size);
  Require(line.find('\n') == size - 1);
  line.remove_suffix(1);
  for (const char c : line) Require(c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t cut = input.find('\n');
  const std::string_view text = input.substr(0, cut);
  const std::string_view value = cut == std::string_view::npos ? std::string_view() : input.substr(cut + 1);
  sp::telemetry::RecordSample sample;
  sample.record.user_agent = value;
  sample.record.path = value;
  sample.record.target = value;
  CheckLine(LineFormat::Json(), sample.record);
  if (!sp::telemetry::CheckTemplate(text)) CheckLine(LineFormat::Text(text), sample.record);
  for (std::string_view rest = value; !rest.empty();) {
    const size_t length = sp::telemetry::Utf8Length(rest);
    Require(length <= rest.size() && length <= 4);
    rest.remove_prefix(length > 0 ? length : 1);
  }
  return 0;
}
