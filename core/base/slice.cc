#include "core/base/slice.h"

#include <algorithm>
#include <cassert>
#include <new>

namespace sp {
namespace {

constexpr size_t kClassBytes[3] = {SlabPool::kSmall, SlabPool::kMedium, SlabPool::kLarge};
constexpr uint8_t kNoClass = 3;

Slab* Allocate(Slab::Origin origin, size_t total) {
  auto* slab = new (::operator new(total)) Slab(origin);
  slab->capacity = total - sizeof(Slab);
  return slab;
}

void Deallocate(Slab* slab) {
  slab->~Slab();
  ::operator delete(slab);
}

}  // namespace

void Slab::Free() {
  switch (origin) {
    case Origin::kPool:
      pool->Recycle(this);
      return;
    case Origin::kExternal:
      release(release_context, external, capacity);
      Deallocate(this);
      return;
    case Origin::kShared:
      Deallocate(this);
      return;
  }
}

Slice Slice::MakeShared(std::string_view text) {
  Slab* slab = Allocate(Slab::Origin::kShared, sizeof(Slab) + text.size());
  std::memcpy(slab->bytes(), text.data(), text.size());
  return Slice(slab, slab->bytes(), text.size());
}

Slice Slice::MakeExternal(std::string_view bytes, Slab::ReleaseFn release, void* context) {
  Slab* slab = Allocate(Slab::Origin::kExternal, sizeof(Slab));
  slab->external = bytes.data();
  slab->capacity = bytes.size();
  slab->release = release;
  slab->release_context = context;
  return Slice(slab, bytes.data(), bytes.size());
}

SlabPool::~SlabPool() {
  if (read_slab_ != nullptr) read_slab_->Release();
  if (write_slab_ != nullptr) write_slab_->Release();
  assert(in_use_ == 0 && "a slice outlives its pool");
  for (auto& list : free_) {
    for (Slab* slab : list) Deallocate(slab);
  }
}

Slab* SlabPool::Acquire(size_t bytes) {
  const size_t total = bytes + sizeof(Slab);
  uint8_t size_class = 0;
  while (size_class < kNoClass && kClassBytes[size_class] < total) ++size_class;
  Slab* slab = nullptr;
  if (size_class < kNoClass && !free_[size_class].empty()) {
    slab = free_[size_class].back();
    free_[size_class].pop_back();
    slab->refs = 1;
  } else {
    slab = Allocate(Slab::Origin::kPool, size_class < kNoClass ? kClassBytes[size_class] : total);
    slab->size_class = size_class;
    slab->pool = this;
  }
  ++in_use_;
  bytes_in_use_ += slab->capacity;
  return slab;
}

void SlabPool::Recycle(Slab* slab) {
  --in_use_;
  bytes_in_use_ -= slab->capacity;
  const uint8_t c = slab->size_class;
  if (c >= kNoClass || free_[c].size() * kClassBytes[c] >= kKeepBytes) {
    Deallocate(slab);
  } else {
    free_[c].push_back(slab);
  }
}

Slice SlabPool::Copy(std::string_view bytes) {
  Slab* slab = Acquire(bytes.size());
  std::memcpy(slab->bytes(), bytes.data(), bytes.size());
  return Slice(slab, slab->bytes(), bytes.size());
}

void SlabPool::Rewind(Slab*& slab, size_t& used) {
  if (slab != nullptr && slab->Unique()) used = 0;
}

SlabPool::Room SlabPool::ReadRoom(size_t min, size_t slab_bytes) {
  Rewind(read_slab_, read_used_);
  const size_t wanted = slab_bytes - sizeof(Slab);
  const bool fits = read_slab_ != nullptr && read_slab_->capacity - read_used_ >= min &&
                    (read_used_ != 0 || read_slab_->capacity >= wanted);
  if (!fits) {
    if (read_slab_ != nullptr) read_slab_->Release();
    read_slab_ = Acquire(std::max(min, wanted));
    read_used_ = 0;
  }
  return {read_slab_->bytes() + read_used_, read_slab_->capacity - read_used_};
}

Slice SlabPool::Commit(size_t n) {
  assert(read_slab_ != nullptr && read_used_ + n <= read_slab_->capacity);
  const char* data = read_slab_->bytes() + read_used_;
  read_used_ += n;
  read_slab_->AddRef();
  return Slice(read_slab_, data, n);
}

char* SlabPool::BeginWrite(size_t max) {
  Rewind(write_slab_, write_used_);
  if (write_slab_ == nullptr || write_slab_->capacity - write_used_ < max) {
    if (write_slab_ != nullptr) write_slab_->Release();
    write_slab_ = Acquire(std::max(max, kMedium - sizeof(Slab)));
    write_used_ = 0;
  }
  return write_slab_->bytes() + write_used_;
}

Slice SlabPool::EndWrite(size_t n) {
  const char* data = write_slab_->bytes() + write_used_;
  assert(write_used_ + n <= write_slab_->capacity);
  write_used_ += n;
  write_slab_->AddRef();
  return Slice(write_slab_, data, n);
}

Slice SlabPool::Write(std::string_view bytes) {
  std::memcpy(BeginWrite(bytes.size()), bytes.data(), bytes.size());
  return EndWrite(bytes.size());
}

}  // namespace sp
