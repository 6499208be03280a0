#include "core/traffic/store/space.h"

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>
#include <vector>

#include "core/base/random.h"

namespace sp::store {
namespace {

constexpr size_t kShards = 32;
constexpr size_t kInsertScan = 4;   // places looked at for old entries whenever a new one comes
constexpr size_t kRoomScan = 1024;  // and when there is no room
constexpr size_t kSweepChunk = 4096;
constexpr uint64_t kMaxCount = 1'000'000'000'000'000;  // of a window: keeps products within 128 bits
constexpr Duration kMaxLength = std::chrono::hours(24 * 366);

uint64_t Mix(uint64_t a, uint64_t b) {
  const auto product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

TimePoint After(TimePoint now, Duration d) { return d > TimePoint::max() - now ? TimePoint::max() : now + d; }

}  // namespace

// One allocation: this, the key, the value.
struct Space::Entry {
  Kind kind;
  uint32_t key_bytes;
  uint64_t value_bytes;
  uint64_t version;  // kBlob
  union {
    BucketState bucket;
    WindowState window;
  };

  char* key_data() { return reinterpret_cast<char*>(this + 1); }
  char* value_data() { return key_data() + key_bytes; }
  std::string_view key() { return {key_data(), key_bytes}; }
  std::string_view value() { return {value_data(), value_bytes}; }
  uint64_t bytes() const { return BytesFor(key_bytes, value_bytes); }

  static uint64_t BytesFor(uint64_t key, uint64_t value) { return sizeof(Entry) + 3 * 8 + key + value; }
  static Entry* Make(Kind kind, std::string_view key, std::string_view value) {
    auto* entry = new (::operator new(sizeof(Entry) + key.size() + value.size()))
        Entry{kind, static_cast<uint32_t>(key.size()), value.size(), 0, {}};
    std::memcpy(entry->key_data(), key.data(), key.size());
    if (!value.empty()) std::memcpy(entry->value_data(), value.data(), value.size());
    return entry;
  }
  static void Free(Entry* entry) { ::operator delete(entry); }
};

// An open-addressing table: linear probing, gaps closed when an entry goes, so no tombstones.
struct alignas(64) Space::Shard {
  struct Place {
    uint64_t hash = 0;
    TimePoint forgettable{};
    Entry* entry = nullptr;
  };
  std::mutex mutex;
  std::vector<Place> places;
  size_t used = 0;
  size_t hand = 0;  // where the search for old entries goes on
  uint64_t last_version = 0;

  ~Shard() {
    for (Place& place : places) Entry::Free(place.entry);
  }
  size_t mask() const { return places.size() - 1; }

