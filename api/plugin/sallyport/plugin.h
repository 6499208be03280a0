/* sallyport/plugin.h - the entry: what the host reads first, and what it can know of a plugin without running it.
 *
 *   SP_PLUGIN("stamp", "1.0.0", { SP_HTTP_FILTER_V1, &stamp });
 *
 * writes two things. The exported constant `sallyport_plugin_entry` is read after dlopen. The same identity, and each
 * filter's schema, stand also as records in the ELF section `.sallyport`, which holds no pointer, so that
 * `sallyport check` and `plugin inspect` refuse a wrong plugin and know its schema before any of its code is mapped.
 * The CMake function sallyport_add_plugin() writes the schema records from a file; SP_SCHEMA writes one by hand.
 */
#ifndef SALLYPORT_PLUGIN_H
#define SALLYPORT_PLUGIN_H

#include <sallyport/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- the table of services every kind of plugin gets ------------------------------------------------------------- */

/* Store keys and values: bytes, ≤ 256 and ≤ 64 KiB. Keys are private to (plugin resource, filter name) and survive
 * reload and hot swap; no plugin code runs under the store's lock. */
typedef struct sp_bucket {
  double rate;  /* tokens per second, > 0 */
  double burst; /* size of the bucket, ≥ 1 */
  double take;  /* tokens asked for, ≥ 0 */
} sp_bucket;
typedef struct sp_window {
  uint64_t window_ns; /* length, ≥ 1 ms */
  uint64_t limit;     /* added only while the estimate stays ≤ limit */
  uint64_t add;
} sp_window;
typedef struct sp_quota {
  uint32_t allowed;  /* 1: taken or added; 0: refused, nothing changed */
  uint32_t overflow; /* 1: the store was full and this key was answered without being kept (allowed) */
  double remaining;  /* what is left now */
  uint64_t retry_ns; /* refused: until as much as asked for is there again */
  uint64_t reset_ns; /* until the quota is whole again */
} sp_quota;

typedef struct sp_host {
  uint32_t size;
  uint32_t abi_minor; /* of the host */

  /* [any] A line in the process log, named after the filter. Cheap when the level is off: see log_level. */
  void(SP_CALL* log)(const sp_config* c, uint32_t level, sp_str text);
  const uint32_t* log_level; /* lines below *log_level are dropped; readable without a call */

  /* [any] Nanoseconds. now: monotonic, on a worker that of the loop turn; now_precise: read anew; wall: since 1970. */
  int64_t(SP_CALL* now)(const sp_config* c);
  int64_t(SP_CALL* now_precise)(const sp_config* c);
  int64_t(SP_CALL* wall)(const sp_config* c);
  /* [any] Bytes from the system's cryptographic generator. */
  void(SP_CALL* random)(const sp_config* c, void* to, uint64_t bytes);

  /* [W-hook] [W-completion] [complete] [start] One add to a series made in create; a plain add on the worker's own
   * memory. Counters only grow; for a gauge n is the change. A histogram takes one observation (in its unit). */
  void(SP_CALL* metric_add)(const sp_config* c, uint32_t series, int64_t n);

  /* Shared store; [W-hook] [W-completion] [start] [offload]. Short critical sections, never waits for I/O.
   * take and window_add are exact across workers. SP_E_ARG for sizes, SP_E_LIMIT where the store is full (put, cas).*/
  sp_status(SP_CALL* bucket_take)(const sp_config* c, sp_str key, const sp_bucket* bucket, sp_quota* out);
  sp_status(SP_CALL* window_add)(const sp_config* c, sp_str key, const sp_window* window, sp_quota* out);
  /* get copies at most `capacity` bytes and gives the whole length; version is for cas (0: no such key). */
  sp_status(SP_CALL* store_get)(const sp_config* c, sp_str key, void* to, uint64_t* length, uint64_t* version);
  sp_status(SP_CALL* store_put)(const sp_config* c, sp_str key, sp_str value, uint64_t ttl_ns);
  sp_status(SP_CALL* store_cas)(const sp_config* c, sp_str key, sp_str value, uint64_t ttl_ns, uint64_t version);
  sp_status(SP_CALL* store_delete)(const sp_config* c, sp_str key);

  /* [any] Hands `data` to the stream's on_event or the config's on_config_event, in a later loop turn of its worker.
   * Where the target is gone or the queue full (SP_E_GONE, SP_E_LIMIT: 10,000 a worker), and where it goes before
   * delivery, drop(data) is called exactly once, on any thread; drop may be null. */
  sp_status(SP_CALL* post)(sp_ref target, uint32_t tag, void* data, void(SP_CALL* drop)(void* data));
} sp_host;

/* ---- the entry -----------------------------------------------------------------------------------------------------
 */
#define SP_ENTRY_MAGIC 0x59505031u /* "1PPY" */

