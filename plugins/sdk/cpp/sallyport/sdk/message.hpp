// Headers and Body: the message that a hook sees. Views into the stream: they cost three words and own nothing.
//
// Text got here stays readable until the stream is destroyed, even after the field was set or removed. Writing is
// possible until this filter let the head go; each writer returns the status of the ABI (SP_E_STATE, SP_E_ARG).
#pragma once

#include <sallyport/sdk/call.hpp>

#include <span>

namespace sallyport {

namespace detail {
struct HolderBase;
template <typename Owner>
class PendingList;

// Where a hook is: the stream, its filter's config, its flags.
struct StreamContext {
  const sp_http* http;
  sp_stream* s;
  const HolderBase* holder;
  PendingList<StreamContext>* waiting;  // null for a StatelessHttpFilter
  uint64_t new_bytes;
  uint32_t flags;
};
}  // namespace detail

// All values of one name, in order, one per line of the message.
class HeaderValues {
 public:
  explicit HeaderValues(const detail::StreamContext& x, uint32_t map, sp_str name) : values_(inline_) {
    uint64_t count = kInline;
    if (x.http->header_values(x.s, map, name, values_, &count) != SP_OK) return;
    if (count > kInline) {  // rare: in the stream's memory
      values_ = static_cast<sp_str*>(x.http->alloc(x.s, count * sizeof(sp_str), alignof(sp_str)));
      if (x.http->header_values(x.s, map, name, values_, &count) != SP_OK) return;
    }
    count_ = count;
  }
  HeaderValues(const HeaderValues&) = delete;
  HeaderValues& operator=(const HeaderValues&) = delete;
  uint64_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  std::string_view operator[](uint64_t i) const { return from_abi(values_[i]); }
  class Iterator {
   public:
    explicit Iterator(const sp_str* at) : at_(at) {}
    std::string_view operator*() const { return from_abi(*at_); }
    Iterator& operator++() {
      ++at_;
      return *this;
    }
    bool operator!=(const Iterator& o) const { return at_ != o.at_; }

   private:
    const sp_str* at_;
  };
  Iterator begin() const { return Iterator(values_); }
  Iterator end() const { return Iterator(values_ + count_); }

 private:
  static constexpr uint64_t kInline = 8;
  sp_str inline_[kInline];
  sp_str* values_;
  uint64_t count_ = 0;
};

// One map of fields. Names are lower case.
class Headers {
 public:
  Headers(const detail::StreamContext& x, uint32_t map) : x_(&x), map_(map) {}

  std::optional<std::string_view> get(std::string_view name) const {
    sp_str value{};
    if (x_->http->header_get(x_->s, map_, to_abi(name), &value) != SP_OK) return std::nullopt;
    return from_abi(value);
  }
  std::string_view get(std::string_view name, std::string_view fallback) const { return get(name).value_or(fallback); }
  bool has(std::string_view name) const { return get(name).has_value(); }
  // First values of several names at once: `values[i].ptr` is null where there is none. One call for all of them.
  void get_many(std::span<const sp_str> names, sp_str* values) const {
    if (x_->http->header_get_many(x_->s, map_, names.data(), values, names.size()) != SP_OK) {
      std::fill_n(values, names.size(), sp_str{});
    }
  }
  HeaderValues values(std::string_view name) const { return HeaderValues(*x_, map_, to_abi(name)); }
  // All fields as they are now; edits don't change the list.
  std::span<const sp_header> all() const {
    const sp_header* list = nullptr;
    uint64_t count = 0;
    if (x_->http->header_list(x_->s, map_, &list, &count) != SP_OK) return {};
    return {list, static_cast<size_t>(count)};
  }

  sp_status set(std::string_view name, std::string_view value) {
    return x_->http->header_set(x_->s, map_, to_abi(name), to_abi(value));
  }
  sp_status add(std::string_view name, std::string_view value) {
    return x_->http->header_add(x_->s, map_, to_abi(name), to_abi(value));
  }
  sp_status remove(std::string_view name) { return x_->http->header_remove(x_->s, map_, to_abi(name)); }

 private:
  const detail::StreamContext* x_;
  uint32_t map_;
};

inline HeaderSpan::HeaderSpan(const Headers& headers) : HeaderSpan(headers.all()) {}

// The body that this filter holds now. Slices are views until the hook returns or the body is edited.
class Body {
 public:
  Body(const detail::StreamContext& x, uint32_t direction) : x_(&x), direction_(direction) {}

  uint64_t size() const { return x_->http->body_size(x_->s, direction_); }
  // In a body hook: how many bytes at the end of what is held came just now.
  uint64_t new_bytes() const { return x_->new_bytes; }
  bool complete() const { return (x_->flags & SP_F_BODY_END) != 0; }
  // Nothing more is at hand right now: a good moment to flush what is being collected.
  bool flush() const { return (x_->flags & SP_F_FLUSH) != 0; }
  // With kNotifyOverLimit: no more can be held.
  bool at_limit() const { return (x_->flags & SP_F_LIMIT) != 0; }

  // fn(std::string_view) for each slice.
  template <typename Fn>
  void each_slice(Fn fn) const {
    std::array<sp_slice, 16> few;
    sp_slice* slices = few.data();
    uint64_t count = few.size();
    if (x_->http->body_slices(x_->s, direction_, slices, &count) != SP_OK) return;
    if (count > few.size()) {
      slices = static_cast<sp_slice*>(x_->http->alloc(x_->s, count * sizeof(sp_slice), alignof(sp_slice)));
      if (x_->http->body_slices(x_->s, direction_, slices, &count) != SP_OK) return;
    }
    for (uint64_t i = 0; i < count; ++i) fn(std::string_view(slices[i].data, slices[i].size));
  }
  sp_status copy(uint64_t offset, uint64_t length, void* to) const {
    return x_->http->body_copy(x_->s, direction_, offset, length, to);
  }
  // In one piece: in place where it can be, else a copy in the stream's memory. Nothing: out of range.
  std::optional<std::string_view> contiguous(uint64_t offset, uint64_t length) const {
    sp_str text{};
    if (x_->http->body_contiguous(x_->s, direction_, offset, length, &text) != SP_OK) return std::nullopt;
    return from_abi(text);
  }
  std::optional<std::string_view> contiguous() const { return contiguous(0, size()); }

  sp_status drain(uint64_t length) { return x_->http->body_drain(x_->s, direction_, length); }
  sp_status append(std::string_view bytes) { return x_->http->body_append(x_->s, direction_, to_abi(bytes)); }
  sp_status prepend(std::string_view bytes) { return x_->http->body_prepend(x_->s, direction_, to_abi(bytes)); }
  sp_status replace(std::string_view bytes) { return x_->http->body_replace(x_->s, direction_, to_abi(bytes)); }
  // In the head hook: the body will change its length as it passes.
  sp_status will_change() { return x_->http->will_change_body(x_->s, direction_); }

 private:
  const detail::StreamContext* x_;
  uint32_t direction_;
};

}  // namespace sallyport
