// Says that it can be unloaded, but has a GNU_UNIQUE symbol (as std::to_string alone makes one) and exports it.
#include <sallyport/http_filter.h>

template <typename T>
struct Once {
  static inline T value = 7;
};

namespace {

sp_status Create(const sp_config_host*, sp_config*, void** config) {
  *config = &Once<int>::value;
  return SP_OK;
}

constexpr sp_http_filter Filter() {
  sp_http_filter f{};
  f.size = sizeof f;
  f.name = SP_LIT("unique");
  f.config_create = Create;
  return f;
}
constexpr sp_http_filter filter = Filter();

}  // namespace

SP_PLUGIN_FULL("unique", "1.0.0", SP_PLUGIN_UNLOADABLE, nullptr, nullptr, {SP_HTTP_FILTER_V1, &filter});
