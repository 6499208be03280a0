// Space: what the streams of one filter share across workers: quotas and blobs by key.
//
// Any thread. A space has 32 shards, each a hash table behind its own mutex, held for one look-up and one step; no
// caller's code runs under it. Hashes are seeded, so that nobody can choose keys that collide. Time is a parameter.
//
// Bounds: entries and bytes. Every entry has a time after which it is as good as none (a full bucket, a window gone by,
// a blob's end). At a bound such entries are taken out first, wherever they are; if none is found (1,024 places are
// looked at), a quota is answered `allowed` and `overflow` without being kept, and a blob is kFull.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>

#include "core/traffic/store/quota.h"

namespace sp::store {

inline constexpr size_t kMaxKeyBytes = 256;
inline constexpr size_t kMaxValueBytes = 64 * 1024;

struct Limits {
  uint64_t entries = 1'000'000;
  uint64_t bytes = 256 << 20;  // of keys, values and their bookkeeping
};

enum class Status : uint8_t { kOk, kArgument, kNotFound, kFull, kConflict };

class Space {
 public:
  explicit Space(const Limits& limits);
  ~Space();
  Space(const Space&) = delete;
  Space& operator=(const Space&) = delete;

  // kOk or kArgument (an empty or too long key, limits that make no sense).
  Status Take(std::string_view key, const BucketLimit& limit, double n, TimePoint now, Quota* out);
  Status Add(std::string_view key, const WindowLimit& limit, uint64_t n, TimePoint now, Quota* out);

  // Copies at most `*length` bytes to `to`; `*length` becomes the whole length, `*version` what Cas wants.
  Status Get(std::string_view key, void* to, uint64_t* length, uint64_t* version, TimePoint now);
  Status Put(std::string_view key, std::string_view value, Duration ttl, TimePoint now);
  // Puts where the version is still that (0: where there is none), else kConflict.
  Status Cas(std::string_view key, std::string_view value, Duration ttl, uint64_t version, TimePoint now);
  Status Delete(std::string_view key, TimePoint now);

  // Takes out what is as good as none, one shard after the other. For a timer, once a minute or so.
  void Sweep(TimePoint now);

  struct Usage {
    uint64_t entries, bytes;
    uint64_t overflows;  // quotas answered without being kept, blobs refused; since the start
  };
  Usage usage() const;
  // New bounds, for a changed configuration. What is there stays until its time.
  void SetLimits(const Limits& limits);

 private:
  struct Entry;
  struct Shard;
  enum class Kind : uint8_t { kBucket, kWindow, kBlob };  // the same key may have one of each

  Shard& ShardOf(uint64_t hash) const;
  uint64_t Hash(Kind kind, std::string_view key) const;
  template <typename Step>
  Status WithQuota(Kind kind, std::string_view key, TimePoint now, Quota* out, Step step);
  Status Store(std::string_view key, std::string_view value, Duration ttl, const uint64_t* version, TimePoint now);
  bool Reserve(uint64_t bytes);  // room for one more entry of so many bytes
  void Release(uint64_t bytes);
  bool MakeRoom(TimePoint now);

  std::unique_ptr<Shard[]> shards_;
  uint64_t seed_[2];
  std::atomic<uint64_t> max_entries_, max_bytes_;
  std::atomic<uint64_t> entries_{0}, bytes_{0}, overflows_{0};
  std::atomic<uint32_t> next_swept_{0};
};

}  // namespace sp::store
