// HeaderMap: the fields of one message in the order they came, names lower-cased.
//
// A flat vector of {id, name, value}: a request has a dozen fields, and a scan over 24-byte entries beats a hash. Names
// that the gateway knows (HeaderId) are compared as integers. Text lives in the stream's arena and is never freed or
// moved before the stream ends, so a view taken from the map stays readable even after the field was set or removed
// (PLUGIN_ABI B14). Values were checked by whoever put them in: no CR, LF or NUL.
//
//   HeaderMap h(arena);
//   h.Add(HeaderId::kHost, "a.example");
//   h.Set("x-user", arena.Copy(name));        // text must outlive the map: copy it into the arena
#pragma once

#include <cstdint>
#include <new>
#include <string_view>

#include "core/base/arena.h"
#include "core/http/header_id.h"

namespace sp::http {

struct HeaderField {
  std::string_view name;  // lower case
  std::string_view value;
  HeaderId id = HeaderId::kOther;
};

class HeaderMap {
 public:
  explicit HeaderMap(Arena& arena) : arena_(&arena) {}

  // Appends a field. The views must live as long as the arena.
  void Add(HeaderId id, std::string_view value) { Push(NameOf(id), value, id); }
  void Add(std::string_view lower_name, std::string_view value) { Push(lower_name, value, HeaderIdOf(lower_name)); }
  // For a name that is known to have no HeaderId.
  void AddUnknown(std::string_view lower_name, std::string_view value) { Push(lower_name, value, HeaderId::kOther); }
  // Replaces the first field of that name and removes the others, or appends.
  void Set(HeaderId id, std::string_view value);
  void Set(std::string_view lower_name, std::string_view value);
  // Both return how many were removed.
  size_t Remove(HeaderId id);
  size_t Remove(std::string_view lower_name);

  // The first value of that name; `nullptr` where there is none.
  const std::string_view* Find(HeaderId id) const;
  const std::string_view* Find(std::string_view lower_name) const;
  bool Has(HeaderId id) const { return Find(id) != nullptr; }
  size_t Count(HeaderId id) const;

  size_t size() const { return size_; }
  const HeaderField& operator[](size_t i) const { return fields_[i]; }
  HeaderField& operator[](size_t i) { return fields_[i]; }
  const HeaderField* begin() const { return fields_; }
  const HeaderField* end() const { return fields_ + size_; }
  // Removes every field for which `pred(field)` holds; keeps the order.
  template <typename Pred>
  size_t RemoveIf(Pred pred) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < size_; ++i) {
      if (!pred(static_cast<const HeaderField&>(fields_[i]))) fields_[kept++] = fields_[i];
    }
    const size_t removed = size_ - kept;
    size_ = kept;
    return removed;
  }
  void Clear() { size_ = 0; }
  // Sum of name and value bytes.
  size_t bytes() const;
  Arena& arena() const { return *arena_; }

 private:
  void Push(std::string_view name, std::string_view value, HeaderId id) {
    if (size_ == capacity_) Grow();
    new (fields_ + size_++) HeaderField{name, value, id};
  }
  void Grow();

  Arena* arena_;
  HeaderField* fields_ = nullptr;  // in the arena
  uint32_t size_ = 0;
  uint32_t capacity_ = 0;
};

}  // namespace sp::http
