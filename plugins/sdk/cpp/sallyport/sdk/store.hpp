// Store: bytes and quotas that all workers share, and that outlive a reload. Keys are this filter's own.
#pragma once

#include <sallyport/sdk/base.hpp>

namespace sallyport {

class Store {
 public:
  Store(const sp_host* host, const sp_config* config) : host_(host), config_(config) {}

  struct Quota : sp_quota {
    sp_status status = SP_OK;  // anything else: nothing was decided
    bool ok() const { return status == SP_OK; }
  };
  // Takes from a token bucket, all or nothing; exact across workers.
  Quota take(std::string_view key, const sp_bucket& bucket) const {
    Quota q{};
    q.status = host_->bucket_take(config_, to_abi(key), &bucket, &q);
    return q;
  }
  // Adds to a sliding window, all or nothing; exact across workers.
  Quota add(std::string_view key, const sp_window& window) const {
    Quota q{};
    q.status = host_->window_add(config_, to_abi(key), &window, &q);
    return q;
  }

  struct Entry {
    std::string value;
    uint64_t version;  // for cas()
  };
  std::optional<Entry> get(std::string_view key) const {
    Entry entry{std::string(256, '\0'), 0};
    while (true) {
      uint64_t length = entry.value.size();
      if (host_->store_get(config_, to_abi(key), entry.value.data(), &length, &entry.version) != SP_OK) return {};
      const bool whole = length <= entry.value.size();
      entry.value.resize(length);
      if (whole) return entry;
    }
  }
  // Without an allocation: the whole length of the value, of which at most `to.size()` bytes were copied.
  std::optional<uint64_t> get(std::string_view key, void* to, uint64_t capacity, uint64_t* version = nullptr) const {
    uint64_t unused = 0;
    if (host_->store_get(config_, to_abi(key), to, &capacity, version != nullptr ? version : &unused) != SP_OK) {
      return std::nullopt;
    }
    return capacity;
  }
  sp_status put(std::string_view key, std::string_view value, Duration ttl) const {
    return host_->store_put(config_, to_abi(key), to_abi(value), static_cast<uint64_t>(ttl.count()));
  }
  // Puts only where the version is still that one (0: there must be none), else SP_E_CONFLICT.
  sp_status cas(std::string_view key, std::string_view value, Duration ttl, uint64_t version) const {
    return host_->store_cas(config_, to_abi(key), to_abi(value), static_cast<uint64_t>(ttl.count()), version);
  }
  sp_status remove(std::string_view key) const { return host_->store_delete(config_, to_abi(key)); }

 private:
  const sp_host* host_;
  const sp_config* config_;
};

}  // namespace sallyport
