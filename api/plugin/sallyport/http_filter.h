/* sallyport/http_filter.h - extension sallyport.http_filter/1: a filter in the chain of an HTTP listener.
 *
 * A filter sees a request's head, body and trailers on the way to the upstream and the response's on the way back. Per
 * direction the host keeps for it one held message: what this filter has not let go yet. A hook looks at and edits that
 * message and returns what is to happen:
 *
 *   SP_CONTINUE  let everything held go; further hooks follow for what comes
 *   SP_HOLD      keep it, call again when more is there (bounded: over_limit below)
 *   SP_PAUSE     keep it and call nothing in this direction until resume(); the sender is slowed down, nothing is lost
 *   SP_DETACH    let everything go and call no more hooks in this direction
 *   SP_ERROR     the filter has failed: 500 `plugin.error`, or open where the configuration says so; the instance is
 *                destroyed and never called again
 * A value that makes no sense where it was returned is treated as SP_ERROR and counted.
 *
 *   request:  on_request_head -> on_request_body* -> on_request_trailers      in the order of the configuration
 *   response: on_response_head -> on_response_body* -> on_response_trailers   in reverse order
 * Both directions are independent. Holding the head does not stop the body: its hooks follow, so a filter can decide
 * on the whole message. Bodies come as slices that are never copied; all that is held is visible in each call.
 *
 * End of message: a head without body carries SP_F_END. Otherwise SP_F_BODY_END is given exactly once, with a body hook
 * (0 new bytes where it only ends), also when trailers follow; SP_F_MSG_END is on the last hook of the direction.
 *
 * The instance is `instance_size` zeroed bytes, made before the first hook of the stream and never moved; destroy runs
 * after on_complete. Hooks left null cost nothing.
 */
#ifndef SALLYPORT_HTTP_FILTER_H
#define SALLYPORT_HTTP_FILTER_H

#include <sallyport/config.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SP_HTTP_FILTER_V1 SP_LIT("sallyport.http_filter/1")

typedef uint32_t sp_result;
#define SP_ERROR 0u
#define SP_CONTINUE 1u
#define SP_HOLD 2u
#define SP_PAUSE 3u
#define SP_DETACH 4u

/* Flags of a hook. Unknown ones are to be ignored. */
#define SP_F_END 1u      /* head: no body and no trailers follow (as far as known: trailers may still appear) */
#define SP_F_BODY_END 2u /* body: the body is complete */
#define SP_F_MSG_END 4u  /* last hook of this direction */
#define SP_F_FLUSH 8u    /* body: nothing more is at hand right now */
#define SP_F_LIMIT 16u   /* body: the held message is at its limit (SP_OVER_LIMIT_NOTIFY): let go, shrink or reply */

/* Directions and header maps. */
#define SP_REQUEST 0u
#define SP_RESPONSE 1u
#define SP_REQUEST_TRAILERS 2u
#define SP_RESPONSE_TRAILERS 3u

/* Pseudo fields: not in the header maps, the same for every HTTP version. */
#define SP_METHOD 1u    /* request */
#define SP_SCHEME 2u    /* request; read only */
#define SP_AUTHORITY 3u /* request; what the upstream gets as Host */
#define SP_PATH 4u      /* request; normalised, without the query. Set: normalised and checked again */
#define SP_QUERY 5u     /* request; without `?` */
#define SP_STATUS 6u    /* response; "200" */

