// Slice: a view of bytes that keeps its memory alive; SlabPool: where a worker's memory comes from.
//
//   SlabPool pool;
//   Slice s = pool.Copy("hello");          // one slab reference
//   Slice t = s.Sub(1, 3);                 // "ell", a second reference to the same slab
//
// A slab has one of three owners (the `Origin`):
//   pool      made by a worker's SlabPool; references are plain integers, so only that worker's thread may copy or
//             release such a slice. Another thread may read the bytes while the worker holds a reference.
//   shared    made by MakeShared; references are atomic, any thread may copy and release.
//   external  memory of somebody else, given back through a release function (called once, on the releasing thread).
// A Slice without a slab (FromStatic) views memory that outlives everything, such as a literal.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

namespace sp {

class SlabPool;

// Header of one block of memory; the bytes follow it (pool, shared) or stand elsewhere (external).
struct Slab {
  enum class Origin : uint8_t { kPool, kShared, kExternal };
  using ReleaseFn = void (*)(void* context, const char* data, size_t size);

  Origin origin;
  uint8_t size_class = 0;                // kPool: index into SlabPool's free lists
  uint32_t refs = 1;                     // kPool, kExternal
  std::atomic<uint32_t> shared_refs{1};  // kShared
  size_t capacity = 0;
  SlabPool* pool = nullptr;         // kPool
  const char* external = nullptr;   // kExternal
  ReleaseFn release = nullptr;      // kExternal
  void* release_context = nullptr;  // kExternal

  explicit Slab(Origin o) : origin(o) {}
  char* bytes() { return reinterpret_cast<char*>(this + 1); }

  void AddRef() {
    if (origin == Origin::kShared) {
      shared_refs.fetch_add(1, std::memory_order_relaxed);
    } else {
      ++refs;
    }
  }
  void Release() {
    if (origin == Origin::kShared) {
      if (shared_refs.fetch_sub(1, std::memory_order_acq_rel) == 1) Free();
    } else if (--refs == 0) {
      Free();
    }
  }
  // True when the caller holds the only reference, so that the bytes may be written.
  bool Unique() const { return origin == Origin::kPool && refs == 1; }

 private:
  void Free();
};

class Slice {
 public:
  Slice() = default;
  // Takes over one reference to `slab` (which may be null).
  Slice(Slab* slab, const char* data, size_t size) : slab_(slab), data_(data), size_(size) {}
  Slice(const Slice& o) : slab_(o.slab_), data_(o.data_), size_(o.size_) {
    if (slab_ != nullptr) slab_->AddRef();
  }
  Slice(Slice&& o) noexcept
      : slab_(std::exchange(o.slab_, nullptr)), data_(o.data_), size_(std::exchange(o.size_, 0)) {}
  Slice& operator=(Slice o) noexcept {
    std::swap(slab_, o.slab_);
    std::swap(data_, o.data_);
    std::swap(size_, o.size_);
    return *this;
  }
  ~Slice() {
    if (slab_ != nullptr) slab_->Release();
  }

  static Slice FromStatic(std::string_view text) { return Slice(nullptr, text.data(), text.size()); }
  // One shared slab that holds a copy of `text`.
  static Slice MakeShared(std::string_view text);
  static Slice MakeExternal(std::string_view bytes, Slab::ReleaseFn release, void* context);

  const char* data() const { return data_; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::string_view view() const { return {data_, size_}; }
  Slab* slab() const { return slab_; }

  // The part [offset, offset+size), which must lie inside; a new reference.
  Slice Sub(size_t offset, size_t size) const {
    if (slab_ != nullptr) slab_->AddRef();
    return Slice(slab_, data_ + offset, size);
  }
  void RemovePrefix(size_t n) {
    data_ += n;
    size_ -= n;
  }
  void RemoveSuffix(size_t n) { size_ -= n; }
  // Grows the view over bytes that were just written behind it in the same slab (BufferChain's tail).
  void ExtendBy(size_t n) { size_ += n; }

 private:
  Slab* slab_ = nullptr;
  const char* data_ = nullptr;
  size_t size_ = 0;
};

// The memory of one worker: slabs of three sizes, kept on free lists up to a limit and given back to the allocator
// beyond it. Not thread-safe. It must outlive every slice it made; in debug builds the destructor asserts that.
class SlabPool {
 public:
  // Bytes of a slab, its header included. The largest has room for a message of 64 KiB with its head, in one read.
  static constexpr size_t kSmall = 4096, kMedium = 16384, kLarge = 69632;
  static constexpr size_t kKeepBytes = 4 << 20;  // free bytes kept for reuse, per size class

  SlabPool() = default;
  SlabPool(const SlabPool&) = delete;
  SlabPool& operator=(const SlabPool&) = delete;
  ~SlabPool();

  // A slab with room for at least `bytes`; more than kLarge is an allocation of its own. Holds one reference.
  Slab* Acquire(size_t bytes);
  Slice Copy(std::string_view bytes);

  uint64_t slabs_in_use() const { return in_use_; }
  uint64_t bytes_in_use() const { return bytes_in_use_; }

  // Room to read into: the rest of the current read slab, or a fresh one when fewer than `min` bytes are left. The
  // bytes stay the pool's until Commit makes a slice of the first `n`. While nothing else holds the slab it is reused
  // from its start, so a worker that answers small requests keeps reading into the same warm bytes.
  struct Room {
    char* data;
    size_t size;
  };
  Room ReadRoom(size_t min, size_t slab_bytes = kMedium);
  Slice Commit(size_t n);

  // Appends to the current write slab and returns the slice that holds the copy (for message heads and small texts).
  Slice Write(std::string_view bytes);
  // Room of `max` bytes in the write slab for an encoder; EndWrite(n) returns the slice over the first n of them.
  char* BeginWrite(size_t max);
  Slice EndWrite(size_t n);

 private:
  friend struct Slab;
  void Recycle(Slab* slab);
  void Rewind(Slab*& slab, size_t& used);

  std::vector<Slab*> free_[3];
  Slab* read_slab_ = nullptr;
  size_t read_used_ = 0;
  Slab* write_slab_ = nullptr;
  size_t write_used_ = 0;
  uint64_t in_use_ = 0;
  uint64_t bytes_in_use_ = 0;
};

}  // namespace sp
