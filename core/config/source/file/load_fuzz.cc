// Any bytes: loading ends, within its bounds, without a fault; and what loads renders to what loads the same.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/config/render.h"
#include "core/config/source/file/load.h"
#include "sallyport/v1/gateway.pb.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sp::file;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const char* name : {"f.yaml", "f.json"}) {
    const LoadResult loaded = Load(text, name);
    RenderErrors(name, Check(loaded));
    if (!loaded.ok()) continue;
    const LoadResult again =
        Load(sp::config::RenderYaml(*loaded.gateway, {.secrets = true, .is_secret = {}}), "f.yaml");
    std::string first, second;
    loaded.gateway->SerializeToString(&first);
    again.gateway->SerializeToString(&second);
    if (!again.ok() || sp::config::RenderYaml(*loaded.gateway) != sp::config::RenderYaml(*again.gateway) ||
        first.size() != second.size()) {
      std::abort();
    }
  }
  return 0;
}
