// The path normaliser: whatever it accepts is its own normal form and holds nothing that two readers see differently.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/http/path.h"

namespace {

using sp::Reason;

void Require(bool holds) {
  if (!holds) std::abort();
}

// What no accepted path may hold (THREATS T47-T52).
void CheckNormal(std::string_view path, const sp::http::PathOptions& options) {
  Require(!path.empty() && path.front() == '/');
  if (options.merge_slashes) Require(path.find("//") == std::string_view::npos);
  for (std::string_view rest = path; !rest.empty();) {
    rest.remove_prefix(1);
    const std::string_view segment = rest.substr(0, rest.find('/'));
    Require(segment != "." && segment != "..");
    Require(segment.substr(0, 2) != ".;" && segment.substr(0, 3) != "..;");
    rest.remove_prefix(segment.size());
  }
  for (size_t i = 0; i < path.size(); ++i) {
    const auto byte = static_cast<unsigned char>(path[i]);
    Require(byte > ' ' && byte < 0x7f && byte != '#' && byte != '?');
    if (byte == '\\') Require(options.keep_encoded);
    if (byte != '%') continue;
    const std::string_view escape = path.substr(i, 3);
    Require(escape.size() == 3 && escape.find_first_of("abcdef") == std::string_view::npos);
    if (escape == "%2F" || escape == "%5C" || escape == "%00") Require(options.keep_encoded);
    Require(escape != "%2E" && escape != "%41");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  sp::http::PathOptions options;
  options.merge_slashes = (data[0] & 1) == 0;
  options.keep_encoded = (data[0] & 2) != 0;
  const std::string_view path(reinterpret_cast<const char*>(data) + 1, size - 1);
  sp::SlabPool pool;
  sp::Arena arena(pool);
  std::string_view out;
  if (sp::http::NormalizePath(path, options, arena, &out) != Reason::kNone) return 0;
  Require(out.size() <= path.size());
  CheckNormal(out, options);
  std::string_view again;
  Require(sp::http::NormalizePath(out, options, arena, &again) == Reason::kNone && again == out);
  const std::string_view location = sp::http::PathForLocation(out, arena);
  Require(location.front() == '/' && location.substr(0, 2) != "//" && location.substr(0, 2) != "/\\");
  return 0;
}
