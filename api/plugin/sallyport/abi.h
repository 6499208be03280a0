/* sallyport/abi.h - the words of the plugin ABI: types, codes, thread tags. Every other header includes it.
 *
 * A plugin is a shared object that exports one constant, `sallyport_plugin_entry` (plugin.h). Nothing else crosses the
 * line between host and plugin but the structs of these headers. The rules that keep a plugin of today working:
 *
 *   - Every struct that may grow starts with `uint32_t size`, set by whoever made it; a reader uses no member beyond
 *     it. SP_HAS(table, member) tells whether a host function exists. Nothing is removed within a major version.
 *   - Fixed-width integers, natural alignment, little endian, 64 bit. No bool, enum, bit-field, varargs or errno.
 *   - Each side frees what it made. Text from the host is `sp_str`: bytes, not zero-terminated, not always UTF-8.
 *   - A status is 0 for success or a negative code. Nothing throws across the line.
 *   - Unknown values that the host passes (events, facts) are to be ignored; unknown flag bits from a plugin refuse it.
 *
 * Tags: where and on which thread a function may be called, or is called. Another place gives SP_E_PHASE, no effect.
 *   [create]        config thread, inside config_create or route_create. Not concurrent for one config; different
 *                   configs may be created in parallel. No timer, call or thread: `sallyport check` runs just this.
 *   [start]         the config's home worker: inside start, on_config_event, or a callback that these led to.
 *   [stop]          the config's home worker, inside stop.
 *   [W-hook]        the stream's worker, inside a request or response hook of that stream.
 *   [W-completion]  the stream's worker, inside on_event.
 *   [complete]      the stream's worker, inside on_complete: reading only.
 *   [offload]       a thread of the host's pool, inside an offloaded function: only [any] functions.
 *   [any]           any thread, any time between create and destroy.
 * One stream lives on one worker, one config has one home worker; their callbacks never overlap and never nest: while
 * plugin code of a stream is on the stack, the host calls nothing else for that stream.
 */
#ifndef SALLYPORT_ABI_H
#define SALLYPORT_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#define SP_STATIC_ASSERT static_assert
#else
#define SP_STATIC_ASSERT _Static_assert
#endif

/* Calling convention of every function on either side; empty on the platforms supported today. */
#define SP_CALL

#define SP_ABI_MAJOR 1u
#define SP_ABI_MINOR 0u

/* True when the table that the host gave is new enough to have `member`, and the host fills it. */
#define SP_HAS(table, member) \
  ((table)->size >= offsetof(__typeof__(*(table)), member) + sizeof((table)->member) && (table)->member != 0)

/* ---- text ---------------------------------------------------------------------------------------------------- */
typedef struct sp_str {
  const char* ptr; /* never null where len > 0 */
  uint64_t len;    /* bytes */
} sp_str;
#ifdef __cplusplus
#define SP_STR(literal) (sp_str{literal, sizeof(literal) - 1})
#else
#define SP_STR(literal) ((sp_str){literal, sizeof(literal) - 1})
#endif
#define SP_LIT(literal) \
  { literal, sizeof(literal) - 1 } /* in an initialiser */

typedef struct sp_header {
  sp_str name; /* lower case */
  sp_str value;
} sp_header;

/* ---- status --------------------------------------------------------------------------------------------------- */
typedef int32_t sp_status;
#define SP_OK 0
#define SP_E_FAILED (-1)    /* anything else; a text went to fail() or log() */
#define SP_E_PHASE (-2)     /* not allowed here (see the tags) */
#define SP_E_STATE (-3)     /* allowed here, but not any more or not yet (a head already let go, a second reply) */
#define SP_E_GONE (-4)      /* the stream or config is over */
#define SP_E_ARG (-5)       /* null, out of range, forbidden bytes or a name the host owns */
#define SP_E_NOT_FOUND (-6) /* no such header, key, config member, cluster */
#define SP_E_LIMIT (-7)     /* a limit of this header or of the configuration was reached */
#define SP_E_TYPE (-8)      /* another type stands there */
#define SP_E_UNSUPPORTED (-9)
#define SP_E_CONFLICT (-10) /* compare-and-set lost */
#define SP_E_GUARD (-11)    /* reroute refused: an earlier filter would decide differently on the new route */

/* ---- values: facts and metadata -------------------------------------------------------------------------------- */
#define SP_VALUE_ABSENT 0u /* known, and there is none (no TLS on this connection) */
#define SP_VALUE_BOOL 1u   /* i64 is 0 or 1 */
#define SP_VALUE_I64 2u
#define SP_VALUE_F64 3u
#define SP_VALUE_STR 4u
#define SP_VALUE_BYTES 5u
#define SP_VALUE_JSON 6u /* str holds one JSON text */
typedef struct sp_value {
  uint32_t type;
  uint32_t unused;
  int64_t i64;
  double f64;
  sp_str str;
} sp_value;

/* ---- log levels ------------------------------------------------------------------------------------------------ */
#define SP_LOG_TRACE 0u
#define SP_LOG_DEBUG 1u
#define SP_LOG_INFO 2u
#define SP_LOG_WARN 3u
#define SP_LOG_ERROR 4u

typedef struct sp_config sp_config; /* one config of one filter: from create to destroy */
typedef struct sp_stream sp_stream; /* one filter's place in one request/response exchange */
typedef uint64_t sp_ref;            /* names a stream or a config for post(); has no owner, never dangles */

SP_STATIC_ASSERT(sizeof(void*) == 8, "the ABI is defined for 64-bit platforms");
SP_STATIC_ASSERT(sizeof(sp_str) == 16 && sizeof(sp_header) == 32 && sizeof(sp_value) == 40, "layout");
#if defined(__BYTE_ORDER__)
SP_STATIC_ASSERT(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the ABI is defined for little-endian platforms");
#endif

#ifdef __cplusplus
}
#endif
#endif
