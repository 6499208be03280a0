#include "core/plugin_host/config_object.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>

#include "core/base/log.h"
#include "core/plugin_host/library.h"

namespace sp::plugin_host {
namespace {

constexpr size_t kBlockBytes = 4096;
constexpr size_t kMaxAlign = 64;
constexpr size_t kMaxAllocation = size_t{1} << 32;

}  // namespace

ConfigMemory::~ConfigMemory() {
  for (void* block : blocks_) std::free(block);
}

void* ConfigMemory::Allocate(size_t bytes, size_t align) {
  if (align == 0 || (align & (align - 1)) != 0 || align > kMaxAlign) align = kMaxAlign;
  const size_t skip = (align - reinterpret_cast<size_t>(next_) % align) % align;
  if (next_ == nullptr || skip + bytes > left_) {
    const size_t size = std::max(kBlockBytes, bytes + kMaxAlign);
    void* block = bytes > kMaxAllocation ? nullptr : std::calloc(1, size);
    // The ABI promises memory; a plugin that asks for the impossible is named by the crash handler.
    if (block == nullptr) {
      SP_LOG(kError, "a plugin asked for {} bytes of config memory, which can't be had", bytes);
      std::abort();
    }
    blocks_.push_back(block);
    next_ = static_cast<char*>(block);
    left_ = size;
    return Allocate(bytes, align);
  }
  char* start = next_ + skip;
  const size_t used = skip + std::max<size_t>(bytes, 1);  // no two allocations have the same address
  left_ -= std::min(used, left_);
  next_ = start + std::max<size_t>(bytes, 1);
  return start;
}

std::string_view ConfigMemory::Copy(std::string_view text) {
  auto* to = static_cast<char*>(Allocate(text.size(), 1));
  if (!text.empty()) std::memcpy(to, text.data(), text.size());
  return {to, text.size()};
}

}  // namespace sp::plugin_host

sp_config::sp_config() = default;
sp_config::~sp_config() = default;

sp::FieldPath sp_config::PathOf(std::string_view pointer) const {
  if (layers.empty()) return document.PathOf(pointer, at);
  // A route config: the first token says which layer.
  size_t layer = 0;
  const std::string_view rest = pointer.empty() ? pointer : pointer.substr(1);
  const auto parsed = std::from_chars(rest.data(), rest.data() + rest.size(), layer);
  const auto used = static_cast<size_t>(parsed.ptr - rest.data());
  if (parsed.ec != std::errc() || layer >= layers.size() || (used < rest.size() && rest[used] != '/')) return at;
  return sp::plugin_host::Document::PathIn(document.Find(pointer.substr(0, used + 1)), rest.substr(used),
                                           layers[layer]);
}

const std::string* sp_config::MemberName(const nlohmann::json& object, uint64_t index) const {
  if (listed_ != &object) {
    names_.clear();
    for (const auto& [name, value] : object.get_ref<const nlohmann::json::object_t&>()) names_.push_back(&name);
    listed_ = &object;
  }
  return index < names_.size() ? names_[index] : nullptr;
}
