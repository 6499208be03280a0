// Query: the parameters of a request target, read when a matcher first asks, once per request (THREATS T57, T88).
//
// Only `&` separates; `a` is `a=`; the first parameter of a name counts. Names and values are percent-decoded (`+` is a
// space) for matching alone: what goes upstream is the query as it came. A malformed `%` stands for itself. More than
// kMaxParams parameters are over the limit: then none is listed, and whoever wanted to look answers 400 `query.limit`.
//
// One per request; text that had to be decoded lies in the arena. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/base/arena.h"

namespace sp::route {

class Query {
 public:
  static constexpr size_t kMaxParams = 1000;
  struct Param {
    std::string_view name;
    std::string_view value;
  };

  // `raw` without the `?`.
  Query(std::string_view raw, Arena& arena) : raw_(raw), arena_(&arena) {}

  bool over_limit() {
    Parse();
    return over_limit_;
  }
  // The first value of that name; `nullptr` where there is none.
  const std::string_view* Find(std::string_view name);
  size_t size() {
    Parse();
    return size_;
  }
  const Param& operator[](size_t i) const { return params_[i]; }
  std::string_view raw() const { return raw_; }

 private:
  void Parse() {
    if (!parsed_) ParseNow();
  }
  void ParseNow();
  std::string_view Decode(std::string_view text);

  std::string_view raw_;
  Arena* arena_;
  Param* params_ = nullptr;
  uint32_t size_ = 0;
  bool parsed_ = false;
  bool over_limit_ = false;
};

}  // namespace sp::route
