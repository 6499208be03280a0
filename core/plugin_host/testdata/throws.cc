// Breaks the rule that nothing is thrown across the line.
#include <sallyport/http_filter.h>

#include <stdexcept>

namespace {

sp_status Create(const sp_config_host* host, sp_config* c, void**) {
  uint32_t odd = 0;
  host->get_bool(c, SP_STR("/odd"), &odd);
  if (odd != 0) throw 5;
  throw std::runtime_error("no such luck");
}

constexpr sp_http_filter Filter() {
  sp_http_filter f{};
  f.size = sizeof f;
  f.name = SP_LIT("throws");
  f.config_create = Create;
  return f;
}
constexpr sp_http_filter filter = Filter();

}  // namespace

SP_PLUGIN("throws", "1.0.0", {SP_HTTP_FILTER_V1, &filter});
