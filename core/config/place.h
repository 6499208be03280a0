// Place: a path into the model as a chain on the stack, made to text only when there is something to say of it, so that
// walking a configuration costs no text.
//
//   const Place routes = table.Field("routes");
//   Check(route, routes.Index(7));                       // `….routes[7]`
#pragma once

#include <string>
#include <string_view>

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

}  // namespace sp::config
