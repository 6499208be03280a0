// QueryView: the parameters of a query, found when somebody asks and then once (THREATS T57, T88).
//
// Only `&` separates. Names and values are compared and given as they were sent, but for Decoded, which undoes percent
// encoding and `+`. `a` and `a=` are both the empty value. The query itself goes upstream byte for byte.
//
//   QueryView query(head.query, arena);
//   if (!query.ok()) return Reason::kQueryLimit;
//   const QueryParameter* p = query.Find("page");      // the first of that name
#pragma once

#include <cstdint>
#include <string_view>

#include "core/base/arena.h"

namespace sp::http {

struct QueryParameter {
  std::string_view name;
  std::string_view value;
  bool has_equals = false;  // tells `a=` from `a`
};

class QueryView {
 public:
  static constexpr uint32_t kMaxParameters = 1000;

  // Views into `query`, the list in `arena`; both must outlive this.
  QueryView(std::string_view query, Arena& arena);

  // False beyond kMaxParameters: a matcher then refuses with `query.limit`.
  bool ok() const { return ok_; }
  size_t size() const { return size_; }
  const QueryParameter* begin() const { return parameters_; }
  const QueryParameter* end() const { return parameters_ + size_; }
  // Names are compared decoded. Null where there is none.
  const QueryParameter* Find(std::string_view name) const;

  // `text` with `%XX` and `+` undone; malformed escapes stay as they are. A copy in the arena only where needed. The
  // result is data: it may hold any byte and must not be put into a header or a path unchecked.
  static std::string_view Decoded(std::string_view text, Arena& arena);

 private:
  Arena* arena_;
  QueryParameter* parameters_ = nullptr;
  uint32_t size_ = 0;
  bool ok_ = true;
};

}  // namespace sp::http
