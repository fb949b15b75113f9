/*
 * Asking the origin for the cache: with the validators of what is stored, or
 * for the rest of it; the answer goes to the client and into the store at once,
 * and those who wait for it read it from there.
 */
#include "cache.h"

#include <stdio.h>
#include <string.h>

#include "alone.h"
#include "base/clock.h"
#include "http/conditional.h"
#include "http/date.h"

static uint64_t
known_length(const struct exchange *x, const struct http_msg *res)
{
	uint64_t n;

	if (res->body == HTTP_BODY_LENGTH)
		return res->length;
	if (x->req.method == HTTP_M_HEAD && http_decimal(http_single(res,
	    HDR_CONTENT_LENGTH), UINT64_MAX - 1, &n) == 0)
		return n;
	return res->body == HTTP_BODY_NONE && x->req.method != HTTP_M_HEAD ?
	    0 : LENGTH_UNKNOWN;
}

/* may_store - by what RFC 9111 says of it; and a server's error not in the
 * place of what was good. */
static bool
may_store(struct exchange *x, struct fetching *f)
{
	struct freshness fresh;

	policy_read(&fresh, &f->a.res, f->a.requested, f->a.received);
	if (f->posted)
		return policy_posted(&x->req, &x->cc, &f->a.res, &fresh);
	policy_negative(&fresh, &f->a.res, x->p->negative_s);
	if (fresh.negative && f->a.res.code >= 500 && f->replaces)
		return false;
	return policy_storable(&x->req, &x->cc, &f->a.res, &fresh);
}

/* begin_storing - if it may be; part: of what was stored, which goes on. */
static void
begin_storing(struct exchange *x, struct fetching *f)
{
	f->storing = access_shared(x, &f->a.up.peer) && may_store(x, f) &&
	    (f->a.res.code == 206 ? store_begin_part(x, &f->a.res,
	    f->a.requested, f->a.received, &f->w) : store_begin(x, &f->a.res,
	    f->a.requested, f->a.received, &f->w));
	if (!x->as_is && (f->storing || (x->absent && f->a.res.code < 500)))
		alone_set(x->p->alone, x->url, f->storing);
	if (f->storing && f->flight != -1 && !f->w.part)
		inflight_head(store_inflight(x->p->store), f->flight,
		    f->w.id);
	else if (!f->storing)
		cache_land(x, f, false);	/* nothing to wait for */
}

void
cache_deliver(struct exchange *x, struct fetching *f)
{
	enum framing how;
	int r;

	begin_storing(x, f);
	cache_say(x, "fwd=%s; fwd-status=%u%s", x->fwd, f->a.res.code,
	    f->storing ? "; stored" : "");
	if (!f->plain && hit_has(x, &f->a.res)) {
		f->a.res.code = 304;
		f->a.res.phrase.len = 0;
	}
	how = send_head(x, &f->a.res, known_length(x, &f->a.res), -1);
	conn_consume(&f->a.up, f->a.res.head_len);
	r = cache_pour(x, f, how);
	cache_land(x, f, r == 0);
	fetch_end(x, &f->a, r == 0);
}

/*
 * complete - the rest of what is stored in part has come: the whole to the
 * client (RFC 9111, 3.4), its beginning from the store.
 */
static void
complete(struct exchange *x, struct fetching *f, struct stored *st,
    uint64_t from)
{
	struct freshness fresh;
	enum framing how;
	int r;

	policy_read(&fresh, &f->a.res, f->a.requested, f->a.received);
	begin_storing(x, f);
	cache_say(x, "fwd=partial; fwd-status=206%s", f->storing ? "; stored" :
	    "");
	how = send_head(x, &st->msg, st->body_len,
	    policy_age(&fresh, cache_now()));
	hit_send(x, st, 0, from);
	conn_consume(&f->a.up, f->a.res.head_len);
	r = cache_pour(x, f, how);
	cache_land(x, f, r == 0);
	fetch_end(x, &f->a, r == 0);
}

/* stand_in - a stale answer for an error (RFC 5861, 4), or, where the origin
 * could not be reached, for none (RFC 9111, 4.2.4). */
static bool
stand_in(struct exchange *x, struct stored *st, unsigned code)
{
	if (st == NULL || st->part ||
	    (!policy_stale_if_error(&st->fresh, &x->cc, cache_now()) &&
	    (code != 0 || !policy_unreached(&st->fresh, &x->cc,
	    cache_now()))))
		return false;
	x->tag = "TCP_REFRESH_FAIL";
	if (code != 0)
		cache_say(x, "fwd=%s; fwd-status=%u; detail=stale-if-error",
		    x->fwd, code);
	else
		cache_say(x, "fwd=%s; detail=unreachable", x->fwd);
	hit_answer(x, st);
	return true;
}

/* unreached - no answer came. */
static void
unreached(struct exchange *x, struct fetching *f, struct stored *st)
{
	int status = f->a.status;

	cache_land(x, f, false);
	if (status >= 500 && stand_in(x, st, 0))
		return;
	/* what must be validated, and cannot be, is a 504 (5.2.2.2) */
	if (status == 502 && st != NULL && !st->part &&
	    (st->fresh.cc.set & HTTP_CC_MUST_REVALIDATE))
		status = 504;
	cache_say(x, "fwd=%s", x->fwd);
	reply_error(x, status, f->a.why);
}

