/*
 * RFC 9111's decisions, and nothing else: may this answer be stored, how long
 * is it fresh, how old is it, may it be used for this request.  Pure.
 */
#ifndef PROXYD_POLICY_H
#define PROXYD_POLICY_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "http/cachecontrol.h"
#include "http/message.h"
#include "http/range.h"

/* What a stored answer's fields say; times are seconds since the epoch. */
struct freshness {
	struct http_cache_control cc;
	time_t		date;		/* Date, or when it came */
	time_t		requested, received;
	int64_t		lifetime;	/* seconds from date on */
	int64_t		age_then;	/* corrected initial age, 4.2.3 */
	bool		targeted;	/* cc is CDN-Cache-Control */
	bool		heuristic;
	bool		negative;	/* an error, fresh because we say so */
	bool		validator;	/* it can be revalidated */
};

enum reuse {
	REUSE_FRESH,		/* answer with it */
	REUSE_STALE,		/* answer with it, and revalidate behind */
	REUSE_VALIDATE,		/* ask the origin first */
	REUSE_NO
};

/* policy_read - what the response res, asked for and received then, says. */
void	policy_read(struct freshness *, const struct http_msg *res,
	    time_t requested, time_t received);

/* policy_negative - an error that does not say how long it is true is taken for
 * true for so many seconds (--negative-ttl); after policy_read. */
void	policy_negative(struct freshness *, const struct http_msg *res,
	    int64_t seconds);

/* policy_age - current age in seconds (4.2.3). */
int64_t	policy_age(const struct freshness *, time_t now);

/*
 * policy_storable - whether a shared cache may store res, the answer to req
 * (section 3).
 */
bool	policy_storable(const struct http_msg *req,
	    const struct http_cache_control *req_cc, const struct http_msg *res,
	    const struct freshness *);

/*
 * policy_posted - whether it may store res, the answer to the POST req, to
 * answer GET with: it says how long it is fresh, and (the caller's to see) that
 * it is what the target now is (RFC 9110, 9.3.3).
 */
bool	policy_posted(const struct http_msg *req,
	    const struct http_cache_control *req_cc, const struct http_msg *res,
	    const struct freshness *);

/* policy_reuse - what may be done with a stored answer (sections 4, 5.2.1). */
enum reuse policy_reuse(const struct freshness *,
	    const struct http_cache_control *req_cc, time_t now);

/* policy_stale_if_error - whether it may stand in for an error (RFC 5861, 4),
 * where the request does not forbid it. */
bool	policy_stale_if_error(const struct freshness *,
	    const struct http_cache_control *req_cc, time_t now);

/* policy_unreached - whether it may stand in where the origin cannot be reached
 * at all, for a day at the most, though nobody said stale-if-error (4.2.4). */
bool	policy_unreached(const struct freshness *,
	    const struct http_cache_control *req_cc, time_t now);

/* policy_part - of a 206 with one range of a known whole: which (3.3). */
bool	policy_part(const struct http_msg *res, struct http_content_range *);

/* policy_strong - the ETag if it is one and strong; else ptr is NULL (3.4). */
struct http_str policy_strong(const struct http_msg *res);

/* policy_invalidates - an answer with this code to this method makes what is
 * stored for the target untrue (4.4). */
bool	policy_invalidates(enum http_method, unsigned code);

#endif
