/* sallyport/config.h - the life of a config: read, start, work in the background, publish, stop.
 *
 *   config_create    [create]  parse and check; the only step that `sallyport check` runs
 *   start            [start]   on the home worker, before the snapshot that uses the config is published
 *   worker_start     on each worker, when it begins to use the config: per-worker state
 *   …                streams, and in the background on_config_event on the home worker
 *   worker_stop      on each worker, after its last stream of this config ended
 *   stop             [stop]    on the home worker; threads of the plugin must be joined here
 *   config_destroy   config thread; gets no host table
 * After a reload the old config takes no new streams and keeps its background work until its last stream ends.
 */
#ifndef SALLYPORT_CONFIG_H
#define SALLYPORT_CONFIG_H

#include <sallyport/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What stands at a place of the config. */
#define SP_JSON_ABSENT 0u
#define SP_JSON_NULL 1u
#define SP_JSON_BOOL 2u
#define SP_JSON_NUMBER 3u
#define SP_JSON_STRING 4u
#define SP_JSON_ARRAY 5u
#define SP_JSON_OBJECT 6u

/* Kinds of metric. */
#define SP_METRIC_COUNTER 1u
#define SP_METRIC_GAUGE 2u
#define SP_METRIC_HISTOGRAM_US 3u /* observations in microseconds */

/* A request to a cluster, with one answer. Starts with no header of the client: what is to be sent stands here. */
typedef struct sp_call {
  uint32_t size;
  uint32_t cluster;         /* from ref_cluster */
  sp_str method;            /* "GET" where empty */
  sp_str path;              /* "/keys?x=1" */
  sp_str authority;         /* Host; the cluster's name where empty */
  const sp_header* headers; /* framing, hop-by-hop and pseudo names are refused */
  uint64_t header_count;
  sp_str body;         /* copied */
  uint64_t timeout_ns; /* 0: the default of 5 s; at most 60 s; there is always one */
  uint64_t max_answer; /* bytes of body; 0: 64 KiB; at most 16 MiB */
  uint32_t tag;        /* comes back in the event */
  uint32_t unused;
} sp_call;

/* What came about: one record for every kind of completion. Kinds the plugin doesn't know are to be ignored. */
#define SP_EVENT_CALL 1u /* a call-out: parts that are there are flagged; FAIL stands alone */
#define SP_EVENT_TIMER 2u
#define SP_EVENT_POST 3u
#define SP_EVENT_OFFLOAD 4u
#define SP_CALL_HEAD 1u
#define SP_CALL_BODY 2u
#define SP_CALL_TRAILERS 4u
#define SP_CALL_END 8u
#define SP_CALL_FAIL 16u /* `reason` says why, in the words of the access log: "upstream.timeout" */
typedef struct sp_event {
  uint32_t size;
  uint32_t kind;
  uint32_t tag;   /* as given when it was started */
  uint32_t flags; /* SP_CALL_* */
  uint64_t id;    /* of the call or timer */
  uint32_t http_status;
  uint32_t unused;
  const sp_header* headers;
  uint64_t header_count;
  sp_str body; /* views: until the callback returns */
  sp_str reason;
  void* data; /* SP_EVENT_POST: now the plugin's; SP_EVENT_OFFLOAD: as given */
} sp_event;

