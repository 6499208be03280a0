/* A plugin that is right: a filter with config, route config and background work. Says in the log what is called. */
#include <sallyport/http_filter.h>
#include <string.h>

#ifndef VERSION
#define VERSION "1.0.0"
#endif
#ifndef FLAGS
#define FLAGS SP_PLUGIN_UNLOADABLE
#endif

typedef struct {
  sp_str name, value;
  uint64_t timeout, limit;
  uint32_t cluster, reason, own_slot, other_slot, series;
  sp_str keys;
} config;

static const sp_host* host;

static void say(const sp_config* c, sp_str text) { host->log(c, SP_LOG_INFO, text); }

static sp_status create(const sp_config_host* h, sp_config* c, void** out) {
  config* cfg = h->alloc(c, sizeof *cfg, 16);
  *out = cfg;
  say(c, SP_STR("create"));
  if (h->get_str(c, SP_STR("/name"), &cfg->name) || h->get_str(c, SP_STR("/value"), &cfg->value))
    return h->fail(c, SP_STR(""), SP_STR("name and value are both needed"));
  h->get_duration(c, SP_STR("/timeout"), &cfg->timeout);
  h->get_size(c, SP_STR("/limit"), &cfg->limit);
  if (h->kind(c, SP_STR("/cluster")) == SP_JSON_STRING && h->ref_cluster(c, SP_STR("/cluster"), &cfg->cluster))
    return h->fail(c, SP_STR("/cluster"), SP_STR("can't be used"));
  if (h->kind(c, SP_STR("/keys/file")) == SP_JSON_STRING) h->ref_bytes(c, SP_STR("/keys/file"), &cfg->keys);
  if (h->own_request_header(c, cfg->name)) h->fail(c, SP_STR("/name"), SP_STR("is the host's"));
  h->reason(c, SP_STR("stamp.refused"), &cfg->reason);
  h->metadata_slot(c, SP_STR(""), SP_STR("stamped"), &cfg->own_slot);
  h->metadata_slot(c, SP_STR("auth"), SP_STR("subject"), &cfg->other_slot);
  sp_header label = {SP_LIT("kind"), SP_LIT("new")};
  return h->metric(c, SP_METRIC_COUNTER, SP_STR("stamped_total"), &label, 1, &cfg->series);
}

static void destroy(void* cfg) {
  (void)cfg;
  host->log(0, SP_LOG_INFO, SP_STR("destroy"));
}

static sp_status route_create(const sp_config_host* h, sp_config* c, const void* base, void** out) {
  config* cfg = h->alloc(c, sizeof *cfg, 0);
  memcpy(cfg, base, sizeof *cfg);
  say(c, SP_STR("route_create"));
  char path[] = "/0/value";
  char cluster[] = "/0/cluster";
  for (uint64_t i = 0; i < h->count(c, SP_STR("")); ++i) {
    path[1] = cluster[1] = (char)('0' + i);
    h->get_str(c, SP_STR(path), &cfg->value);
    if (h->kind(c, SP_STR(cluster)) == SP_JSON_STRING) h->ref_cluster(c, SP_STR(cluster), &cfg->cluster);
    if (cfg->value.len == 3 && !memcmp(cfg->value.ptr, "bad", 3)) h->fail(c, SP_STR(path), SP_STR("is bad"));
  }
  *out = cfg;
  return SP_OK;
}

static void route_destroy(void* cfg) {
  (void)cfg;
  host->log(0, SP_LOG_INFO, SP_STR("route_destroy"));
}

static sp_status start(const sp_config_host* h, sp_config* c, void* cfg) {
  (void)cfg;
  say(c, SP_STR("start"));
  uint64_t id;
  return h->timer(c, 1000000000, 7, &id);
}
static void stop(const sp_config_host* h, sp_config* c, void* cfg) {
  (void)h, (void)cfg;
  say(c, SP_STR("stop"));
}
static void on_config_event(const sp_config_host* h, sp_config* c, void* cfg, const sp_event* event) {
  (void)h, (void)cfg, (void)event;
  say(c, SP_STR("event"));
  h->publish(c, cfg, 0);
}

static sp_result on_request_head(const sp_http* http, sp_stream* s, void* self, const void* cfg, uint32_t flags) {
  (void)self, (void)flags;
  const config* c = cfg;
  http->header_set(s, SP_REQUEST, c->name, c->value);
  return SP_CONTINUE;
}

static sp_status init(const sp_host* h) {
  host = h;
  host->log(0, SP_LOG_INFO, SP_STR("init"));
  return SP_OK;
}
static void deinit(void) { host->log(0, SP_LOG_INFO, SP_STR("deinit")); }

static const sp_http_filter stamp = {.size = sizeof stamp,
                                     .flags = SP_FILTER_GUARD,
                                     .name = SP_LIT("stamp"),
                                     .config_create = create,
                                     .config_destroy = destroy,
                                     .route_create = route_create,
                                     .route_destroy = route_destroy,
                                     .start = start,
                                     .stop = stop,
                                     .on_config_event = on_config_event,
                                     .on_request_head = on_request_head};
SP_PLUGIN_FULL("stamp", VERSION, FLAGS, init, deinit, {SP_HTTP_FILTER_V1, &stamp},
               {SP_LIT("example.org/other/1"), &stamp});
