#include "core/http/header_map.h"

#include <algorithm>
#include <memory>

namespace sp::http {

void HeaderMap::Grow() {
  const uint32_t capacity = capacity_ == 0 ? 16 : capacity_ * 2;
  auto* fields = static_cast<HeaderField*>(arena_->Allocate(capacity * sizeof(HeaderField), alignof(HeaderField)));
  std::uninitialized_copy(fields_, fields_ + size_, fields);
  fields_ = fields;
  capacity_ = capacity;
}

namespace {

bool Is(const HeaderField& field, HeaderId id, std::string_view name) {
  return id != HeaderId::kOther ? field.id == id : field.id == HeaderId::kOther && field.name == name;
}

}  // namespace

void HeaderMap::Set(HeaderId id, std::string_view value) { Set(NameOf(id), value); }

void HeaderMap::Set(std::string_view name, std::string_view value) {
  const HeaderId id = HeaderIdOf(name);
  bool placed = false;
  RemoveIf([&](const HeaderField& field) {
    if (!Is(field, id, name)) return false;
    if (placed) return true;
    placed = true;
    const_cast<HeaderField&>(field).value = value;
    return false;
  });
  if (!placed) Push(name, value, id);
}

size_t HeaderMap::Remove(HeaderId id) {
  return RemoveIf([&](const HeaderField& field) { return field.id == id; });
}

size_t HeaderMap::Remove(std::string_view name) {
  const HeaderId id = HeaderIdOf(name);
  return RemoveIf([&](const HeaderField& field) { return Is(field, id, name); });
}

const std::string_view* HeaderMap::Find(HeaderId id) const {
  for (const HeaderField& field : *this) {
    if (field.id == id) return &field.value;
  }
  return nullptr;
}

const std::string_view* HeaderMap::Find(std::string_view name) const {
  const HeaderId id = HeaderIdOf(name);
  if (id != HeaderId::kOther) return Find(id);
  for (const HeaderField& field : *this) {
    if (field.id == HeaderId::kOther && field.name == name) return &field.value;
  }
  return nullptr;
}

size_t HeaderMap::Count(HeaderId id) const {
  return static_cast<size_t>(std::count_if(begin(), end(), [id](const HeaderField& f) { return f.id == id; }));
}

size_t HeaderMap::bytes() const {
  size_t total = 0;
  for (const HeaderField& field : *this) total += field.name.size() + field.value.size();
  return total;
}

}  // namespace sp::http
