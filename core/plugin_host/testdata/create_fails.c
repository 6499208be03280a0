/* Finds three things wrong with any config. With "anyway", says that all is well nevertheless. */
#include <sallyport/http_filter.h>

static const sp_host* the_host;
static sp_status create(const sp_config_host* host, sp_config* c, void** config) {
  the_host = host->host;
  uint32_t anyway = 0, silent = 0;
  host->get_bool(c, SP_STR("/silent"), &silent);
  if (silent) return SP_E_FAILED;
  host->fail(c, SP_STR("/rules/0/name"), SP_STR("is taken"));
  host->fail(c, SP_STR("/rules/1"), SP_STR("contradicts the first"));
  host->fail(c, SP_STR("/rate"), SP_STR("must be > 0"));
  host->get_bool(c, SP_STR("/anyway"), &anyway);
  *config = host->alloc(c, 1, 1);
  return anyway ? SP_OK : SP_E_FAILED;
}
static void destroy(void* config) {
  (void)config;
  the_host->log(0, SP_LOG_INFO, SP_STR("destroy"));
}
static sp_status start(const sp_config_host* host, sp_config* c, void* config) {
  (void)config;
  host->host->log(c, SP_LOG_INFO, SP_STR("start"));
  return SP_OK;
}
static const sp_http_filter filter = {.size = sizeof filter,
                                      .name = SP_LIT("create_fails"),
                                      .config_create = create,
                                      .config_destroy = destroy,
                                      .start = start};
SP_PLUGIN("create_fails", "1.0.0", {SP_HTTP_FILTER_V1, &filter});
