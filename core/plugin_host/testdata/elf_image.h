// A plugin's file put together in memory: as small as can be, for tests that change single bytes of it.
#pragma once

#include <elf.h>
#include <sallyport/plugin.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace sp::plugin_host {

class ElfImage {
 public:
  // One record of section `.sallyport`.
  static std::string Record(uint32_t kind, std::string_view first, std::string_view second, uint32_t flags = 0,
                            uint32_t major = SP_ABI_MAJOR, uint32_t minor = 0) {
    std::string text(first);
    text += '\0';
    text += second;
    text += '\0';
    text.resize((text.size() + 7) / 8 * 8);
    const sp_record head{SP_RECORD_MAGIC, kind,  static_cast<uint32_t>(sizeof(sp_record) + text.size()),
                         major,           minor, flags};
    return Bytes(head) + text;
  }

  ElfImage& Records(std::string bytes) {
    records_ = std::move(bytes);
    return *this;
  }
  ElfImage& Symbol(std::string_view name, unsigned binding, uint16_t section = 1, unsigned type = STT_OBJECT,
                   uint64_t size = sizeof(sp_plugin_entry)) {
    Elf64_Sym symbol{};
    symbol.st_name = Name(name);
    symbol.st_info = static_cast<unsigned char>(ELF64_ST_INFO(binding, type));
    symbol.st_shndx = section;
    symbol.st_size = size;
    symbols_ += Bytes(symbol);
    return *this;
  }
  ElfImage& Dynamic(int64_t tag, uint64_t value) {
    Elf64_Dyn entry{};
    entry.d_tag = tag;
    entry.d_un.d_val = value;
    dynamic_ += Bytes(entry);
    return *this;
  }
  ElfImage& DynamicText(int64_t tag, std::string_view text) { return Dynamic(tag, Name(text)); }

  // A good plugin: identity, entry, one needed library.
  static ElfImage Good() {
    ElfImage image;
    image.Records(Record(SP_RECORD_IDENTITY, "stamp", "1.0.0"));
    image.Symbol("sallyport_plugin_entry", STB_GLOBAL);
    image.DynamicText(DT_NEEDED, "libc.so.6");
    return image;
  }

  std::string Build() const {
    const std::string section_names("\0.sallyport\0.dynsym\0.dynstr\0.dynamic\0.shstrtab\0", 47);
    std::string file(sizeof(Elf64_Ehdr), '\0');
    std::vector<Elf64_Shdr> sections(1);
    const auto add = [&](uint32_t name, uint32_t type, uint32_t link, const std::string& bytes) {
      Elf64_Shdr section{};
      section.sh_name = name;
      section.sh_type = type;
      section.sh_link = link;
      section.sh_offset = file.size();
      section.sh_size = bytes.size();
      file += bytes;
      file.resize((file.size() + 7) / 8 * 8);
      sections.push_back(section);
    };
    add(1, SHT_PROGBITS, 0, records_);
    add(12, SHT_DYNSYM, 3, symbols_);
    add(20, SHT_STRTAB, 0, names_);
    add(28, SHT_DYNAMIC, 3, dynamic_);
    add(37, SHT_STRTAB, 0, section_names);

    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_type = ET_DYN;
#if defined(__x86_64__)
    header.e_machine = EM_X86_64;
#elif defined(__aarch64__)
    header.e_machine = EM_AARCH64;
#else
    header.e_machine = EM_RISCV;
#endif
    header.e_shoff = file.size();
    header.e_shentsize = sizeof(Elf64_Shdr);
    header.e_shnum = static_cast<uint16_t>(sections.size());
    header.e_shstrndx = 5;
    std::memcpy(file.data(), &header, sizeof header);
    for (const Elf64_Shdr& section : sections) file += Bytes(section);
    return file;
  }

 private:
  template <typename T>
  static std::string Bytes(const T& value) {
    return {reinterpret_cast<const char*>(&value), sizeof value};
  }
  uint32_t Name(std::string_view name) {
    const auto at = static_cast<uint32_t>(names_.size());
    names_ += name;
    names_ += '\0';
    return at;
  }

  std::string records_;
  std::string symbols_ = std::string(sizeof(Elf64_Sym), '\0');
  std::string names_ = std::string(1, '\0');
  std::string dynamic_;
};

}  // namespace sp::plugin_host
