// The first byte says what the rest is: a whole file, the records of a good file, or changes of single bytes of one.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/plugin_host/manifest.h"
#include "core/plugin_host/testdata/elf_image.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sp::plugin_host;
  if (size == 0) return 0;
  const std::string rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::string file = rest;
  if (data[0] % 3 == 1) {
    ElfImage image = ElfImage::Good();
    file = image.Records(ElfImage::Record(SP_RECORD_IDENTITY, "stamp", "1.0.0") + rest).Build();
  } else if (data[0] % 3 == 2) {
    ElfImage image = ElfImage::Good();
    image.Records(ElfImage::Record(SP_RECORD_IDENTITY, "stamp", "1.0.0") +
                  ElfImage::Record(SP_RECORD_SCHEMA, "stamp", "{\"type\":\"object\"}"));
    file = image.Symbol("another", STB_GNU_UNIQUE).DynamicText(DT_RUNPATH, "$ORIGIN/lib").Build();
    for (size_t i = 0; i + 2 < rest.size(); i += 3) {
      const size_t at = static_cast<uint8_t>(rest[i]) * 256U + static_cast<uint8_t>(rest[i + 1]);
      file[at % file.size()] = rest[i + 2];
    }
  }
  const ManifestResult result = ReadManifest(file);
  if (result.manifest.has_value() != result.errors.empty()) std::abort();  // one or the other
  if (result.manifest) {
    if (result.manifest->name.empty()) std::abort();
    result.manifest->Obstacles();
    result.manifest->Warnings();
  }
  return 0;
}
