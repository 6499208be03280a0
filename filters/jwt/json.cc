#include "filters/jwt/json.h"

#include <array>
#include <nlohmann/json.hpp>
#include <string>

namespace sp::jwt {
namespace {

using nlohmann::json;

// Builds a value from the library's events, with a stack of our own, so depth is ours to bound.
class Builder : public nlohmann::json_sax<json> {
 public:
  explicit Builder(json* root) : root_(root) {}

  bool null() override { return Place(nullptr) != nullptr; }
  bool boolean(bool value) override { return Place(value) != nullptr; }
  bool number_integer(number_integer_t value) override { return Place(value) != nullptr; }
  bool number_unsigned(number_unsigned_t value) override { return Place(value) != nullptr; }
  bool number_float(number_float_t value, const string_t&) override { return Place(value) != nullptr; }
  bool string(string_t& value) override { return HasNoNul(value) && Place(std::move(value)) != nullptr; }
  bool binary(binary_t&) override { return false; }

  bool start_object(size_t) override { return Open(json::object()); }
  bool start_array(size_t) override { return Open(json::array()); }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }

  bool key(string_t& name) override {
    if (!HasNoNul(name)) return false;
    auto [place, is_new] = open_[depth_ - 1]->get_ref<json::object_t&>().try_emplace(std::move(name));
    member_ = &place->second;
    return is_new;
  }

  // Also where a number is out of range.
  bool parse_error(size_t, const std::string&, const json::exception&) override { return false; }

 private:
  static bool HasNoNul(std::string_view text) { return text.find('\0') == std::string_view::npos; }

  json* Place(json value) {
    json* place = root_;
    if (depth_ > 0 && open_[depth_ - 1]->is_array()) {
      open_[depth_ - 1]->push_back(nullptr);
      place = &open_[depth_ - 1]->back();
    } else if (depth_ > 0) {
      place = member_;
    }
    *place = std::move(value);
    return place;
  }

  bool Open(json value) {
    if (depth_ == kMaxJsonDepth) return false;
    json* place = Place(std::move(value));
    open_[depth_++] = place;
    return true;
  }

  bool Close() {
    --depth_;
    return true;
  }

  json* root_;
  json* member_ = nullptr;
  std::array<json*, kMaxJsonDepth> open_{};
  int depth_ = 0;
};

}  // namespace

bool ParseJson(std::string_view text, json* out) {
  if (text.empty() || text.front() == '\xef') return false;  // the library would skip a byte order mark
  Builder builder(out);
  return json::sax_parse(text.begin(), text.end(), &builder, json::input_format_t::json, /*strict=*/true);
}

}  // namespace sp::jwt