/* Facts: what is known of the exchange. ABSENT where there is none; SP_E_NOT_FOUND for an id the host doesn't know. */
#define SP_FACT_CLIENT_ADDRESS 1u       /* STR "203.0.113.7": after trusted hops of X-Forwarded-For */
#define SP_FACT_CLIENT_ADDRESS_BYTES 2u /* BYTES 16: the same, IPv4 as ::ffff:a.b.c.d */
#define SP_FACT_PEER_ADDRESS 3u         /* STR "10.0.0.1:4711": the connection's other end */
#define SP_FACT_LOCAL_ADDRESS 4u        /* STR */
#define SP_FACT_PROTOCOL 5u             /* STR "HTTP/1.1" */
#define SP_FACT_LISTENER 6u             /* STR name */
#define SP_FACT_ROUTE_TABLE 7u          /* STR */
#define SP_FACT_ROUTE 8u                /* STR; ABSENT without a route or without a name */
#define SP_FACT_CLUSTER 9u              /* STR; ABSENT while none is chosen */
#define SP_FACT_UPSTREAM_ADDRESS 10u    /* STR; ABSENT before an endpoint was chosen */
#define SP_FACT_REQUEST_ID 11u          /* STR */
#define SP_FACT_HOST 12u                /* STR: normalised for matching, no port */
#define SP_FACT_RESPONSE_ORIGIN 13u     /* I64 SP_ORIGIN_*; ABSENT before a response head */
#define SP_FACT_REASON 14u              /* STR: why the gateway answered or ended the stream; ABSENT otherwise */
#define SP_FACT_START_TIME 15u          /* I64: wall time of the first byte, nanoseconds since 1970 */
#define SP_FACT_DURATION 16u            /* I64: nanoseconds since then */
#define SP_FACT_REQUEST_BYTES 17u       /* I64: body bytes received so far */
#define SP_FACT_RESPONSE_BYTES 18u      /* I64: body bytes sent so far */
#define SP_FACT_ATTEMPTS 19u            /* I64: upstream attempts */
#define SP_FACT_CONNECTION_ID 20u       /* I64: unique within the process */
#define SP_FACT_TLS_VERSION 21u         /* STR "TLSv1.3"; ABSENT in cleartext; so are the next ones */
#define SP_FACT_TLS_CIPHER 22u
#define SP_FACT_TLS_SNI 23u
#define SP_FACT_TLS_PEER_SUBJECT 24u
#define SP_FACT_TLS_PEER_SANS 25u        /* JSON array of strings */
#define SP_FACT_TLS_PEER_FINGERPRINT 26u /* STR: SHA-256, hex */
#define SP_FACT_RAW_TARGET 27u           /* STR: the request target as it was received */

#define SP_ORIGIN_UPSTREAM 1
#define SP_ORIGIN_LOCAL 2  /* made by the gateway */
#define SP_ORIGIN_FILTER 3 /* made by a filter's reply() */

typedef struct sp_slice {
  const char* data;
  uint64_t size;
  void* owner; /* for slice_retain */
} sp_slice;

typedef struct sp_reply {
  uint32_t size;
  uint32_t status; /* 200 to 599 */
  uint32_t reason; /* from config reason(); 0: `plugin.reply` */
  uint32_t flags;  /* SP_REPLY_* */
  const sp_header* headers;
  uint64_t header_count;
  sp_str body;   /* copied. Empty: problem+json with `detail`, unless SP_REPLY_PLAIN */
  sp_str detail; /* a sentence for people, in problem+json; may be empty */
} sp_reply;
#define SP_REPLY_PLAIN 1u /* the body is sent as it is, even empty; content-type from the headers */
#define SP_REPLY_CLOSE 2u /* close the client's connection afterwards (HTTP/1) */

