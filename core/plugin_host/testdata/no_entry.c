/* Has the records of a plugin, but its entry was left out by the linker. */
#include <sallyport/http_filter.h>

SP_RECORD(SP_RECORD_IDENTITY, 0u,
          "no_entry\0"
          "1.0.0");
