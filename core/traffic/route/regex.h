// Regex: a compiled regular expression over bytes (Latin-1), matched against the whole subject, in time linear in it
// (RE2). A pattern whose program would pass kMaxProgram is refused when the configuration is compiled, so what a
// request can cost is known then (THREATS T58).
//
// Immutable and shared by workers and snapshots. RE2 builds parts of its automaton while matching, behind a reader
// lock and within kMaxMemory; when that is used up it goes on with a slower linear algorithm and the same answer.
//
//   std::string error;
//   auto id = Regex::Compile("/users/([0-9]+)", {}, &error);     // null and `error` when it doesn't compile
//   id->FullMatch("/users/42");
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/arena.h"

namespace re2 {
class RE2;
}

namespace sp::route {

class Regex {
 public:
  static constexpr int kMaxProgram = 10'000;       // instructions
  static constexpr int64_t kMaxMemory = 2 << 20;   // bytes, program and automaton
  static constexpr size_t kMaxPattern = 16 << 10;  // bytes of the pattern's text

  struct Options {
    bool ignore_case = false;
  };
  static std::shared_ptr<const Regex> Compile(std::string_view pattern, Options options, std::string* error);
  ~Regex();
  Regex(const Regex&) = delete;
  Regex& operator=(const Regex&) = delete;

  bool FullMatch(std::string_view subject) const;
  // Every part of `subject` that matches, not anchored, replaced by `substitution` (`\1` is a group, `\0` all of it,
  // `\\` a backslash); the text is `subject` itself or in the arena. Nothing when it would pass `limit` bytes.
  std::optional<std::string_view> ReplaceAll(std::string_view subject, std::string_view substitution, size_t limit,
                                             Arena& arena) const;
  // Whether `substitution` names only groups that exist.
  bool CheckSubstitution(std::string_view substitution, std::string* error) const;
  // Bytes with which every subject that matches begins; may be shorter than what could be known.
  const std::string& literal_prefix() const { return literal_prefix_; }

  const std::string& pattern() const { return pattern_; }
  bool ignore_case() const { return ignore_case_; }

 private:
  Regex(std::string_view pattern, Options options, std::unique_ptr<re2::RE2> program);

  std::string pattern_;
  std::string literal_prefix_;
  bool ignore_case_;
  std::unique_ptr<re2::RE2> program_;
};

}  // namespace sp::route