/* Flags of an entry. A bit that the host doesn't know refuses the plugin. */
#define SP_PLUGIN_RESIDENT 1u   /* can't be unloaded or swapped (a Go runtime): a changed file asks for a restart */
#define SP_PLUGIN_UNLOADABLE 2u /* no thread-local destructors, atexit or threads left behind: may be dlclose'd */

typedef struct sp_extension {
  sp_str id;         /* "sallyport.http_filter/1" */
  const void* table; /* starts with uint32_t size */
} sp_extension;

typedef struct sp_plugin_entry {
  uint32_t magic;
  uint32_t size;
  uint32_t abi_major;        /* loaded iff equal to the host's */
  uint32_t abi_minor_needed; /* loaded iff ≤ the host's */
  uint32_t flags;
  uint32_t extension_count;
  sp_str name;
  sp_str version;
  const sp_extension* extensions;
  /* Config thread, once per loaded file, before any other call; may be null. Not SP_OK: the plugin is refused. */
  sp_status(SP_CALL* init)(const sp_host* host);
  /* Config thread, once, after the last config was destroyed; may be null. Gets no host: nothing may be called. */
  void(SP_CALL* deinit)(void);
} sp_plugin_entry;

/* ---- records in section .sallyport ----------------------------------------------------------------------------------
 */
/* Each record is 8-byte aligned and `size` bytes long, this header included; text is `name NUL rest NUL`. */
#define SP_RECORD_MAGIC 0x4d505331u
#define SP_RECORD_IDENTITY 1u     /* text: plugin name, version */
#define SP_RECORD_SCHEMA 2u       /* text: filter name, JSON Schema of its config */
#define SP_RECORD_ROUTE_SCHEMA 3u /* text: filter name, JSON Schema of its route config */
#define SP_RECORD_EXTENSION 4u    /* text: extension id, filter name */
typedef struct sp_record {
  uint32_t magic;
  uint32_t kind;
  uint32_t size;
  uint32_t abi_major;
  uint32_t abi_minor_needed;
  uint32_t flags;
} sp_record;

#define SP_EXPORT __attribute__((visibility("default"), used))
#define SP_CONCAT_(a, b) a##b
#define SP_CONCAT(a, b) SP_CONCAT_(a, b)
/* One record; `text` is an adjacent-literal string such as "name\0" "rest". */
#define SP_RECORD(kind_, flags_, text_)                                                                               \
  __attribute__((section(".sallyport"), used, aligned(8))) static const struct {                                      \
    sp_record head;                                                                                                   \
    char text[(sizeof(text_) + 7) / 8 * 8];                                                                           \
  } SP_CONCAT(sp_record_, __COUNTER__) = {{SP_RECORD_MAGIC, (kind_), sizeof(sp_record) + (sizeof(text_) + 7) / 8 * 8, \
                                           SP_ABI_MAJOR, SP_PLUGIN_NEEDS_MINOR, (flags_)},                            \
                                          text_}

/* Minor version that the plugin cannot do without; define before including to need more than 0. */
#ifndef SP_PLUGIN_NEEDS_MINOR
#define SP_PLUGIN_NEEDS_MINOR 0u
#endif

#define SP_SCHEMA(filter_, json_) SP_RECORD(SP_RECORD_SCHEMA, 0u, filter_ "\0" json_)
#define SP_ROUTE_SCHEMA(filter_, json_) SP_RECORD(SP_RECORD_ROUTE_SCHEMA, 0u, filter_ "\0" json_)

/* SP_PLUGIN_FULL(name, version, flags, init, deinit, {id, table}, …) and the short form. */
#define SP_PLUGIN_FULL(name_, version_, flags_, init_, deinit_, ...)                \
  SP_RECORD(SP_RECORD_IDENTITY, flags_, name_ "\0" version_);                       \
  static const sp_extension sp_extensions_[] = {__VA_ARGS__};                       \
  SP_EXTERN_C SP_EXPORT const sp_plugin_entry sallyport_plugin_entry = {            \
      SP_ENTRY_MAGIC, sizeof(sp_plugin_entry),                                      \
      SP_ABI_MAJOR,   SP_PLUGIN_NEEDS_MINOR,                                        \
      (flags_),       (uint32_t)(sizeof sp_extensions_ / sizeof sp_extensions_[0]), \
      SP_LIT(name_),  SP_LIT(version_),                                             \
      sp_extensions_, (init_),                                                      \
      (deinit_)}
#define SP_PLUGIN(name_, version_, ...) SP_PLUGIN_FULL(name_, version_, 0u, 0, 0, __VA_ARGS__)
#ifdef __cplusplus
#define SP_EXTERN_C extern "C"
#else
#define SP_EXTERN_C
#endif

SP_STATIC_ASSERT(sizeof(sp_plugin_entry) == 80 && sizeof(sp_record) == 24, "layout");

#ifdef __cplusplus
}
#endif
#endif
