// Query: the parameters of a request target, read when a matcher first asks, once per request (THREATS T57, T88).
//
// Only `&` separates; `a` is `a=`; the first parameter of a name counts. Names and values are decoded (`%XX`, `+` is a
// space; a malformed `%` stands for itself), each once, for matching alone: what goes upstream is the query as it came.
// Beyond kMaxParams none is listed, and whoever wanted to look answers 400 `query.limit`.
//
// One per request; the list and what had to be decoded lie in the arena. Not thread-safe.
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
    bool first = true;  // of its name
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
  const Param* begin() {
    Parse();
    return params_;
  }
  const Param* end() { return begin() + size_; }
  std::string_view raw() const { return raw_; }

 private:
  void Parse() {
    if (!parsed_) ParseNow();
  }
  void ParseNow();
  void MarkFirsts();
  uint32_t* Slot(std::string_view name) const;
  std::string_view Decode(std::string_view text);

  std::string_view raw_;
  Arena* arena_;
  Param* params_ = nullptr;
  // Where there are many: places + 1 of the first of each name, by hash, 0 where there is none; at least half of it is.
  uint32_t* slots_ = nullptr;
  uint32_t slot_mask_ = 0;
  uint32_t size_ = 0;
  bool parsed_ = false;
  bool over_limit_ = false;
};

}  // namespace sp::route
