/*
 * Conditional requests (RFC 9110 section 13) and the entity tags they are
 * made of (section 8.8.3).  For httpd, which knows its files' validators,
 * and proxyd, which knows those of what it stored.
 */

#ifndef HTTP_CONDITIONAL_H
#define HTTP_CONDITIONAL_H

#include <stdbool.h>
#include <time.h>

#include "http/message.h"

struct http_etag {
	bool		weak;
	struct http_str	opaque;		/* with its quotes */
};

/*
 * Takes an entity tag off the front of rest.  False, with rest as it was, if
 * there is none.
 */
bool	http_etag_next(struct http_str *rest, struct http_etag *tag);

/* Reads a whole value as one entity tag. */
bool	http_etag_parse(struct http_str value, struct http_etag *tag);

/* Section 8.8.3.2: the strong comparison is never true of weak tags. */
bool	http_etag_strong(struct http_etag a, struct http_etag b);
bool	http_etag_weak(struct http_etag a, struct http_etag b);

/* What is known about the representation that would be sent. */
struct http_validators {
	bool		exists;		/* there is one; "*" matches it */
	struct http_str	etag;		/* as in ETag; ptr NULL: none */
	bool		has_modified;
	time_t		modified;	/* seconds since the epoch */
};

enum http_condition {
	HTTP_COND_PROCEED,	/* as if the request were unconditional */
	HTTP_COND_NOT_MODIFIED,	/* 304 */
	HTTP_COND_FAILED	/* 412 */
};

/*
 * Evaluates the preconditions of m in the order of section 13.2.2, but for
 * If-Range.  now, in seconds, is for two-digit years and for dates ahead of
 * it, which If-Modified-Since must not have.
 */
enum http_condition http_conditional(const struct http_msg *m,
    const struct http_validators *v, time_t now);

/*
 * Whether the Range of m counts: true without If-Range; with one, only if it
 * matches strongly (section 13.1.5).  A date does only where it is equal and
 * a second old at least, so that no change within it was missed (8.8.2.2).
 */
bool	http_if_range(const struct http_msg *m,
	    const struct http_validators *v, time_t now);

#endif
