// Lists: what of a request is refused. Made when the configuration is read, immutable then.
#pragma once

#include <sallyport/sdk/cidr_set.hpp>
#include <sallyport/sdk/text_matcher.hpp>

#include <memory>
#include <string_view>
#include <vector>

namespace sp::ip_list {

using sallyport::Headers;
using sallyport::Json;

enum class Verdict : uint8_t { kAdmitted, kDenied, kNotAllowed, kNoAddress, kHeaderDenied, kHeaderNotAllowed };

// Blocks of several places: the filter's own and what a route adds. Shared, so that a thousand routes that only add one
// block to a list of 100,000 don't copy it.
class Blocks {
 public:
  // The lists `name` and `name_files` of `j`, where they are written: in place of what there is, or added.
  void Read(const Json& j, std::string_view name, bool extend);
  bool Contains(std::string_view address) const {
    for (const auto& set : sets_) {
      if (set->contains(address)) return true;
    }
    return false;
  }
  bool written() const { return written_; }

 private:
  bool written_ = false;  // an empty list that is written is a list
  std::vector<std::shared_ptr<const sallyport::CidrSet>> sets_;
};

class HeaderRules {
 public:
  void Read(const Json& j, bool extend);
  bool AnyRefuses(const Headers& headers) const;
  bool AnyAdmits(const Headers& headers) const;
  bool written() const { return written_; }
  bool empty() const { return rules_.empty(); }

 private:
  template <typename Asks>
  bool Any(const Headers& headers, Asks asks) const;
  bool written_ = false;
  std::vector<std::shared_ptr<const sallyport::HeaderRule>> rules_;
  std::vector<sp_str> names_;  // of the rules, to ask for all fields at once
};

class Lists {
 public:
  explicit Lists(const Json& j);
  // `below` with what a route says over it.
  Lists(const Lists& below, const Json& route);

  // `address`: 16 bytes, or empty where the client has none.
  Verdict Check(std::string_view address, const Headers& headers) const;
  bool looks_at_addresses() const { return looks_at_addresses_; }

 private:
  enum class Default : uint8_t { kUnsaid, kAllow, kDeny };
  void Read(const Json& j, bool extend);
  Verdict CheckAddress(std::string_view address) const;

  Blocks deny_, allow_;
  HeaderRules deny_headers_, allow_headers_;
  Default default_ = Default::kUnsaid;
  bool looks_at_addresses_ = false;
  bool admits_unlisted_ = true;
};

}  // namespace sp::ip_list