/* again - what came was of no use: ask for all of it. */
static void
again(struct exchange *x, struct fetching *f)
{
	int flight = f->flight;

	fetch_end(x, &f->a, false);
	store_invalidate(x->p->store, x->url);
	cache_ask(x, NULL, flight);
}

/* freshened - 304: what is stored is good again. */
static void
freshened(struct exchange *x, struct fetching *f, struct stored *st)
{
	struct http_msg *res = &f->a.res;
	bool ok;

	ok = store_refresh(x, st, res, f->a.requested, f->a.received);
	if (st->damaged) {
		again(x, f);
		return;
	}
	conn_consume(&f->a.up, res->head_len);
	f->a.body.done = true;
	fetch_end(x, &f->a, true);
	cache_land(x, f, ok);
	x->tag = "TCP_REFRESH_UNMODIFIED";
	cache_say(x, "fwd=%s; fwd-status=304", x->fwd);
	hit_answer(x, st);
}

static bool
is_server_error(unsigned code)
{
	return code == 500 || code == 502 || code == 503 || code == 504;
}

/* of_another - a 304 that is not about what is stored (4.3.4). */
static bool
of_another(const struct stored *st, const struct http_msg *res)
{
	struct http_str new = http_single(res, HDR_ETAG);
	struct http_str old = http_single(&st->msg, HDR_ETAG);
	struct http_etag a, b;

	return new.ptr != NULL && (old.ptr == NULL ||
	    !http_etag_parse(new, &a) || !http_etag_parse(old, &b) ||
	    !http_etag_weak(a, b));
}

/* head_says - what a HEAD's answer tells about the stored one (4.3.5). */
static void
head_says(struct exchange *x, struct fetching *f, struct stored *st)
{
	static const enum http_hdr ids[] = { HDR_ETAG, HDR_LAST_MODIFIED };
	const struct http_msg *res = &f->a.res;
	bool same = true;
	uint64_t n;
	size_t i;

	for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		struct http_str a = http_single(&st->msg, ids[i]);
		struct http_str b = http_single(res, ids[i]);

		if (b.ptr != NULL && (a.ptr == NULL || !http_eq(a, b)))
			same = false;
	}
	if (http_decimal(http_single(res, HDR_CONTENT_LENGTH),
	    UINT64_MAX - 1, &n) == 0 && n != st->body_len)
		same = false;
	if (!same)
		store_invalidate(x->p->store, x->url);
	else
		store_refresh(x, st, res, f->a.requested, f->a.received);
}

/* prepare - what goes up: validators, or the range that is lacking; the
 * offset that it begins at, or 0. */
static uint64_t
prepare(struct exchange *x, struct stored *st, struct fetching *f,
    struct revalidate *rv)
{
	f->plain = x->as_is;
	if (st == NULL || (x->cc.set & HTTP_CC_NO_STORE))
		return 0;
	if (st->part) {
		rv->range = policy_strong(&st->msg);
		rv->from = store_prefix(st);
		if (x->as_is || rv->range.ptr == NULL)
			rv->from = 0;
		return rv->from;
	}
	if (st->fresh.validator && (x->req.known[HDR_IF_MATCH] |
	    x->req.known[HDR_IF_UNMODIFIED_SINCE]) == 0) {
		rv->etag = http_single(&st->msg, HDR_ETAG);
		rv->modified = http_single(&st->msg, HDR_LAST_MODIFIED);
		f->plain = false;
	}
	return 0;
}

/* continues - the 206 goes on where the stored part ends, and is its. */
static bool
continues(const struct http_msg *res, const struct stored *st, uint64_t from)
{
	struct http_content_range cr;
	struct http_str a = policy_strong(res), b = policy_strong(&st->msg);

	return policy_part(res, &cr) && cr.range.first == from &&
	    cr.size == st->body_len && cr.range.last == cr.size - 1 &&
	    a.ptr != NULL && b.ptr != NULL && http_eq(a, b);
}

void
cache_ask(struct exchange *x, struct stored *st, int flight)
{
	struct fetching f = { .flight = flight, .replaces = st != NULL ?
	    st->msg.code < 500 : !x->absent };
	struct revalidate rv = { .from = 0 };
	uint64_t from = prepare(x, st, &f, &rv);
	bool asked = rv.etag.ptr != NULL || rv.modified.ptr != NULL;

	store_asked(x);
	if (fetch_head(x, &f.a, f.plain, asked || from > 0 ? &rv :
	    NULL) == -1) {
		unreached(x, &f, st);
		return;
	}
	if (asked && f.a.res.code == 304) {
		if (of_another(st, &f.a.res))
			again(x, &f);
		else
			freshened(x, &f, st);
		return;
	}
	if (from > 0 && (f.a.res.code == 206 || f.a.res.code == 416)) {
		if (continues(&f.a.res, st, from))
			complete(x, &f, st, from);
		else
			again(x, &f);
		return;
	}
	if (st != NULL && is_server_error(f.a.res.code) &&
	    stand_in(x, st, f.a.res.code)) {
		fetch_end(x, &f.a, false);
		cache_land(x, &f, false);
		return;
	}
	if (st != NULL && !st->part && asked)
		x->tag = "TCP_REFRESH_MODIFIED";
	if (x->req.method == HTTP_M_HEAD && st != NULL && !st->part &&
	    f.a.res.code == 200 && (x->cc.set & HTTP_CC_NO_STORE) == 0)
		head_says(x, &f, st);
	cache_deliver(x, &f);
}
