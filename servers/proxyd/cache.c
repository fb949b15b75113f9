/*
 * The cache's part of an exchange: may what is stored answer it, must the
 * origin be asked first, or is there nothing to begin with (RFC 9111, 4).
 */
#include "cache.h"

#include <stdarg.h>
#include <stdio.h>

#include "alone.h"
#include "base/clock.h"
#include "http/conditional.h"
#include "http/date.h"
#include "ready.h"

time_t
cache_now(void)
{
	return (time_t)(clock_wall() / NSEC_PER_SEC);
}

void
cache_say(struct exchange *x, const char *fmt, ...)
{
	char what[128];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	snprintf(x->cache_status, sizeof(x->cache_status), "%s; %s",
	    x->p->name, what);
}

/* for_origin - conditions that a cache does not decide (RFC 9111, 4.3.2). */
static bool
for_origin(const struct exchange *x)
{
	return x->req.known[HDR_IF_MATCH] != 0 ||
	    x->req.known[HDR_IF_UNMODIFIED_SINCE] != 0;
}

/*
 * miss - nothing that can be used: lead a fetch, or join one.  What wants part
 * of it, or only under a condition that the origin decides, and what may not
 * be shared, goes up as the client asked.
 */
static void
miss(struct exchange *x, struct stored *st, const struct key *key)
{
	enum flight how;
	int row = -1;

	x->as_is = x->req.method == HTTP_M_HEAD ||
	    x->req.known[HDR_RANGE] != 0 || for_origin(x) ||
	    (x->cc.set & HTTP_CC_NO_STORE) != 0 ||
	    x->req.known[HDR_AUTHORIZATION] != 0;
	if (!x->as_is && (x->cc.set & HTTP_CC_NO_CACHE) == 0 &&
	    !alone_is(x->p->alone, x->url)) {
		how = inflight_begin(store_inflight(x->p->store), key, &row);
		if (how == FLIGHT_JOIN && cache_join(x, row) == 1)
			return;
		if (how != FLIGHT_LEAD)
			row = -1;
		else if (st == NULL && cache_landed(x, row))
			return;
	}
	cache_ask(x, st, row);
}

/* behind - revalidate for the next who asks, with nobody waiting. */
static void
behind(struct exchange *x, struct stored *st)
{
	const char *tag = x->tag;
	int status = x->status, row = -1;
	enum flight how;

	how = inflight_begin(store_inflight(x->p->store), &st->key, &row);
	if (how == FLIGHT_JOIN)
		return;
	conn_flush(x->c);
	x->quiet = true;
	cache_ask(x, st, how == FLIGHT_LEAD ? row : -1);
	x->quiet = false;
	x->broken = false;
	x->tag = tag;
	x->status = status;
}

/* fails - a condition for the origin that the stored answer does not meet: the
 * origin may see it otherwise. */
static bool
fails(struct exchange *x, const struct stored *st)
{
	struct http_validators v = { .exists = true };
	struct http_str s = http_single(&st->msg, HDR_LAST_MODIFIED);
	time_t now = cache_now();

	if (!for_origin(x) || x->p->offline)
		return false;
	v.etag = http_single(&st->msg, HDR_ETAG);
	v.has_modified = s.ptr != NULL &&
	    http_date_parse(s, now, &v.modified) == 0;
	return http_conditional(&x->req, &v, now) == HTTP_COND_FAILED;
}

/* hit - st is the answer, stale or not. */
static void
hit(struct exchange *x, struct stored *st)
{
	x->tag = st->hot != NULL ? "TCP_MEM_HIT" : "TCP_HIT";
	cache_say(x, "hit; ttl=%lld", (long long)(st->fresh.lifetime -
	    policy_age(&st->fresh, cache_now())));
	hit_answer(x, st);
}

/* with_stored - it may be used or not: by what both sides said. */
static void
with_stored(struct exchange *x, struct stored *st)
{
	time_t now = cache_now();
	enum reuse how = x->p->offline ? REUSE_FRESH :
	    policy_reuse(&st->fresh, &x->cc, now);
	bool fresh = st->fresh.lifetime > policy_age(&st->fresh, now) &&
	    (st->fresh.cc.set & HTTP_CC_NO_CACHE) == 0;

	if (how != REUSE_VALIDATE && fails(x, st)) {
		how = REUSE_VALIDATE;
		fresh = true;
	}
	if (how != REUSE_VALIDATE) {
		hit(x, st);
		if (how == REUSE_STALE)
			behind(x, st);
		else
			ready_keep(x, st);
	} else if (x->cc.set & HTTP_CC_ONLY_IF_CACHED) {
		reply_error(x, 504, "only-if-cached, and what is stored needs "
		    "to be validated");
	} else {
		x->fwd = fresh ? "request" : "stale";
		miss(x, st, &st->key);
	}
}

/* from_part - a part is stored: it is the answer, or where one begins. */
static bool
from_part(struct exchange *x, const struct stored *whole)
{
	struct stored st = { .fd = -1 };
	bool usable, done = false;

	if (!store_find_part(x, whole, &st))
		return false;
	usable = x->p->offline ||
	    policy_reuse(&st.fresh, &x->cc, cache_now()) != REUSE_VALIDATE;
	if (usable && !for_origin(x)) {
		x->tag = "TCP_HIT";
		cache_say(x, "hit; ttl=%lld", (long long)(st.fresh.lifetime -
		    policy_age(&st.fresh, cache_now())));
		done = hit_part(x, &st);
	}
	if (!done && !x->p->offline &&
	    (x->cc.set & HTTP_CC_ONLY_IF_CACHED) == 0) {
		x->tag = "TCP_MISS";
		x->fwd = "partial";
		miss(x, &st, &whole->key);
		done = true;
	}
	store_release(&st);
	return done;
}

void
cache_exchange(struct exchange *x)
{
	struct stored st = { .fd = -1 };

	http_request_cache_control(&x->req, &x->cc);
	if (!x->p->offline && (x->cc.set & HTTP_CC_ONLY_IF_CACHED) == 0 &&
	    alone_is(x->p->alone, x->url)) {
		/* a moment ago there was nothing, and nothing came to stay */
		store_key(x->p->store, x->url, &st.key);
		st.url_key = st.key;
	} else if (store_find(x, &st)) {
		with_stored(x, &st);
		store_release(&st);
		return;
	}
	x->absent = !st.other_variant;
	if (from_part(x, &st))
		return;
	if (x->p->offline || (x->cc.set & HTTP_CC_ONLY_IF_CACHED)) {
		x->cache_status[0] = '\0';
		reply_error(x, 504, x->p->offline ?
		    "--offline: only what is stored is served" :
		    "only-if-cached, and nothing is stored");
		return;
	}
	x->fwd = st.other_variant ? "vary-miss" : "uri-miss";
	x->tag = "TCP_MISS";
	miss(x, NULL, &st.key);
}