typedef struct sp_http {
  uint32_t size;
  uint32_t unused;
  const sp_host* host;

  /* Headers [W-hook] [W-completion]; reading also [complete]. `map` is one of the four above, `name` lower case. Text
   * given by the host stays readable until the stream is destroyed, even after set or remove. Text given to the host
   * is copied. Writing: until this filter let the head go (trailers: until MSG_END), else SP_E_STATE; SP_E_ARG for CR,
   * LF, NUL, hop-by-hop and framing names. */
  sp_status(SP_CALL* header_get)(sp_stream* s, uint32_t map, sp_str name, sp_str* first);
  /* In: capacity, out: how many there are. */
  sp_status(SP_CALL* header_values)(sp_stream* s, uint32_t map, sp_str name, sp_str* values, uint64_t* count);
  /* Several at once: values[i] is the first value of names[i], ptr null where there is none. */
  sp_status(SP_CALL* header_get_many)(sp_stream* s, uint32_t map, const sp_str* names, sp_str* values, uint64_t count);
  /* All fields, as they are now; the list does not change when the map does. */
  sp_status(SP_CALL* header_list)(sp_stream* s, uint32_t map, const sp_header** list, uint64_t* count);
  sp_status(SP_CALL* header_set)(sp_stream* s, uint32_t map, sp_str name, sp_str value);
  sp_status(SP_CALL* header_add)(sp_stream* s, uint32_t map, sp_str name, sp_str value);
  sp_status(SP_CALL* header_remove)(sp_stream* s, uint32_t map, sp_str name);
  sp_status(SP_CALL* pseudo_get)(sp_stream* s, uint32_t id, sp_str* value);
  sp_status(SP_CALL* pseudo_set)(sp_stream* s, uint32_t id, sp_str value);

  /* The held body of `direction` [W-hook] [W-completion]. Slices stay valid until the hook returns or the body is
   * edited; retain one to keep it (release exactly once, on this stream's worker). Edits: SP_E_STATE where the body can
   * have no such change (the head is gone and declared a length, or HEAD, 204, 304). */
  uint64_t(SP_CALL* body_size)(sp_stream* s, uint32_t direction);
  /* In: capacity, out: how many slices there are. */
  sp_status(SP_CALL* body_slices)(sp_stream* s, uint32_t direction, sp_slice* slices, uint64_t* count);
  sp_status(SP_CALL* body_copy)(sp_stream* s, uint32_t direction, uint64_t offset, uint64_t length, void* to);
  /* In one piece: in place where it can be, else a copy in the stream's memory. */
  sp_status(SP_CALL* body_contiguous)(sp_stream* s, uint32_t direction, uint64_t offset, uint64_t length, sp_str* out);
  sp_status(SP_CALL* body_drain)(sp_stream* s, uint32_t direction, uint64_t length);
  sp_status(SP_CALL* body_append)(sp_stream* s, uint32_t direction, sp_str bytes);
  sp_status(SP_CALL* body_prepend)(sp_stream* s, uint32_t direction, sp_str bytes);
  sp_status(SP_CALL* body_replace)(sp_stream* s, uint32_t direction, sp_str bytes);
  void(SP_CALL* slice_retain)(sp_stream* s, const sp_slice* slice);
  void(SP_CALL* slice_release)(sp_stream* s, const sp_slice* slice);
  /* [W-hook], head hook: the body will change its length as it passes; Content-Length is removed now. */
  sp_status(SP_CALL* will_change_body)(sp_stream* s, uint32_t direction);

  /* Ends SP_PAUSE with SP_CONTINUE, SP_HOLD or SP_DETACH [W-hook] [W-completion]; inside the filter's own hook it is
   * remembered and takes effect when that hook returns SP_PAUSE. SP_ERROR: the filter has failed, as if a hook had said
   * so. SP_E_STATE where nothing is paused. */
  sp_status(SP_CALL* resume)(sp_stream* s, uint32_t direction, sp_result result);
  /* Answers the client in the upstream's stead, until this filter has let a response head go. Takes effect after the
   * hook returns (its result is ignored); runs back through the filters before this one. The second is SP_E_STATE. */
  sp_status(SP_CALL* reply)(sp_stream* s, const sp_reply* reply);
  /* Ends the stream without an orderly answer. */
  sp_status(SP_CALL* abort)(sp_stream* s);
  /* [W-hook] in on_request_head, before letting go: matches the route anew (after an edit of path, authority or
   * headers). Later filters get the new route's configs. At most 3 a stream. */
  sp_status(SP_CALL* reroute)(sp_stream* s);

  /* [W-hook] [W-completion] [complete]. */
  sp_status(SP_CALL* fact)(sp_stream* s, uint32_t id, sp_value* out);
  sp_status(SP_CALL* metadata_get)(sp_stream* s, uint32_t slot, sp_value* out);
  sp_status(SP_CALL* metadata_set)(sp_stream* s, uint32_t slot, const sp_value* value); /* copied; not [complete] */

  /* Work of this stream [W-hook] [W-completion]; completions go to on_event, never from within these calls, and never
   * after on_complete. */
  sp_status(SP_CALL* call)(sp_stream* s, const sp_call* call, uint64_t* id);              /* ≤ 8 open */
  sp_status(SP_CALL* timer)(sp_stream* s, uint64_t after_ns, uint32_t tag, uint64_t* id); /* one shot, ≥ 1 ms, ≤ 16 */
  sp_status(SP_CALL* cancel)(sp_stream* s, uint64_t id); /* call or timer; silent and final */
  /* fn(data) is run in every case, also when the stream ends before; the event comes only while the stream lives. */
  sp_status(SP_CALL* offload)(sp_stream* s, void(SP_CALL* fn)(void* data), void* data, uint32_t tag);
  sp_ref(SP_CALL* ref)(const sp_stream* s); /* for host->post */

  /* Zeroed memory that lives as long as the stream; never null. [W-hook] [W-completion] */
  void*(SP_CALL* alloc)(sp_stream* s, uint64_t bytes, uint64_t align);
  /* The config this filter runs with, for the functions of sp_host; on a route of its own that of route_create. Ids
   * (metric series, slots, reasons, clusters) that the base config made are good with both. */
  const sp_config*(SP_CALL* config)(const sp_stream* s);
  /* What publish() gave last on this worker, or null; what worker_start gave, or null. */
  const void*(SP_CALL* published)(const sp_stream* s);
  void*(SP_CALL* worker_state)(const sp_stream* s);
} sp_http;

