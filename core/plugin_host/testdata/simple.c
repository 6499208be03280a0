/* The least that a plugin can be, and by definitions the ways in which it can be wrong. */
#define _POSIX_C_SOURCE 200809L
#include <sallyport/http_filter.h>
#include <stdlib.h>

#ifdef OTHER_MAJOR
#undef SP_ABI_MAJOR
#define SP_ABI_MAJOR 2u
#endif
#ifndef FLAGS
#define FLAGS 0u
#endif
#ifndef FILTER_FLAGS
#define FILTER_FLAGS 0u
#endif
#ifndef INSTANCE_ALIGN
#define INSTANCE_ALIGN 0u
#endif

/* Shows that code of the plugin ran. */
__attribute__((constructor)) static void ran(void) { setenv("SALLYPORT_TEST_PLUGIN_RAN", "yes", 1); }

static sp_result on_request_head(const sp_http* http, sp_stream* s, void* self, const void* config, uint32_t flags) {
  (void)http, (void)s, (void)self, (void)config, (void)flags;
  return SP_CONTINUE;
}

static sp_status init(const sp_host* host) {
  (void)host;
#ifdef INIT_FAILS
  return SP_E_FAILED;
#else
  return SP_OK;
#endif
}
static void deinit(void) { setenv("SALLYPORT_TEST_PLUGIN_DEINIT", "yes", 1); }

static const sp_http_filter simple = {.size = sizeof simple,
                                      .flags = FILTER_FLAGS,
                                      .name = SP_LIT("simple"),
                                      .instance_align = INSTANCE_ALIGN,
                                      .on_request_head = on_request_head};
#ifdef EXTENSION
SP_RECORD(SP_RECORD_EXTENSION, 0u, "sallyport.http_filter/1\0" EXTENSION);
#endif
#ifdef TWO_FILTERS
static const sp_http_filter second = {
    .size = sizeof second, .name = SP_LIT("second"), .on_request_head = on_request_head};
SP_PLUGIN_FULL("simple", "1.0.0", FLAGS, init, deinit, {SP_HTTP_FILTER_V1, &simple}, {SP_HTTP_FILTER_V1, &second});
#elif defined(SAME_NAMES)
SP_PLUGIN_FULL("simple", "1.0.0", FLAGS, init, deinit, {SP_HTTP_FILTER_V1, &simple}, {SP_HTTP_FILTER_V1, &simple});
#else
SP_PLUGIN_FULL("simple", "1.0.0", FLAGS, init, deinit, {SP_HTTP_FILTER_V1, &simple});
#endif
