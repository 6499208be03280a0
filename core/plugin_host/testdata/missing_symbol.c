/* Needs a function that nobody has. */
#include <sallyport/http_filter.h>

sp_status function_that_nobody_has(const sp_config_host* host, sp_config* c, void** config);

static sp_status create(const sp_config_host* host, sp_config* c, void** config) {
  return function_that_nobody_has(host, c, config);
}
static const sp_http_filter filter = {.size = sizeof filter, .name = SP_LIT("missing"), .config_create = create};
SP_PLUGIN("missing", "1.0.0", {SP_HTTP_FILTER_V1, &filter});