  Place* Find(uint64_t hash, Kind kind, std::string_view key) {
    if (places.empty()) return nullptr;
    for (size_t i = hash & mask();; i = (i + 1) & mask()) {
      Place& place = places[i];
      if (place.entry == nullptr) return nullptr;
      if (place.hash == hash && place.entry->kind == kind && place.entry->key() == key) return &place;
    }
  }
  Place* Insert(uint64_t hash, Entry* entry) {
    if ((used + 1) * 4 > places.size() * 3) Grow();
    ++used;
    size_t i = hash & mask();
    while (places[i].entry != nullptr) i = (i + 1) & mask();
    places[i] = {hash, TimePoint{}, entry};
    return &places[i];
  }
  void Grow() {
    std::vector<Place> old(places.empty() ? 16 : places.size() * 2);
    old.swap(places);
    for (const Place& place : old) {
      if (place.entry == nullptr) continue;
      size_t i = place.hash & mask();
      while (places[i].entry != nullptr) i = (i + 1) & mask();
      places[i] = place;
    }
  }
  // Frees the entry and moves later ones of the same run up.
  void Erase(size_t gap) {
    Entry::Free(places[gap].entry);
    --used;
    for (size_t i = (gap + 1) & mask(); places[i].entry != nullptr; i = (i + 1) & mask()) {
      const size_t home = places[i].hash & mask();
      if (((i - home) & mask()) >= ((i - gap) & mask())) {
        places[gap] = places[i];
        gap = i;
      }
    }
    places[gap] = {};
  }
  // Looks at up to `budget` places from the hand on, and frees entries that are as good as none.
  struct Freed {
    uint64_t entries = 0, bytes = 0;
    size_t looked_at = 0;
  };
  Freed FreeOld(size_t budget, TimePoint now) {
    Freed freed;
    while (freed.looked_at < budget && freed.looked_at < places.size()) {
      hand &= mask();
      Place& place = places[hand];
      ++freed.looked_at;
      if (place.entry == nullptr || place.forgettable > now) {
        ++hand;
        continue;
      }
      ++freed.entries;  // and look at this place again: another entry may have moved here
      freed.bytes += place.entry->bytes();
      Erase(hand);
    }
    return freed;
  }
};

Space::Space(const Limits& limits)
    : shards_(new Shard[kShards]), max_entries_(limits.entries), max_bytes_(limits.bytes) {
  SecureRandomBytes(seed_, sizeof seed_);
}
Space::~Space() = default;

void Space::SetLimits(const Limits& limits) {
  max_entries_ = limits.entries;
  max_bytes_ = limits.bytes;
}

Space::Usage Space::usage() const { return {entries_, bytes_, overflows_}; }

uint64_t Space::Hash(Kind kind, std::string_view key) const {
  uint64_t h = seed_[0] ^ (key.size() * 4 + static_cast<uint64_t>(kind));
  size_t i = 0;
  for (; i + 8 <= key.size(); i += 8) {
    uint64_t word;
    std::memcpy(&word, key.data() + i, 8);
    h = Mix(h ^ word, seed_[1] | 1);
  }
  uint64_t rest = 0;
  if (i < key.size()) std::memcpy(&rest, key.data() + i, key.size() - i);
  return Mix(Mix(h ^ rest, seed_[1] | 1) ^ seed_[0], 0x9e3779b97f4a7c15);
}

Space::Shard& Space::ShardOf(uint64_t hash) const { return shards_[hash >> 59]; }

bool Space::Reserve(uint64_t bytes) {
  const bool fits = entries_.fetch_add(1, std::memory_order_relaxed) < max_entries_ &&
                    bytes_.load(std::memory_order_relaxed) + bytes <= max_bytes_;
  if (fits) {
    bytes_.fetch_add(bytes, std::memory_order_relaxed);
  } else {
    entries_.fetch_sub(1, std::memory_order_relaxed);
  }
  return fits;
}

void Space::Release(uint64_t bytes) {
  entries_.fetch_sub(1, std::memory_order_relaxed);
  bytes_.fetch_sub(bytes, std::memory_order_relaxed);
}

bool Space::MakeRoom(TimePoint now) {
  size_t budget = kRoomScan;
  for (size_t tried = 0; tried < kShards && budget > 0; ++tried) {
    Shard& shard = shards_[next_swept_.fetch_add(1, std::memory_order_relaxed) % kShards];
    const std::lock_guard lock(shard.mutex);
    const Shard::Freed freed = shard.FreeOld(budget, now);
    entries_ -= freed.entries;
    bytes_ -= freed.bytes;
    budget -= freed.looked_at;
    if (freed.entries > 0) return true;
  }
  return false;
}

// `step(entry, fresh)` makes a step of the state in `entry` and gives the time at which it may be forgotten.
template <typename Step>
Status Space::WithQuota(Kind kind, std::string_view key, TimePoint now, Quota* out, Step step) {
  if (key.empty() || key.size() > kMaxKeyBytes) return Status::kArgument;
  const uint64_t hash = Hash(kind, key);
  Shard& shard = ShardOf(hash);
  do {
    const std::lock_guard lock(shard.mutex);
    Shard::Place* place = shard.Find(hash, kind, key);
    const bool fresh = place == nullptr || place->forgettable <= now;
    if (place == nullptr) {
      const Shard::Freed freed = shard.FreeOld(kInsertScan, now);
      entries_ -= freed.entries;
      bytes_ -= freed.bytes;
      if (!Reserve(Entry::BytesFor(key.size(), 0))) continue;
      place = shard.Insert(hash, Entry::Make(kind, key, {}));
    }
    place->forgettable = step(*place->entry, fresh);
    return Status::kOk;
  } while (MakeRoom(now));

  overflows_.fetch_add(1, std::memory_order_relaxed);
  Entry unkept{kind, 0, 0, 0, {}};
  step(unkept, true);
  out->overflow = true;
  return Status::kOk;
}

Status Space::Take(std::string_view key, const BucketLimit& limit, double n, TimePoint now, Quota* out) {
  const bool sane = limit.rate > 0 && limit.burst >= 1 && n >= 0 && std::isfinite(limit.rate) &&
                    std::isfinite(limit.burst) && std::isfinite(n);
  if (!sane) return Status::kArgument;
  return WithQuota(Kind::kBucket, key, now, out, [&](Entry& entry, bool fresh) {
    if (fresh) entry.bucket = FullBucket(limit, now);
    *out = TakeFrom(entry.bucket, limit, n, now);
    return After(entry.bucket.updated, out->reset);
  });
}

Status Space::Add(std::string_view key, const WindowLimit& limit, uint64_t n, TimePoint now, Quota* out) {
  const bool sane = limit.length >= std::chrono::milliseconds(1) && limit.length <= kMaxLength &&
                    limit.limit <= kMaxCount && n <= kMaxCount;
  if (!sane) return Status::kArgument;
  return WithQuota(Kind::kWindow, key, now, out, [&](Entry& entry, bool fresh) {
    if (fresh) entry.window = EmptyWindow(limit, now);
    *out = AddTo(entry.window, limit, n, now);
    return ForgettableAt(entry.window);
  });
}

Status Space::Get(std::string_view key, void* to, uint64_t* length, uint64_t* version, TimePoint now) {
  if (key.empty() || key.size() > kMaxKeyBytes) return Status::kArgument;
  const uint64_t hash = Hash(Kind::kBlob, key);
  Shard& shard = ShardOf(hash);
  const std::lock_guard lock(shard.mutex);
  Shard::Place* place = shard.Find(hash, Kind::kBlob, key);
  if (place == nullptr || place->forgettable <= now) return Status::kNotFound;
  const std::string_view value = place->entry->value();
  const uint64_t copied = value.size() < *length ? value.size() : *length;
  if (copied > 0) std::memcpy(to, value.data(), copied);
  *length = value.size();
  *version = place->entry->version;
  return Status::kOk;
}

Status Space::Put(std::string_view key, std::string_view value, Duration ttl, TimePoint now) {
  return Store(key, value, ttl, nullptr, now);
}
Status Space::Cas(std::string_view key, std::string_view value, Duration ttl, uint64_t version, TimePoint now) {
  return Store(key, value, ttl, &version, now);
}

Status Space::Store(std::string_view key, std::string_view value, Duration ttl, const uint64_t* version,
                    TimePoint now) {
  if (key.empty() || key.size() > kMaxKeyBytes || value.size() > kMaxValueBytes || ttl <= Duration(0)) {
    return Status::kArgument;
  }
  struct FreeEntry {
    void operator()(Entry* entry) const { Entry::Free(entry); }
  };
  // The copy is made, and what it takes the place of is freed, outside the lock.
  std::unique_ptr<Entry, FreeEntry> made(Entry::Make(Kind::kBlob, key, value));
  const uint64_t hash = Hash(Kind::kBlob, key);
  Shard& shard = ShardOf(hash);
  do {
    const std::lock_guard lock(shard.mutex);
    Shard::Place* place = shard.Find(hash, Kind::kBlob, key);
    const uint64_t found = place != nullptr && place->forgettable > now ? place->entry->version : 0;
    if (version != nullptr && *version != found) return Status::kConflict;
    const uint64_t replaced = place != nullptr ? place->entry->bytes() : 0;
    if (place != nullptr) Release(replaced);
    if (!Reserve(made->bytes())) {
      if (place != nullptr) {  // the old value stays
        entries_.fetch_add(1, std::memory_order_relaxed);
        bytes_.fetch_add(replaced, std::memory_order_relaxed);
      }
      continue;
    }
    made->version = ++shard.last_version;
    if (place == nullptr) {
      place = shard.Insert(hash, made.release());
    } else {
      Entry* old = place->entry;
      place->entry = made.release();
      made.reset(old);
    }
    place->forgettable = After(now, ttl);
    return Status::kOk;
  } while (MakeRoom(now));
  overflows_.fetch_add(1, std::memory_order_relaxed);
  return Status::kFull;
}

Status Space::Delete(std::string_view key, TimePoint now) {
  if (key.empty() || key.size() > kMaxKeyBytes) return Status::kArgument;
  const uint64_t hash = Hash(Kind::kBlob, key);
  Shard& shard = ShardOf(hash);
  const std::lock_guard lock(shard.mutex);
  Shard::Place* place = shard.Find(hash, Kind::kBlob, key);
  if (place == nullptr) return Status::kNotFound;
  const Status status = place->forgettable > now ? Status::kOk : Status::kNotFound;
  Release(place->entry->bytes());
  shard.Erase(static_cast<size_t>(place - shard.places.data()));
  return status;
}

void Space::Sweep(TimePoint now) {
  for (size_t i = 0; i < kShards; ++i) {
    Shard& shard = shards_[i];
    size_t done = 0;
    while (true) {
      const std::lock_guard lock(shard.mutex);
      const Shard::Freed freed = shard.FreeOld(kSweepChunk, now);
      entries_ -= freed.entries;
      bytes_ -= freed.bytes;
      done += freed.looked_at - freed.entries;
      if (done >= shard.places.size()) break;
    }
  }
}

}  // namespace sp::store
