/* Dies in create, in the way that "how" says. */
#include <sallyport/http_filter.h>
#include <stdlib.h>
#include <string.h>

static volatile char* volatile nowhere =
    (volatile char*)64; /* no null: a sanitizer would see that before the system does */

static uint64_t deep(uint64_t n) {
  volatile char frame[4096];
  memset((void*)frame, (int)n, sizeof frame);
  return n == 0 ? 0 : deep(n + 1) + (uint64_t)frame[7];
}

static sp_status create(const sp_config_host* host, sp_config* c, void** config) {
  (void)config;
  sp_str how;
  if (host->get_str(c, SP_STR("/how"), &how)) return SP_E_FAILED;
  if (how.ptr[0] == 's') *nowhere = 1;
  if (how.ptr[0] == 'a') abort();
  if (how.ptr[0] == 'd') return (sp_status)deep(1);
  if (how.ptr[0] == 'm') host->alloc(c, UINT64_MAX / 2, 8);
  return SP_OK;
}
static const sp_http_filter filter = {.size = sizeof filter, .name = SP_LIT("crashes"), .config_create = create};
SP_PLUGIN("crashes", "1.0.0", {SP_HTTP_FILTER_V1, &filter});
