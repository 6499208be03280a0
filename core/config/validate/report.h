// Report: where the parts of validation say what is wrong.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/base/field_error.h"
#include "core/config/place.h"

namespace sp::config {

class Report {
 public:
  explicit Report(FieldErrors& errors, size_t max) : errors_(errors), max_(max) {}

  void Add(const Place& at, std::string message, std::string_view suggestion = {}) {
    if (!full()) errors_.push_back({at.str(), std::move(message), std::string(suggestion)});
  }
  bool full() const { return errors_.size() >= max_; }

 private:
  FieldErrors& errors_;
  size_t max_;
};

}  // namespace sp::config