/* Flags of a filter. A bit that the host doesn't know refuses the plugin. */
#define SP_FILTER_GUARD 1u /* decides on access: a later reroute may not change its config unseen */
#define SP_FILTER_OVER_LIMIT_NOTIFY \
  2u /* a held message at its limit gives one call with SP_F_LIMIT instead of 413/502 */

typedef struct sp_http_filter {
  uint32_t size;
  uint32_t flags;
  sp_str name;             /* `plugin: P/name` where a plugin has several */
  sp_str schema;           /* JSON Schema; empty: from the file's records, or any object */
  sp_str route_schema;     /* empty and no record: no route config is allowed */
  uint32_t instance_size;  /* bytes, ≤ 64 KiB */
  uint32_t instance_align; /* 0 (8) or a power of two ≤ 64 */

  /* Config life; see config.h. Null: nothing to do, the config pointer is null. */
  sp_status(SP_CALL* config_create)(const sp_config_host* host, sp_config* c, void** config);
  void(SP_CALL* config_destroy)(void* config);
  /* [create] The config of a route: `base` with `c`, a config of its own read by the same functions, merged over it.
   * `c` holds a list of route configs from least to most specific under "/0", "/1", …; once per distinct list. The
   * result takes the place of `config` in every hook. */
  sp_status(SP_CALL* route_create)(const sp_config_host* host, sp_config* c, const void* base, void** route_config);
  void(SP_CALL* route_destroy)(void* route_config);
  sp_status(SP_CALL* start)(const sp_config_host* host, sp_config* c, void* config);
  void(SP_CALL* stop)(const sp_config_host* host, sp_config* c, void* config);
  sp_status(SP_CALL* worker_start)(const sp_config_host* host, sp_config* c, void* config, uint32_t worker,
                                   void** worker_state);
  void(SP_CALL* worker_stop)(void* config, uint32_t worker, void* worker_state);
  void(SP_CALL* on_config_event)(const sp_config_host* host, sp_config* c, void* config, const sp_event* event);

  /* Stream hooks, on the stream's worker. `self` is the instance, `config` the effective config. */
  sp_result(SP_CALL* on_request_head)(const sp_http* http, sp_stream* s, void* self, const void* config,
                                      uint32_t flags);
  sp_result(SP_CALL* on_request_body)(const sp_http* http, sp_stream* s, void* self, const void* config,
                                      uint64_t new_bytes, uint32_t flags);
  sp_result(SP_CALL* on_request_trailers)(const sp_http* http, sp_stream* s, void* self, const void* config,
                                          uint32_t flags);
  sp_result(SP_CALL* on_response_head)(const sp_http* http, sp_stream* s, void* self, const void* config,
                                       uint32_t flags);
  sp_result(SP_CALL* on_response_body)(const sp_http* http, sp_stream* s, void* self, const void* config,
                                       uint64_t new_bytes, uint32_t flags);
  sp_result(SP_CALL* on_response_trailers)(const sp_http* http, sp_stream* s, void* self, const void* config,
                                           uint32_t flags);
  void(SP_CALL* on_event)(const sp_http* http, sp_stream* s, void* self, const void* config, const sp_event* event);
  /* Once, after the last byte went out or the stream was given up, for every instance that had a hook. */
  void(SP_CALL* on_complete)(const sp_http* http, sp_stream* s, void* self, const void* config);
  /* Once, after on_complete; no host table: release what the instance holds. */
  void(SP_CALL* destroy)(void* self, const void* config);
} sp_http_filter;

SP_STATIC_ASSERT(offsetof(sp_http_filter, config_create) == 64, "layout");

#ifdef __cplusplus
}
#endif
#endif
