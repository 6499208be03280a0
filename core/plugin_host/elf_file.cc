#include "core/plugin_host/elf_file.h"

#include <fmt/format.h>

#include <algorithm>

namespace sp::plugin_host {
namespace {

#if defined(__x86_64__)
constexpr uint16_t kThisMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr uint16_t kThisMachine = EM_AARCH64;
#elif defined(__riscv)
constexpr uint16_t kThisMachine = EM_RISCV;
#else
#error "name this machine's e_machine"
#endif

std::string MachineName(uint16_t machine) {
  switch (machine) {
    case EM_386:
      return "i386";
    case EM_X86_64:
      return "x86-64";
    case EM_ARM:
      return "arm";
    case EM_AARCH64:
      return "aarch64";
    case EM_PPC64:
      return "ppc64";
    case EM_S390:
      return "s390";
    case EM_RISCV:
      return "riscv";
    default:
      return fmt::format("machine {}", machine);
  }
}

bool LooksLikeText(std::string_view file) {
  const std::string_view start = file.substr(0, 256);
  return std::all_of(start.begin(), start.end(),
                     [](unsigned char c) { return c >= 0x20 || c == '\n' || c == '\r' || c == '\t' || c == '\f'; });
}

std::string NoElf(std::string_view file) {
  if (file.empty()) return "the file is empty";
  if (file.size() < SELFMAG && std::string_view(ELFMAG).starts_with(file)) return "the file is cut short";
  if (LooksLikeText(file)) return "not a shared object: the file is text";
  return "not a shared object: the file has no ELF header";
}

// The identification bytes mean the same in every class and byte order; the rest is read after them.
std::string CheckIdentification(std::string_view file) {
  if (!file.starts_with(ELFMAG)) return NoElf(file);
  if (file.size() < EI_NIDENT) return "the file is cut short";
  if (file[EI_CLASS] != ELFCLASS64) return "built for a 32-bit machine; this host is " + MachineName(kThisMachine);
  if (file[EI_DATA] != ELFDATA2LSB) return "built for a big-endian machine; this host is " + MachineName(kThisMachine);
  if (file.size() < sizeof(Elf64_Ehdr)) return "the file is cut short";
  return {};
}

std::string CheckHeader(const Elf64_Ehdr& header, size_t file_size) {
  if (header.e_machine != kThisMachine) {
    return fmt::format("built for {}; this host is {}", MachineName(header.e_machine), MachineName(kThisMachine));
  }
  if (header.e_type == ET_REL) return "an object file, not a shared object: it was compiled but not linked";
  if (header.e_type == ET_EXEC) return "an executable, not a shared object";
  if (header.e_type != ET_DYN) return "not a shared object";
  if (header.e_shoff == 0 || header.e_shnum == 0) return "not a Sallyport plugin: its section headers were stripped";
  if (header.e_shentsize != sizeof(Elf64_Shdr)) return "its section headers have an unknown size";
  const uint64_t size = uint64_t{header.e_shnum} * sizeof(Elf64_Shdr);
  if (header.e_shoff > file_size || file_size - header.e_shoff < size) return "the file is cut short";
  return {};
}

}  // namespace

std::optional<ElfFile> ElfFile::Open(std::string_view file, std::string* error) {
  *error = CheckIdentification(file);
  if (!error->empty()) return std::nullopt;
  Elf64_Ehdr header;
  std::memcpy(&header, file.data(), sizeof header);
  *error = CheckHeader(header, file.size());
  if (!error->empty()) return std::nullopt;

  ElfFile elf;
  elf.file_ = file;
  elf.sections_.resize(header.e_shnum);
  std::memcpy(elf.sections_.data(), file.data() + header.e_shoff, header.e_shnum * sizeof(Elf64_Shdr));
  for (const Elf64_Shdr& section : elf.sections_) {
    if (section.sh_type != SHT_NOBITS && section.sh_type != SHT_NULL && section.sh_size > 0 &&
        elf.Bytes(section).empty()) {
      *error = "the file is cut short";
      return std::nullopt;
    }
  }
  if (header.e_shstrndx < elf.sections_.size()) elf.section_names_ = elf.Bytes(elf.sections_[header.e_shstrndx]);
  return elf;
}

std::string_view ElfFile::Bytes(const Elf64_Shdr& section) const {
  if (section.sh_type == SHT_NOBITS || section.sh_type == SHT_NULL) return {};
  if (section.sh_offset > file_.size() || file_.size() - section.sh_offset < section.sh_size) return {};
  return file_.substr(section.sh_offset, section.sh_size);
}

std::string_view ElfFile::TextAt(std::string_view strings, uint64_t offset) {
  if (offset >= strings.size()) return {};
  const std::string_view rest = strings.substr(offset);
  const size_t end = rest.find('\0');
  return end == std::string_view::npos ? std::string_view() : rest.substr(0, end);
}

std::optional<std::string_view> ElfFile::SectionNamed(std::string_view name) const {
  for (const Elf64_Shdr& section : sections_) {
    if (TextAt(section_names_, section.sh_name) == name) return Bytes(section);
  }
  return std::nullopt;
}

std::optional<ElfFile::Section> ElfFile::SectionOfType(uint32_t type) const {
  for (const Elf64_Shdr& section : sections_) {
    if (section.sh_type != type) continue;
    Section found{Bytes(section), {}};
    if (section.sh_link < sections_.size()) found.strings = Bytes(sections_[section.sh_link]);
    return found;
  }
  return std::nullopt;
}

}  // namespace sp::plugin_host
