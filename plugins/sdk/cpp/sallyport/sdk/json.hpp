// Json: the configuration of a filter, as its Config's constructor reads it. Config thread, only during that
// constructor.
//
//   struct Config {
//     std::string realm;
//     sallyport::Duration timeout;
//     std::vector<std::string> scopes;
//     explicit Config(const Json& j) : realm(j.at("realm").str()), timeout(j.at("timeout").duration(5s)) {
//       for (const Json scope : j.at("scopes").each()) scopes.emplace_back(scope.str());
//       if (timeout > 60s) j.at("timeout").fail("is longer than a minute");
//     }
//   };
// at() only names a place. Reading without a default says "is required" where nothing stands there; a wrong type says
// so; neither ends the constructor, so that all mistakes are reported at once. The config is refused when anything
// failed. Texts read here live as long as the config: a std::string_view member may keep them.
#pragma once

#include <sallyport/sdk/base.hpp>

#include <charconv>
#include <initializer_list>
#include <span>
#include <utility>

namespace sallyport {

namespace detail {
struct Loading {
  const sp_config_host* host;
  sp_config* config;
  uint32_t failures = 0;
};
inline void append_pointer_token(std::string& path, std::string_view name) {
  path += '/';
  for (const char c : name) {  // RFC 6901 section 3
    if (c == '~') {
      path += "~0";
    } else if (c == '/') {
      path += "~1";
    } else {
      path += c;
    }
  }
}
}  // namespace detail

// A header or a label: name and value, as the ABI has them.
struct Header : sp_header {
  Header(std::string_view name_, std::string_view value_) : sp_header{to_abi(name_), to_abi(value_)} {}
};
static_assert(sizeof(Header) == sizeof(sp_header));

class Json {
 public:
  explicit Json(detail::Loading& loading) : loading_(&loading) {}

  Json at(std::string_view name) const {
    Json child(*loading_);
    child.path_ = path_;
    detail::append_pointer_token(child.path_, name);
    child.name_ = name;
    return child;
  }
  Json at(uint64_t index) const {
    char digits[20];
    return at(std::string_view(digits, static_cast<size_t>(std::to_chars(digits, digits + 20, index).ptr - digits)));
  }
  Json operator[](std::string_view name) const { return at(name); }

  uint32_t kind() const { return host().kind(config(), to_abi(path_)); }
  // False also for null.
  bool exists() const { return kind() > SP_JSON_NULL; }
  bool is_array() const { return kind() == SP_JSON_ARRAY; }
  bool is_object() const { return kind() == SP_JSON_OBJECT; }
  bool is_string() const { return kind() == SP_JSON_STRING; }
  // The member's name, where this came from each() or at().
  std::string_view name() const { return name_; }
  const std::string& path() const { return path_; }

  // With a default: that, where nothing stands there.
  std::string_view str() const { return read<std::string_view>(&Json::get_str, "a text", true, {}); }
  std::string_view str(std::string_view fallback) const {
    return read<std::string_view>(&Json::get_str, "a text", false, fallback);
  }
  int64_t i64() const { return read<int64_t>(&Json::get_i64, "a whole number", true, 0); }
  int64_t i64(int64_t fallback) const { return read<int64_t>(&Json::get_i64, "a whole number", false, fallback); }
  double f64() const { return read<double>(&Json::get_f64, "a number", true, 0); }
  double f64(double fallback) const { return read<double>(&Json::get_f64, "a number", false, fallback); }
  bool boolean() const { return read<bool>(&Json::get_bool, "true or false", true, false); }
  bool boolean(bool fallback) const { return read<bool>(&Json::get_bool, "true or false", false, fallback); }
  Duration duration() const { return read<Duration>(&Json::get_duration, kDuration, true, {}); }
  Duration duration(Duration fallback) const { return read<Duration>(&Json::get_duration, kDuration, false, fallback); }
  // A size in bytes.
  uint64_t size() const { return read<uint64_t>(&Json::get_size, kSize, true, 0); }
  uint64_t size(uint64_t fallback) const { return read<uint64_t>(&Json::get_size, kSize, false, fallback); }
  // One of several words.
  template <typename T>
  T pick(std::initializer_list<std::pair<std::string_view, T>> words) const {
    return choose(str(), words, words.begin()->second);
  }
  template <typename T>
  T pick(std::initializer_list<std::pair<std::string_view, T>> words, T fallback) const {
    return exists() ? choose(str(), words, fallback) : fallback;
  }
  // The part as JSON text; empty where nothing stands there.
  std::string_view json() const {
    sp_str text{};
    return host().get_json(config(), to_abi(path_), &text) == SP_OK ? from_abi(text) : std::string_view();
  }

  // Elements of an array, members of an object.
  uint64_t count() const { return exists() ? host().count(config(), to_abi(path_)) : 0; }
  class Range;
  Range each() const;

  // Says what is wrong with this place. As often as needed.
  void fail(std::string_view message) const {
    ++loading_->failures;
    host().fail(config(), to_abi(path_), to_abi(message));
  }

  // ---- references: members marked "x-sallyport-ref" in the schema
  Cluster cluster() const {
    Cluster c;
    if (!exists()) {
      fail("is required");
    } else if (host().ref_cluster(config(), to_abi(path_), &c.id) != SP_OK) {
      fail("is no cluster of this configuration");
    }
    return c;
  }
  // The bytes of the file or secret named here. They live as long as the config.
  std::string_view contents() const {
    sp_str bytes{};
    if (!exists()) {
      fail("is required");
    } else if (host().ref_bytes(config(), to_abi(path_), &bytes) != SP_OK) {
      fail("cannot be read");
    }
    return from_abi(bytes);
  }

