#include "core/net/cidr.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace sp::net {
namespace {

using Wide = unsigned __int128;

Wide ToWide(const IpAddress& ip) {
  Wide value = 0;
  for (const uint8_t byte : ip.bytes) value = value << 8 | byte;
  return value;
}

IpAddress FromWide(Wide value) {
  IpAddress ip;
  for (size_t i = 16; i-- > 0; value >>= 8) ip.bytes[i] = static_cast<uint8_t>(value);
  return ip;
}

// The bits behind a prefix.
Wide HostMask(int bits) { return bits == 0 ? ~Wide{0} : bits == 128 ? Wide{0} : (Wide{1} << (128 - bits)) - 1; }

template <typename Number>
using Range = std::pair<Number, Number>;

// Sorts, and merges ranges that overlap or touch.
template <typename Number>
void Compile(std::vector<Range<Number>> ranges, std::vector<Number>& firsts, std::vector<Number>& lasts) {
  std::sort(ranges.begin(), ranges.end());
  for (const auto& [first, last] : ranges) {
    if (!lasts.empty() && (lasts.back() == static_cast<Number>(~Number{0}) || first <= lasts.back() + 1)) {
      lasts.back() = std::max(lasts.back(), last);
    } else {
      firsts.push_back(first);
      lasts.push_back(last);
    }
  }
  firsts.shrink_to_fit();
  lasts.shrink_to_fit();
}

template <typename Number>
bool Search(const std::vector<Number>& firsts, const std::vector<Number>& lasts, Number wanted) {
  if (firsts.empty()) return false;
  // Branchless: the next step of the search doesn't wait for a guess about this one.
  const Number* base = firsts.data();
  size_t size = firsts.size();
  while (size > 1) {
    const size_t half = size / 2;
    base += base[half] <= wanted ? half : 0;
    size -= half;
  }
  return *base <= wanted && wanted <= lasts[static_cast<size_t>(base - firsts.data())];
}

}  // namespace

std::optional<Cidr> Cidr::Parse(std::string_view text) {
  const size_t slash = text.find('/');
  const auto ip = IpAddress::Parse(text.substr(0, slash));
  if (!ip) return std::nullopt;
  const bool written_as_v4 = text.substr(0, slash).find(':') == std::string_view::npos;
  int bits = 128;
  if (slash != std::string_view::npos) {
    const std::string_view number = text.substr(slash + 1);
    if (number.empty() || (number.size() > 1 && number[0] == '0') || number[0] == '-') return std::nullopt;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), bits);
    if (error != std::errc() || end != number.data() + number.size()) return std::nullopt;
    if (bits > (written_as_v4 ? 32 : 128)) return std::nullopt;
    if (written_as_v4) bits += 96;
  }
  if (ip->IsV4() && bits < 96) return std::nullopt;
  Cidr cidr;
  cidr.base_ = FromWide(ToWide(*ip) & ~HostMask(bits));
  cidr.bits_ = bits;
  return cidr;
}

bool Cidr::Contains(const IpAddress& ip) const {
  return ip.IsV4() == base_.IsV4() && (ToWide(ip) & ~HostMask(bits_)) == ToWide(base_);
}

std::string Cidr::ToString() const { return fmt::format("{}/{}", base_.ToString(), prefix_bits()); }

CidrSet::CidrSet(const std::vector<Cidr>& blocks) {
  std::vector<Range<uint32_t>> v4;
  std::vector<Range<Wide>> v6;
  for (const Cidr& block : blocks) {
    const Wide first = ToWide(block.base_);
    const Wide last = first | HostMask(block.bits_);
    if (block.base_.IsV4()) {
      v4.emplace_back(static_cast<uint32_t>(first), static_cast<uint32_t>(last));
    } else {
      v6.emplace_back(first, last);
    }
  }
  Compile(std::move(v4), v4_first_, v4_last_);
  Compile(std::move(v6), v6_first_, v6_last_);
}

bool CidrSet::Contains(const IpAddress& ip) const {
  const Wide wide = ToWide(ip);
  return ip.IsV4() ? Search(v4_first_, v4_last_, static_cast<uint32_t>(wide)) : Search(v6_first_, v6_last_, wide);
}

}  // namespace sp::net