typedef struct sp_config_host {
  uint32_t size;
  uint32_t unused;
  const sp_host* host;

  /* Reading [create]. `path` is a JSON pointer (RFC 6901) into the config: "/rules/0/name", "" for the whole. The host
   * has already validated the config against the schema and filled in its defaults; "format": "duration" members
   * are read by get_duration and "byte_size" ones by get_size, whatever unit they were written in. SP_E_NOT_FOUND,
   * SP_E_TYPE. Text lives as long as the config. */
  uint32_t(SP_CALL* kind)(const sp_config* c, sp_str path);
  sp_status(SP_CALL* get_str)(const sp_config* c, sp_str path, sp_str* out);
  sp_status(SP_CALL* get_i64)(const sp_config* c, sp_str path, int64_t* out);
  sp_status(SP_CALL* get_f64)(const sp_config* c, sp_str path, double* out);
  sp_status(SP_CALL* get_bool)(const sp_config* c, sp_str path, uint32_t* out);
  sp_status(SP_CALL* get_duration)(const sp_config* c, sp_str path, uint64_t* nanoseconds);
  sp_status(SP_CALL* get_size)(const sp_config* c, sp_str path, uint64_t* bytes);
  /* Elements of an array or members of an object (0 where absent), and the name of the i-th member. */
  uint64_t(SP_CALL* count)(const sp_config* c, sp_str path);
  sp_status(SP_CALL* member)(const sp_config* c, sp_str path, uint64_t index, sp_str* name);
  /* The part as JSON text. */
  sp_status(SP_CALL* get_json)(const sp_config* c, sp_str path, sp_str* out);

  /* [create] Says what is wrong, as often as needed; the config is then refused with all of it. Returns SP_E_FAILED,
   * so that `return host->fail(…)` reads well. */
  sp_status(SP_CALL* fail)(sp_config* c, sp_str path, sp_str message);
  /* [create] Zeroed memory that lives as long as the config; never null. align ≤ 64, a power of two. */
  void*(SP_CALL* alloc)(sp_config* c, uint64_t bytes, uint64_t align);

  /* References [create]: members marked "x-sallyport-ref" in the schema. The host has proved that they exist.
   * cluster: a handle for sp_call, pinned while the config lives. file: the bytes, read by the host; a changed file
   * makes a new config at the next apply. */
  sp_status(SP_CALL* ref_cluster)(sp_config* c, sp_str path, uint32_t* cluster);
  sp_status(SP_CALL* ref_bytes)(const sp_config* c, sp_str path, sp_str* bytes);

  /* [create] `name` (lower case) is managed by this config: on every listener that uses it the field is removed from
   * requests at entry, on all routes, also where the filter is disabled, and may not be nominated by Connection. */
  sp_status(SP_CALL* own_request_header)(sp_config* c, sp_str name);

  /* [create] Interned for reply(): ^[a-z0-9_]+(\.[a-z0-9_]+)+$, at most 64 a config, none of the host's own first
   * words. */
  sp_status(SP_CALL* reason)(sp_config* c, sp_str token, uint32_t* id);
  /* [create] A metadata slot. Own slots (`owner` empty) may be written in hooks; those of another filter of the chain
   * (`owner` its name) only read. */
  sp_status(SP_CALL* metadata_slot)(sp_config* c, sp_str owner, sp_str key, uint32_t* slot);
  /* [create] A metric series `sallyport_plugin_<name>` with the labels plugin, filter and those given (≤ 4 pairs).
   * The same name and labels are the same series, over reloads too. At most 256 series a config: SP_E_LIMIT. */
  sp_status(SP_CALL* metric)(sp_config* c, uint32_t kind, sp_str name, const sp_header* labels, uint32_t label_count,
                             uint32_t* series);

  /* Background work, on the home worker; completions go to on_config_event. */
  sp_status(SP_CALL* call)(sp_config* c, const sp_call* call, uint64_t* id);              /* [start]; ≤ 16 open */
  sp_status(SP_CALL* timer)(sp_config* c, uint64_t after_ns, uint32_t tag, uint64_t* id); /* [start]; one shot, ≤ 64 */
  sp_status(SP_CALL* cancel)(sp_config* c, uint64_t id); /* [start] [stop] call or timer; silent and final */
  sp_ref(SP_CALL* ref)(const sp_config* c);              /* [any] for post() */
  /* [start] [any] fn(data) on the host's pool, then SP_EVENT_OFFLOAD on the home worker. Joined before stop:
   * fn is run in every case, the event comes only while the config lives. */
  sp_status(SP_CALL* offload)(sp_config* c, void(SP_CALL* fn)(void* data), void* data, uint32_t tag);

  /* [start] Readiness. A config is ready unless start (or a later callback) said not_ready; publication of the snapshot
   * waits for it up to the limit of the configuration, then is refused or goes on, as that says. */
  void(SP_CALL* set_ready)(sp_config* c, uint32_t ready);
  /* [start] Makes `value` what published() gives on every worker, by message, without a lock; retire(old) runs on the
   * home worker after every worker has taken the new one. */
  sp_status(SP_CALL* publish)(sp_config* c, const void* value, void(SP_CALL* retire)(const void* old));
} sp_config_host;

#ifdef __cplusplus
}
#endif
#endif
