/* Tries in create what needs a running config. Each answer is kept, for the test to read. */
#include <sallyport/http_filter.h>

static void run(void* data) { (void)data; }

static sp_status create(const sp_config_host* host, sp_config* c, void** config) {
  sp_status* got = host->alloc(c, 16 * sizeof *got, 8);
  const sp_host* services = host->host;
  sp_call call = {.size = sizeof call};
  sp_bucket bucket = {1, 1, 1};
  sp_window window = {1000000000, 1, 1};
  sp_quota quota;
  uint64_t id = 0, length = 0;
  *config = got;
  *got++ = host->call(c, &call, &id);
  *got++ = host->timer(c, 1000000, 0, &id);
  *got++ = host->cancel(c, 1);
  *got++ = host->offload(c, run, 0, 0);
  *got++ = host->publish(c, c, 0);
  *got++ = services->bucket_take(c, SP_STR("k"), &bucket, &quota);
  *got++ = services->window_add(c, SP_STR("k"), &window, &quota);
  *got++ = services->store_get(c, SP_STR("k"), 0, &length, 0);
  *got++ = services->store_put(c, SP_STR("k"), SP_STR("v"), 1);
  *got++ = services->store_cas(c, SP_STR("k"), SP_STR("v"), 1, 0);
  *got++ = services->store_delete(c, SP_STR("k"));
  host->set_ready(c, 0);
  services->metric_add(c, 0, 1);
  return host->ref(c) == 0 ? SP_OK : SP_E_FAILED;
}
static const sp_http_filter filter = {.size = sizeof filter, .name = SP_LIT("early"), .config_create = create};
SP_PLUGIN("early", "1.0.0", {SP_HTTP_FILTER_V1, &filter});
