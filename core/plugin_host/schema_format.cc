#include "core/plugin_host/schema_format.h"

#include <arpa/inet.h>
#include <re2/re2.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "core/base/units.h"

namespace sp::plugin_host {
namespace {

struct Row {
  std::string_view name;
  Format format;
  std::string_view description;
};
constexpr Row kFormats[] = {
    {"duration", Format::kDuration, "a duration such as 5s or 250ms"},
    {"byte_size", Format::kByteSize, "a size such as 64KiB"},
    {"cidr", Format::kCidr, "an address or a network such as 10.0.0.0/8"},
    {"ip", Format::kIp, "an IP address"},
    {"regex", Format::kRegex, "a regular expression (RE2)"},
    {"header_name", Format::kHeaderName, "a header name"},
};

// Bits of the address; 0 where it is none.
unsigned AddressBits(const std::string& text) {
  unsigned char address[16];
  if (inet_pton(AF_INET, text.c_str(), address) == 1) return 32;
  if (inet_pton(AF_INET6, text.c_str(), address) == 1) return 128;
  return 0;
}

bool IsCidr(const std::string& text) {
  const size_t slash = text.find('/');
  const unsigned bits = AddressBits(text.substr(0, slash));
  if (bits == 0 || slash == std::string::npos) return bits != 0;
  const std::string prefix = text.substr(slash + 1);
  if (prefix.empty() || prefix.size() > 3 || (prefix.size() > 1 && prefix[0] == '0')) return false;
  if (!std::all_of(prefix.begin(), prefix.end(), [](char c) { return c >= '0' && c <= '9'; })) return false;
  return std::stoul(prefix) <= bits;
}

bool IsRegex(const std::string& text) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(1 << 20);
  return RE2(text, options).ok();
}

// RFC 9110 section 5.6.2: a token.
bool IsHeaderName(const std::string& text) {
  constexpr std::string_view kOther = "!#$%&'*+-.^_`|~";
  return !text.empty() && text.size() <= 256 && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kOther.find(c) != std::string_view::npos;
  });
}

}  // namespace

std::optional<Format> FormatFromName(std::string_view name) {
  for (const Row& row : kFormats) {
    if (row.name == name) return row.format;
  }
  return std::nullopt;
}

std::string_view Describe(Format format) {
  for (const Row& row : kFormats) {
    if (row.format == format) return row.description;
  }
  return "anything";
}

bool Matches(Format format, const nlohmann::json& value) {
  if (format == Format::kDuration) return DurationOf(value).has_value();
  if (format == Format::kByteSize) return ByteSizeOf(value).has_value();
  if (!value.is_string()) return true;  // `type` says what else it may be
  const auto& text = value.get_ref<const std::string&>();
  switch (format) {
    case Format::kCidr:
      return IsCidr(text);
    case Format::kIp:
      return AddressBits(text) != 0;
    case Format::kRegex:
      return IsRegex(text);
    case Format::kHeaderName:
      return IsHeaderName(text);
    default:
      return true;
  }
}

std::optional<uint64_t> DurationOf(const nlohmann::json& value) {
  if (value.is_number() && value == 0) return 0;
  if (!value.is_string()) return std::nullopt;
  const auto duration = ParseDuration(value.get_ref<const std::string&>());
  if (!duration) return std::nullopt;
  return static_cast<uint64_t>(duration->count());
}

std::optional<uint64_t> ByteSizeOf(const nlohmann::json& value) {
  if (value.is_string()) return ParseByteSize(value.get_ref<const std::string&>());
  if (value.is_number_unsigned()) return value.get<uint64_t>();
  if (!value.is_number()) return std::nullopt;
  // A config that came as a protobuf Struct has doubles only.
  const double number = value.get<double>();
  if (!(number >= 0 && number <= 9007199254740992.0) || number != static_cast<double>(static_cast<uint64_t>(number))) {
    return std::nullopt;
  }
  return static_cast<uint64_t>(number);
}

}  // namespace sp::plugin_host
