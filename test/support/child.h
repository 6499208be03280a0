// InChild: runs a piece of a test in a forked process, for what would spoil the process for other tests (limits,
// signals). Returns what went wrong, one line each; empty if all was well. No other threads may run in the test at that
// time.
#pragma once

#include <functional>
#include <string>

namespace sp::testing {

class Failures {
 public:
  void Expect(bool holds, const char* otherwise) {
    if (!holds) text_ += std::string(otherwise) + "\n";
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

std::string InChild(const std::function<void(Failures&)>& work);

}  // namespace sp::testing
