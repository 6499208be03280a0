// Nominations: the options of all Connection fields of one message (RFC 9110 section 7.6.1): what is to become of the
// connection, and the names of fields that end at this hop.
#pragma once

#include <bitset>
#include <cstddef>
#include <string_view>

#include "core/base/reason.h"
#include "core/http/header_map.h"
#include "core/http/name_set.h"

namespace sp::http {

class Nominations {
 public:
  // The value of one Connection field; it must outlive this.
  void Add(std::string_view list);

  bool close() const { return close_; }
  bool keep_alive() const { return keep_alive_; }
  bool upgrade() const { return upgrade_; }

  // Removes the nominated fields.
  void RemoveFrom(HeaderMap& fields) const;
  // kH1Nominated where names stand in the list that no honest sender nominates (T60): framing, Host, credentials,
  // managed names, or more names than anyone has use for (T93).
  Reason Check(const NameSet* managed) const;
  bool too_many() const { return too_many_; }

 private:
  static constexpr size_t kMaxOthers = 32;

  bool AddOption(std::string_view option);
  void AddName(std::string_view name);
  bool Names(const HeaderField& field) const;

  bool close_ = false;
  bool keep_alive_ = false;
  bool upgrade_ = false;
  bool any_name_ = false;
  bool too_many_ = false;
  std::bitset<static_cast<size_t>(HeaderId::kCount)> ids_;
  std::string_view others_[kMaxOthers];  // as they were sent
  size_t count_ = 0;
};

}  // namespace sp::http
