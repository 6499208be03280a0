#include "core/http/authority.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include "core/http/ascii.h"

namespace sp::http {
namespace {

constexpr size_t kMaxNameBytes = 255;

// Digits of a port, 1 to 65535; empty gives 0.
bool ParsePort(std::string_view text, uint16_t* port) {
  if (text.size() > 5) return false;
  uint32_t value = 0;
  for (const char c : text) {
    if (!IsDigit(c)) return false;
    value = value * 10 + static_cast<uint32_t>(c - '0');
  }
  if (value > 65535 || (value == 0 && !text.empty())) return false;
  *port = static_cast<uint16_t>(value);
  return true;
}

// `[…]` in the form of RFC 5952; zone identifiers are refused.
bool ParseBracketed(std::string_view text, char* out, size_t* size) {
  char address[INET6_ADDRSTRLEN];
  const std::string_view inner = text.substr(1, text.size() - 2);
  if (inner.empty() || inner.size() >= sizeof(address)) return false;
  std::memcpy(address, inner.data(), inner.size());
  address[inner.size()] = 0;
  in6_addr binary;
  if (std::memchr(address, 0, inner.size()) != nullptr || inet_pton(AF_INET6, address, &binary) != 1) return false;
  if (inet_ntop(AF_INET6, &binary, address, sizeof(address)) == nullptr) return false;
  const size_t length = std::strlen(address);
  out[0] = '[';
  std::memcpy(out + 1, address, length);
  out[length + 1] = ']';
  *size = length + 2;
  return true;
}

// Lower case, without one dot at the end; refuses empty labels.
bool ParseName(std::string_view text, char* out, size_t* size) {
  if (!text.empty() && text.back() == '.') text.remove_suffix(1);
  if (text.empty() || text.size() > kMaxNameBytes) return false;
  char previous = '.';
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (!Is(c, ascii::kHostChar) || (c == '.' && previous == '.')) return false;
    out[i] = ToLower(c);
    previous = c;
  }
  *size = text.size();
  return previous != '.';
}

}  // namespace

bool ParseAuthority(std::string_view text, std::string_view scheme, Arena& arena, Authority* out) {
  if (text.empty()) return false;
  const size_t name_end = text.front() == '[' ? text.find(']') + 1 : std::min(text.find(':'), text.size());
  if (name_end == 0) return false;  // `[` without `]`, or nothing before the colon
  const std::string_view name = text.substr(0, name_end);
  std::string_view port_text = text.substr(name_end);
  if (!port_text.empty() && port_text.front() != ':') return false;
  if (!port_text.empty()) port_text.remove_prefix(1);
  uint16_t port = 0;
  if (!ParsePort(port_text, &port)) return false;

  char host[kMaxNameBytes + 8];
  size_t size = 0;
  if (!(name.front() == '[' ? ParseBracketed(name, host, &size) : ParseName(name, host, &size))) return false;
  const uint16_t default_port = scheme == "https" ? 443 : 80;
  if (port != 0 && port != default_port) {
    host[size++] = ':';
    char digits[5];
    size_t count = 0;
    for (uint32_t rest = port; rest > 0; rest /= 10) digits[count++] = static_cast<char>('0' + rest % 10);
    while (count > 0) host[size++] = digits[--count];
  }
  out->text = port_text.empty() ? name : text;
  out->port = port;
  const std::string_view made(host, size);
  out->host = made == text ? text : arena.Copy(made);
  return true;
}

std::string_view WithoutPort(std::string_view host) {
  if (!host.empty() && host.front() == '[') return host.substr(0, host.find(']') + 1);
  return host.substr(0, host.find(':'));
}

}  // namespace sp::http
