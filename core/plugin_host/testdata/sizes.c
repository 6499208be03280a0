/* A filter compiled with the header of another minor version: its table is shorter or longer than the host's. */
#include <sallyport/http_filter.h>

static sp_result on_request_head(const sp_http* http, sp_stream* s, void* self, const void* config, uint32_t flags) {
  (void)http, (void)s, (void)self, (void)config, (void)flags;
  return SP_CONTINUE;
}
static sp_status create(const sp_config_host* host, sp_config* c, void** config) {
  (void)host, (void)c;
  *config = (void*)&on_request_head;
  return SP_OK;
}
static void destroy(void* self, const void* config) { (void)self, (void)config; }

typedef struct {
  sp_http_filter known;
  void* on_something_new;
  uint64_t another[4];
} newer_filter;

#if defined(OLDER)
#define SIZE (offsetof(sp_http_filter, on_request_head) + sizeof(void*) + 4) /* and half a pointer more */
#elif defined(TINY)
#define SIZE 40
#else
#define SIZE sizeof(newer_filter)
#endif
static const newer_filter filter = {.known = {.size = SIZE,
                                              .name = SP_LIT("sizes"),
                                              .config_create = create,
                                              .on_request_head = on_request_head,
                                              .on_request_body = (void*)&on_request_head,
                                              .destroy = destroy},
                                    .on_something_new = (void*)&on_request_head,
                                    .another = {1, 2, 3, 4}};
SP_PLUGIN("sizes", "1.0.0", {SP_HTTP_FILTER_V1, &filter});
