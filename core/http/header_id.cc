#include "core/http/header_id.h"

#include <array>

namespace sp::http {
namespace {

constexpr size_t kIds = static_cast<size_t>(HeaderId::kCount);
constexpr std::array<std::string_view, kIds> kNames = {"",
#define SP_HEADER_NAME(name, text) text,
                                                       SP_HEADER_IDS(SP_HEADER_NAME)
#undef SP_HEADER_NAME
};

// Length, first, middle and last byte tell the known names apart well enough for a small open table.
constexpr size_t kTableSize = 256;

constexpr size_t Hash(std::string_view name) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(name[i]); };
  return (name.size() * 31 + byte(0) * 7 + byte(name.size() - 1) * 131 + byte(name.size() / 2) * 17) % kTableSize;
}

struct Table {
  std::array<uint16_t, kTableSize> slots{};
  constexpr Table() {
    for (size_t id = 1; id < kIds; ++id) {
      size_t at = Hash(kNames[id]);
      while (slots[at] != 0) at = (at + 1) % kTableSize;
      slots[at] = static_cast<uint16_t>(id);
    }
  }
};
constexpr Table kTable;

}  // namespace

HeaderId HeaderIdOf(std::string_view name) {
  if (name.empty()) return HeaderId::kOther;
  for (size_t at = Hash(name); kTable.slots[at] != 0; at = (at + 1) % kTableSize) {
    if (kNames[kTable.slots[at]] == name) return static_cast<HeaderId>(kTable.slots[at]);
  }
  return HeaderId::kOther;
}

std::string_view NameOf(HeaderId id) { return kNames[static_cast<size_t>(id)]; }

}  // namespace sp::http
