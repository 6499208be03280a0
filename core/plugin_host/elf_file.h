// ElfFile: a 64-bit little-endian ELF file in memory. Every accessor checks its bounds and gives nothing (or an empty
// view) outside; nothing here trusts an offset or a count. Reading only, any thread.
#pragma once

#include <elf.h>

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sp::plugin_host {

class ElfFile {
 public:
  // Nothing, and a sentence in `error`, for what is no shared object of this machine.
  static std::optional<ElfFile> Open(std::string_view file, std::string* error);

  // Contents of the first section of that name or type; nothing where there is none, or it lies outside the file.
  std::optional<std::string_view> SectionNamed(std::string_view name) const;
  struct Section {
    std::string_view bytes;
    std::string_view strings;  // of the section that its sh_link names
  };
  std::optional<Section> SectionOfType(uint32_t type) const;

  // The i-th T of `bytes`.
  template <typename T>
  static std::optional<T> At(std::string_view bytes, size_t i) {
    if (i >= bytes.size() / sizeof(T)) return std::nullopt;
    T value;
    std::memcpy(&value, bytes.data() + i * sizeof(T), sizeof(T));
    return value;
  }
  // Zero-terminated text at `offset`; empty where it does not end inside.
  static std::string_view TextAt(std::string_view strings, uint64_t offset);

 private:
  std::string_view Bytes(const Elf64_Shdr& section) const;

  std::string_view file_;
  std::vector<Elf64_Shdr> sections_;
  std::string_view section_names_;
};

}  // namespace sp::plugin_host
