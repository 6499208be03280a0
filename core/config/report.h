// Place and Report: how the parts of validation say what is wrong. A Place is a path as a chain on the stack, made to
// text only when there is something to say, so that walking a configuration without errors costs no text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/base/field_error.h"

namespace sp::config {

class Place {
 public:
  Place() = default;
  // A place must outlive those made from it, so none is made from a temporary.
  Place Field(std::string_view name) const& { return {this, name, kNoIndex}; }
  Place Field(std::string_view name) && = delete;
  Place Index(int index) const& { return {this, {}, index}; }
  Place Index(int index) && = delete;
  std::string str() const {
    if (parent_ == nullptr) return {};
    std::string path = parent_->str();
    if (index_ != kNoIndex) return path + "[" + std::to_string(index_) + "]";
    if (!path.empty()) path += '.';
    return path.append(name_);
  }

 private:
  static constexpr int kNoIndex = -1;
  Place(const Place* parent, std::string_view name, int index) : parent_(parent), name_(name), index_(index) {}

  const Place* parent_ = nullptr;  // lives longer: places are made on the way down
  std::string_view name_;
  int index_ = kNoIndex;
};

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
