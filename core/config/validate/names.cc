#include "core/config/validate/names.h"

#include <fmt/format.h>

#include <algorithm>

namespace sp::config {

void Names::Add(std::string_view name, int index, const Place& place, Report& report) {
  if (name.empty()) return;
  const auto [other, added] = by_name_.emplace(name, index);
  if (added) {
    all_.push_back(name);
  } else {
    report.Add(place, fmt::format("is the name of {} {} too; names must be unique", kind_, other->second));
  }
}

int Names::Find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? -1 : found->second;
}

bool Names::Check(std::string_view name, const Place& place, Report& report) const {
  if (Find(name) >= 0) return true;
  if (report.full()) return false;
  const bool suggest = suggestions_ < kMaxSuggestions;
  if (suggest) ++suggestions_;
  report.Add(place, fmt::format("there is no {} \"{}\"", kind_, name),
             suggest ? Nearest(name, all_) : std::string_view());
  return false;
}

std::string_view NameFault(std::string_view text) {
  constexpr size_t kLongest = 128;
  if (text.size() > kLongest) return "must be at most 128 characters long";
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-.:/@").find(c) != std::string_view::npos;
  });
  return plain ? "" : "may hold letters, digits and _ - . : / @ only";
}

}  // namespace sp::config
