#include "core/traffic/host/directory.h"

#include <memory>
#include <mutex>

namespace sp::host {
namespace {

// [63..52] worker, [51..24] place, [23..0] generation.
constexpr uint32_t kWorkerBits = 12, kPlaceBits = 28, kGenerationBits = 24;

uint32_t WorkerOf(sp_ref ref) { return static_cast<uint32_t>(ref >> (kPlaceBits + kGenerationBits)); }
uint32_t PlaceOf(sp_ref ref) { return static_cast<uint32_t>(ref >> kGenerationBits) & ((1u << kPlaceBits) - 1); }
uint32_t GenerationOf(sp_ref ref) { return static_cast<uint32_t>(ref) & ((1u << kGenerationBits) - 1); }

std::mutex directory_mutex;
std::vector<RefTable*> directory;  // by worker number; null: gone

// Data on its way to a plugin: dropped exactly once if it is not delivered.
struct Parcel {
  Parcel(void* d, void(SP_CALL* f)(void*)) : data(d), drop(f) {}
  Parcel(const Parcel&) = delete;
  Parcel& operator=(const Parcel&) = delete;
  ~Parcel() {
    if (data != nullptr && drop != nullptr) drop(data);
  }
  void* data;
  void(SP_CALL* drop)(void*);
};

}  // namespace

RefTable::RefTable(net::Reactor& reactor) : reactor_(reactor) {
  const std::lock_guard lock(directory_mutex);
  while (worker_ < directory.size() && directory[worker_] != nullptr) ++worker_;
  if (worker_ == directory.size()) directory.push_back(nullptr);
  directory[worker_] = this;
}

RefTable::~RefTable() {
  const std::lock_guard lock(directory_mutex);
  directory[worker_] = nullptr;
}

sp_ref RefTable::Add(PostTarget& target) {
  uint32_t place = free_;
  if (place == UINT32_MAX) {
    place = static_cast<uint32_t>(entries_.size());
    entries_.emplace_back();
  } else {
    free_ = entries_[place].next_free;
  }
  entries_[place].target = &target;
  return static_cast<sp_ref>(worker_) << (kPlaceBits + kGenerationBits) |
         static_cast<sp_ref>(place) << kGenerationBits | entries_[place].generation;
}

void RefTable::Remove(sp_ref ref) {
  if (Find(ref) == nullptr) return;
  Entry& entry = entries_[PlaceOf(ref)];
  entry.target = nullptr;
  entry.generation = entry.generation == (1u << kGenerationBits) - 1 ? 1 : entry.generation + 1;
  entry.next_free = free_;
  free_ = PlaceOf(ref);
}

PostTarget* RefTable::Find(sp_ref ref) {
  const uint32_t place = PlaceOf(ref);
  if (place >= entries_.size() || entries_[place].generation != GenerationOf(ref)) return nullptr;
  return entries_[place].target;
}

bool RefTable::Run(sp_ref ref, std::function<void(PostTarget*)> work) {
  const std::lock_guard lock(directory_mutex);
  const uint32_t worker = WorkerOf(ref);
  if (worker >= directory.size() || directory[worker] == nullptr) return false;
  RefTable* table = directory[worker];
  return table->reactor_.Post([table, ref, work = std::move(work)] { work(table->Find(ref)); });
}

sp_status RefTable::Post(sp_ref ref, uint32_t tag, void* data, void(SP_CALL* drop)(void*)) {
  auto parcel = std::make_shared<Parcel>(data, drop);
  RefTable* table = nullptr;
  {
    const std::lock_guard lock(directory_mutex);
    const uint32_t worker = WorkerOf(ref);
    if (worker < directory.size()) table = directory[worker];
    if (table != nullptr && table->queued_.fetch_add(1, std::memory_order_relaxed) >= kMaxQueued) {
      table->queued_.fetch_sub(1, std::memory_order_relaxed);
      return SP_E_LIMIT;
    }
  }
  if (table == nullptr) return SP_E_GONE;
  const bool posted = Run(ref, [table, tag, parcel](PostTarget* target) {
    table->queued_.fetch_sub(1, std::memory_order_relaxed);
    if (target == nullptr) return;
    void* delivered = std::exchange(parcel->data, nullptr);
    target->OnPost(tag, delivered, parcel->drop);
  });
  return posted ? SP_OK : SP_E_GONE;
}

}  // namespace sp::host