  // ---- what a config declares; the place doesn't matter, but names the culprit in a message
  Reason reason(std::string_view token) const {
    uint32_t id = 0;
    if (host().reason(config(), to_abi(token), &id) != SP_OK) fail("reason is not acceptable: " + std::string(token));
    return Reason(id);
  }
  Counter counter(std::string_view name, std::initializer_list<Header> labels = {}) const {
    return {metric(SP_METRIC_COUNTER, name, labels)};
  }
  Gauge gauge(std::string_view name, std::initializer_list<Header> labels = {}) const {
    return {metric(SP_METRIC_GAUGE, name, labels)};
  }
  Histogram histogram_us(std::string_view name, std::initializer_list<Header> labels = {}) const {
    return {metric(SP_METRIC_HISTOGRAM_US, name, labels)};
  }
  // A slot of this filter, to write and read.
  Slot metadata(std::string_view key) const { return metadata({}, key); }
  // A slot of the filter `owner` of the same chain, to read.
  Slot metadata(std::string_view owner, std::string_view key) const {
    Slot slot;
    const sp_status status = host().metadata_slot(config(), to_abi(owner), to_abi(key), &slot.id);
    if (status == SP_E_NOT_FOUND) {
      fail("no filter of this chain is named " + std::string(owner));
    } else if (status != SP_OK) {
      fail("metadata slot " + std::string(key) + " cannot be used");
    }
    return slot;
  }
  // This config sets request header `name` (lower case): it is removed from every request at entry (abi: config.h).
  void own_request_header(std::string_view header) const {
    if (host().own_request_header(config(), to_abi(header)) != SP_OK) {
      fail("header " + std::string(header) + " cannot be managed by a filter");
    }
  }

  const sp_config_host& host() const { return *loading_->host; }
  sp_config* config() const { return loading_->config; }

 private:
  static constexpr std::string_view kDuration = "a duration such as 5s or 250ms";
  static constexpr std::string_view kSize = "a size such as 64KiB";

  template <typename T>
  T read(sp_status (Json::*get)(T&) const, std::string_view expected, bool required, T fallback) const {
    T value{};
    if (!exists()) {
      if (required) fail("is required");
      return fallback;
    }
    if ((this->*get)(value) == SP_OK) return value;
    fail("must be " + std::string(expected));
    return fallback;
  }
  sp_status get_str(std::string_view& out) const {
    sp_str text{};
    const sp_status status = host().get_str(config(), to_abi(path_), &text);
    out = from_abi(text);
    return status;
  }
  sp_status get_i64(int64_t& out) const { return host().get_i64(config(), to_abi(path_), &out); }
  sp_status get_f64(double& out) const { return host().get_f64(config(), to_abi(path_), &out); }
  sp_status get_bool(bool& out) const {
    uint32_t truth = 0;
    const sp_status status = host().get_bool(config(), to_abi(path_), &truth);
    out = truth != 0;
    return status;
  }
  sp_status get_duration(Duration& out) const {
    uint64_t nanoseconds = 0;
    const sp_status status = host().get_duration(config(), to_abi(path_), &nanoseconds);
    out = Duration(static_cast<int64_t>(nanoseconds));
    return status;
  }
  sp_status get_size(uint64_t& out) const { return host().get_size(config(), to_abi(path_), &out); }

  template <typename T>
  T choose(std::string_view word, std::initializer_list<std::pair<std::string_view, T>> words, T fallback) const {
    std::string known;
    for (const auto& [name, value] : words) {
      if (name == word) return value;
      known += (known.empty() ? "" : ", ") + std::string(name);
    }
    fail("must be one of " + known);
    return fallback;
  }
  uint32_t metric(uint32_t kind, std::string_view name, std::initializer_list<Header> labels) const {
    uint32_t series = UINT32_MAX;
    if (host().metric(config(), kind, to_abi(name), labels.begin(), static_cast<uint32_t>(labels.size()), &series) !=
        SP_OK) {
      fail("metric " + std::string(name) + " cannot be made");
    }
    return series;
  }

  detail::Loading* loading_;
  std::string path_;
  std::string name_;
};

class Json::Range {
 public:
  class Iterator {
   public:
    Iterator(const Json& of, bool object, uint64_t index) : of_(&of), object_(object), index_(index) {}
    Json operator*() const {
      if (!object_) return of_->at(index_);
      sp_str name{};
      of_->host().member(of_->config(), to_abi(of_->path()), index_, &name);
      return of_->at(from_abi(name));
    }
    Iterator& operator++() {
      ++index_;
      return *this;
    }
    bool operator!=(const Iterator& o) const { return index_ != o.index_; }

   private:
    const Json* of_;
    bool object_;
    uint64_t index_;
  };
  explicit Range(const Json& of) : of_(of), object_(of.is_object()), count_(of.count()) {}
  Iterator begin() const { return {of_, object_, 0}; }
  Iterator end() const { return {of_, object_, count_}; }

 private:
  Json of_;
  bool object_;
  uint64_t count_;
};

inline Json::Range Json::each() const {
  if (exists() && !is_array() && !is_object()) fail("must be a list or an object");
  return Range(*this);
}

}  // namespace sallyport
