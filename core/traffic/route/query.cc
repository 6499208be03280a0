#include "core/traffic/route/query.h"

#include <algorithm>
#include <bit>

#include "core/http/ascii.h"
#include "core/traffic/route/hash.h"

namespace sp::route {

const std::string_view* Query::Find(std::string_view name) {
  Parse();
  if (slots_ != nullptr) {
    const uint32_t place = *Slot(name);
    return place == 0 ? nullptr : &params_[place - 1].value;
  }
  for (uint32_t i = 0; i < size_; ++i) {
    if (params_[i].name == name) return &params_[i].value;
  }
  return nullptr;
}

void Query::ParseNow() {
  parsed_ = true;
  if (raw_.empty()) return;
  const size_t count = static_cast<size_t>(std::count(raw_.begin(), raw_.end(), '&')) + 1;
  over_limit_ = count > kMaxParams;
  if (over_limit_) return;
  params_ = arena_->NewArray<Param>(count);
  for (size_t begin = 0; begin <= raw_.size();) {
    const size_t end = std::min(raw_.find('&', begin), raw_.size());
    const std::string_view pair = raw_.substr(begin, end - begin);
    begin = end + 1;
    if (pair.empty()) continue;
    const size_t equals = pair.find('=');
    const std::string_view value = equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
    params_[size_++] = {Decode(pair.substr(0, equals)), Decode(value)};
  }
  MarkFirsts();
}

// A few are compared with each other; for many that would be quadratic (T88).
void Query::MarkFirsts() {
  constexpr uint32_t kFew = 16;
  if (size_ > kFew) {
    const uint32_t slots = std::bit_ceil(size_ * 2);
    slots_ = arena_->NewArray<uint32_t>(slots);
    std::fill_n(slots_, slots, 0);
    slot_mask_ = slots - 1;
  }
  for (uint32_t i = 0; i < size_; ++i) {
    if (slots_ == nullptr) {
      params_[i].first = Find(params_[i].name) == &params_[i].value;
      continue;
    }
    uint32_t* slot = Slot(params_[i].name);
    params_[i].first = *slot == 0;
    if (params_[i].first) *slot = i + 1;
  }
}

// Where that name is, or would be put.
uint32_t* Query::Slot(std::string_view name) const {
  uint64_t at = Hash(ProcessHashSeed(), name);
  while (slots_[at & slot_mask_] != 0 && params_[slots_[at & slot_mask_] - 1].name != name) ++at;
  return &slots_[at & slot_mask_];
}

std::string_view Query::Decode(std::string_view text) {
  if (text.find_first_of("%+") == std::string_view::npos) return text;
  char* out = arena_->NewArray<char>(text.size());
  size_t size = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && http::Is(text[i + 1], http::ascii::kHexDigit) &&
        http::Is(text[i + 2], http::ascii::kHexDigit)) {
      out[size++] = static_cast<char>(http::HexValue(text[i + 1]) << 4 | http::HexValue(text[i + 2]));
      i += 2;
    } else {
      out[size++] = text[i] == '+' ? ' ' : text[i];
    }
  }
  return {out, size};
}

}  // namespace sp::route
