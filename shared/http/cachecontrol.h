/*
 * Cache-Control as caches read it (RFC 9111 section 5.2), with the extensions
 * for stale answers (RFC 5861) and immutable (RFC 8246), and the targeted
 * fields of RFC 9213.  For proxyd; what a directive means is decided there.
 */

#ifndef HTTP_CACHECONTROL_H
#define HTTP_CACHECONTROL_H

#include <stdbool.h>

#include "http/message.h"

/* More seconds than anybody means; RFC 9111 section 1.2.2. */
#define HTTP_DELTA_MAX		UINT32_C(2147483648)

/* Directives, as bits of the set in struct http_cache_control. */
enum http_cc {
	/* With seconds, in this order in seconds[]. */
	HTTP_CC_MAX_AGE = 1 << 0,
	HTTP_CC_S_MAXAGE = 1 << 1,
	HTTP_CC_MAX_STALE = 1 << 2,	/* without a value: HTTP_DELTA_MAX */
	HTTP_CC_MIN_FRESH = 1 << 3,
	HTTP_CC_STALE_WHILE_REVALIDATE = 1 << 4,
	HTTP_CC_STALE_IF_ERROR = 1 << 5,
	/* Without a value. */
	HTTP_CC_NO_STORE = 1 << 6,
	HTTP_CC_NO_TRANSFORM = 1 << 7,
	HTTP_CC_ONLY_IF_CACHED = 1 << 8,
	HTTP_CC_MUST_REVALIDATE = 1 << 9,
	HTTP_CC_PROXY_REVALIDATE = 1 << 10,
	HTTP_CC_MUST_UNDERSTAND = 1 << 11,
	HTTP_CC_PUBLIC = 1 << 12,
	HTTP_CC_IMMUTABLE = 1 << 13,
	/* For the whole message. */
	HTTP_CC_NO_CACHE = 1 << 14,
	HTTP_CC_PRIVATE = 1 << 15,
	/* The two with names of fields, if they only had names. */
	HTTP_CC_NO_CACHE_FIELDS = 1 << 16,
	HTTP_CC_PRIVATE_FIELDS = 1 << 17
};

#define HTTP_CC_NSECONDS	6

struct http_cache_control {
	uint32_t	set;		/* bits of enum http_cc */
	uint32_t	seconds[HTTP_CC_NSECONDS];
};

/* The seconds of one of the first six directives; 0 if it is not there. */
static inline uint32_t
http_cc_seconds(const struct http_cache_control *cc, enum http_cc directive)
{
	return (cc->set & directive) != 0 ?
	    cc->seconds[__builtin_ctz(directive)] : 0;
}

/*
 * Reads all Cache-Control lines of m.  Of a directive given twice the first
 * counts (section 4.2.1).  Seconds that cannot be read are 0 (stale), but
 * for max-stale, stale-while-revalidate and stale-if-error, which are then as
 * if absent.  Unknown directives are passed over.
 */
void	http_cache_control(const struct http_msg *m,
	    struct http_cache_control *cc);

/* The same for a request: Pragma counts where Cache-Control is absent. */
void	http_request_cache_control(const struct http_msg *m,
	    struct http_cache_control *cc);

/*
 * Reads a targeted field, such as CDN-Cache-Control, which is a structured
 * dictionary (RFC 9213 section 2.1).  False, with cc empty, where it is
 * absent, empty or malformed: then the next field is to be used instead.
 */
bool	http_targeted_cache_control(const struct http_msg *m,
	    enum http_hdr id, struct http_cache_control *cc);

/*
 * Whether Cache-Control has directive (HTTP_CC_NO_CACHE_FIELDS or
 * HTTP_CC_PRIVATE_FIELDS) with this field's name in its list.
 */
bool	http_cc_names(const struct http_msg *m, enum http_cc directive,
	    struct http_str name);

/* For the readers of both kinds of field: the bit of a name, or 0. */
enum http_cc http_cc_of(struct http_str name);

#endif
