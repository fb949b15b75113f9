/*
 * The cache's part of an exchange: answer from what is stored, revalidate it,
 * or fetch; one fetch for all who wait, stored while it goes to the client.
 */
#include "cache.h"

#include <stdio.h>
#include <string.h>

#include "alone.h"
#include "base/clock.h"
#include "http/conditional.h"
#include "http/date.h"
#include "net/wait.h"
#include "ready.h"
#include "transfer.h"

#define POLL_MS		5	/* how often who waits looks again */
#define WAIT_HEAD_MS	60000

static time_t
now_s(void)
{
	return (time_t)(clock_wall() / NSEC_PER_SEC);
}

/* say - for Cache-Status (RFC 9211). */
static void
say(struct exchange *x, const char *what)
{
	snprintf(x->cache_status, sizeof(x->cache_status), "%s; %s",
	    x->p->name, what);
}

/* An answer that is fetched, and perhaps stored, on its way. */
struct fetching {
	struct answer	 a;
	struct writer	 w;
	bool		 storing;
	int		 flight;	/* row of ours, or -1 */
};

/* land - the fetch is over; whoever waits may look. */
static void
land(struct exchange *x, struct fetching *f, bool ok)
{
	if (f->storing && !(ok && writer_commit(&f->w) == 0)) {
		writer_abort(&f->w);
		ok = false;
	}
	f->storing = false;
	if (f->flight != -1)
		inflight_end(store_inflight(x->p->store), f->flight, ok);
	f->flight = -1;
}

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

/* may_store - and begins to. */
static void
begin_storing(struct exchange *x, struct fetching *f)
{
	struct freshness fresh;

	policy_read(&fresh, &f->a.res, f->a.requested, f->a.received);
	f->storing = policy_storable(&x->req, &x->cc, &f->a.res, &fresh) &&
	    store_begin(x, &f->a.res, f->a.requested, f->a.received, &f->w);
	if (!x->as_is && (f->storing || (x->absent && f->a.res.code < 500)))
		alone_set(x->p->alone, x->url, f->storing);
	if (f->storing && f->flight != -1)
		inflight_head(store_inflight(x->p->store), f->flight,
		    f->w.id);
	else if (!f->storing)
		land(x, f, false);	/* nothing to wait for */
}

/* pour - the body to the client and into the store.  A client that leaves
 * does not end a fetch that others can use. */
static int
pour(struct exchange *x, struct fetching *f, enum framing how)
{
	struct http_str data;
	bool gone = false;
	int r;

	while ((r = body_next(&f->a.body, &data)) == 1) {
		if (f->storing && writer_add(&f->w, data.ptr, data.len) == -1)
			land(x, f, false);
		if (f->storing && f->flight != -1)
			inflight_progress(store_inflight(x->p->store),
			    f->flight, f->w.body);
		/* stored before its last bytes go out: who has the answer
		 * and asks again finds it */
		if (f->a.body.done && f->a.body.kind == HTTP_BODY_LENGTH)
			land(x, f, true);
		if (!gone && send_data(x, how, data.ptr, data.len) == -1) {
			gone = true;
			x->broken = true;
		}
		if (gone && !f->storing && !f->a.body.done)
			return -1;
	}
	if (r == 0 && !gone && send_end(x, how, &f->a.body) == -1)
		x->broken = true;
	if (r == -1)
		x->broken = true;
	return r;
}

/* has_it - the client's own condition, which did not go up, says that it has
 * what has come. */
static bool
has_it(struct exchange *x, const struct http_msg *res)
{
	struct http_validators v = { .exists = true };
	struct http_str s = http_single(res, HDR_LAST_MODIFIED);

	if (x->as_is || res->code != 200)
		return false;
	v.etag = http_single(res, HDR_ETAG);
	v.has_modified = s.ptr != NULL &&
	    http_date_parse(s, now_s(), &v.modified) == 0;
	return http_conditional(&x->req, &v, now_s()) ==
	    HTTP_COND_NOT_MODIFIED;
}

/* deliver - a fetched answer to the client, stored if it may be. */
static void
deliver(struct exchange *x, struct fetching *f)
{
	enum framing how;
	char what[96];
	int r;

	begin_storing(x, f);
	snprintf(what, sizeof(what), "fwd=%s; fwd-status=%u%s",
	    x->fwd != NULL ? x->fwd : "miss", f->a.res.code,
	    f->storing ? "; stored" : "");
	say(x, what);
	if (has_it(x, &f->a.res)) {
		f->a.res.code = 304;
		f->a.res.phrase.len = 0;
	}
	how = send_head(x, &f->a.res, known_length(x, &f->a.res), -1);
	conn_consume(&f->a.up, f->a.res.head_len);
	r = pour(x, f, how);
	land(x, f, r == 0);
	fetch_end(x, &f->a, r == 0);
}

/* stand_in - a stale answer for an error (RFC 5861, 4). */
static bool
stand_in(struct exchange *x, struct stored *st)
{
	if (st == NULL || (!x->p->offline &&
	    !policy_stale_if_error(&st->fresh, &x->cc, now_s())))
		return false;
	x->tag = "TCP_REFRESH_FAIL";
	say(x, "hit; detail=stale-if-error");
	hit_answer(x, st);
	return true;
}

/* freshened - 304: what is stored is good again. */
static void
freshened(struct exchange *x, struct fetching *f, struct stored *st)
{
	struct http_msg *res = &f->a.res;
	bool ok;

	ok = store_refresh(x, st, res, f->a.requested, f->a.received);
	conn_consume(&f->a.up, res->head_len);
	f->a.body.done = true;
	fetch_end(x, &f->a, true);
	land(x, f, ok);
	x->tag = "TCP_REFRESH_UNMODIFIED";
	say(x, "hit; fwd=stale; fwd-status=304");
	if (st->body != NULL || st->fd != -1)
		hit_answer(x, st);
	else
		reply_error(x, 502, "the stored answer was lost");
}

static bool
is_server_error(unsigned code)
{
	return code == 500 || code == 502 || code == 503 || code == 504;
}

/* ask - the origin, with the validators of st where there are any. */
static void
ask(struct exchange *x, struct stored *st, int flight)
{
	struct fetching f = { .flight = flight };
	struct revalidate rv = { { NULL, 0 }, { NULL, 0 } };
	bool validate = st != NULL && st->fresh.validator;

	if (validate) {
		rv.etag = http_single(&st->msg, HDR_ETAG);
		rv.modified = http_single(&st->msg, HDR_LAST_MODIFIED);
	}
	/* a HEAD goes up as it is and is not stored; what a client wants part
	 * of, or only if, is asked for as it said, unless it may be stored */
	if (fetch_head(x, &f.a, !validate && x->as_is, validate ? &rv :
	    NULL) == -1) {
		land(x, &f, false);
		if (f.a.status < 500 || !stand_in(x, st))
			reply_error(x, f.a.status, f.a.why);
		return;
	}
	if (validate && f.a.res.code == 304) {
		freshened(x, &f, st);
		return;
	}
	if (st != NULL && is_server_error(f.a.res.code) && stand_in(x, st)) {
		fetch_end(x, &f.a, false);
		land(x, &f, false);
		return;
	}
	if (st != NULL && x->tag == NULL)
		x->tag = "TCP_REFRESH_MODIFIED";
	if (x->req.method == HTTP_M_HEAD && st != NULL &&
	    f.a.res.code == 200)
		store_head_says(x, st, &f.a.res);
	deliver(x, &f);
}

/* pass_arriving - the body from its file as it grows; 0 whole, -1 cut. */
static int
pass_arriving(struct exchange *x, int row, const struct key *k,
    const struct stored *st, enum framing framing)
{
	struct inflight *fl = store_inflight(x->p->store);
	enum arrival how = ARRIVAL_HEAD;
	uint64_t sent = 0, have, id;
	char piece[16384];
	ssize_t n;

	for (;;) {
		/* look first, read then: what lands in between is read */
		if (how == ARRIVAL_HEAD)
			how = inflight_look(fl, row, k, &id, &have);
		n = hit_read(st, piece, sizeof(piece), sent);
		if (n > 0) {
			sent += (uint64_t)n;
			if (send_data(x, framing, piece, (size_t)n) == -1)
				return -1;
		} else if (n == 0 && how == ARRIVAL_HEAD) {
			net_pause(clock_after_ms(POLL_MS));
		} else {
			return n == 0 && store_is_whole(st, sent) ? 0 : -1;
		}
	}
}

/* copy_arriving - another's fetch, as it comes in. */
static void
copy_arriving(struct exchange *x, int row, const struct key *k,
    struct stored *st)
{
	enum framing framing;

	x->tag = "TCP_HIT";
	say(x, "hit; detail=collapsed");
	framing = send_head(x, &st->msg, hit_length(st),
	    policy_age(&st->fresh, now_s()));
	if (pass_arriving(x, row, k, st, framing) == 0)
		send_end(x, framing, NULL);
	else
		x->broken = true;
}

/* join - wait for another's fetch: 1 answered, 0 ask anew. */
static int
join(struct exchange *x, const struct key *k, int row)
{
	struct inflight *fl = store_inflight(x->p->store);
	int64_t until = clock_after_ms(WAIT_HEAD_MS);
	struct stored st;
	uint64_t id, body;

	for (;;) {
		enum arrival how = inflight_look(fl, row, k, &id, &body);

		switch (how) {
		case ARRIVAL_WAIT:
			if (clock_mono() > until)
				return 0;
			net_pause(clock_after_ms(POLL_MS));
			continue;
		case ARRIVAL_HEAD:
			if (!store_open_temporary(x, id, &st)) {
				/* it has landed just now, or is another's
				 * variant */
				if (inflight_look(fl, row, k, &id, &body) ==
				    ARRIVAL_HEAD)
					return 0;
				continue;
			}
			copy_arriving(x, row, k, &st);
			store_release(&st);
			return 1;
		case ARRIVAL_DONE:
			if (!store_find(x, &st))
				return 0;
			x->tag = "TCP_HIT";
			say(x, "hit; detail=collapsed");
			hit_answer(x, &st);
			store_release(&st);
			return 1;
		default:
			return 0;
		}
	}
}

/* miss - nothing that can be used: lead a fetch, or join one. */
static void
miss(struct exchange *x, struct stored *st, const struct key *key)
{
	enum flight how;
	int row = -1;

	x->as_is = x->req.method == HTTP_M_HEAD ||
	    x->req.known[HDR_RANGE] != 0 ||
	    (x->cc.set & HTTP_CC_NO_STORE) != 0 ||
	    x->req.known[HDR_AUTHORIZATION] != 0;
	if (!x->as_is && (x->cc.set & HTTP_CC_NO_CACHE) == 0 &&
	    !alone_is(x->p->alone, x->url)) {
		how = inflight_begin(store_inflight(x->p->store), key, &row);
		if (how == FLIGHT_JOIN && join(x, key, row) == 1)
			return;
		if (how != FLIGHT_LEAD)
			row = -1;
	}
	ask(x, st, row);
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
	ask(x, st, how == FLIGHT_LEAD ? row : -1);
	x->quiet = false;
	x->broken = false;
	x->tag = tag;
	x->status = status;
}

/* stale - it may be used or not: by what both sides said. */
static void
with_stored(struct exchange *x, struct stored *st)
{
	enum reuse how = x->p->offline ? REUSE_FRESH :
	    policy_reuse(&st->fresh, &x->cc, now_s());
	char what[64];

	switch (how) {
	case REUSE_FRESH:
	case REUSE_STALE:
		x->tag = st->hot != NULL ? "TCP_MEM_HIT" : "TCP_HIT";
		snprintf(what, sizeof(what), "hit; ttl=%lld",
		    (long long)(st->fresh.lifetime -
		    policy_age(&st->fresh, now_s())));
		say(x, what);
		hit_answer(x, st);
		if (how == REUSE_STALE)
			behind(x, st);
		else
			ready_keep(x, st);
		break;
	default:
		if (x->cc.set & HTTP_CC_ONLY_IF_CACHED) {
			reply_error(x, 504, "only-if-cached, and what is "
			    "stored needs to be validated");
			break;
		}
		x->fwd = "stale";
		miss(x, st, &st->key);
	}
}

void
cache_exchange(struct exchange *x)
{
	struct stored st = { .fd = -1 };

	http_request_cache_control(&x->req, &x->cc);
	if (!x->p->offline && (x->cc.set & HTTP_CC_ONLY_IF_CACHED) == 0 &&
	    alone_is(x->p->alone, x->url)) {
		/* a moment ago there was nothing, and nothing came to stay */
		store_key(x->url, &st.key);
	} else if (store_find(x, &st)) {
		with_stored(x, &st);
		store_release(&st);
		return;
	}
	x->absent = true;
	if (x->p->offline || (x->cc.set & HTTP_CC_ONLY_IF_CACHED)) {
		reply_error(x, 504, x->p->offline ?
		    "--offline: only what is stored is served" :
		    "only-if-cached, and nothing is stored");
		return;
	}
	x->fwd = "uri-miss";
	x->tag = "TCP_MISS";
	miss(x, NULL, &st.key);
}

void
cache_purge(struct exchange *x)
{
	struct stored st;
	bool was;

	x->tag = "TCP_DENIED";
	if (!access_purge(x) || x->p->store == NULL) {
		reply_error(x, 403, "--purge-from: this client may not purge");
		return;
	}
	x->tag = "NONE";
	was = store_find(x, &st);
	if (was)
		store_release(&st);
	store_invalidate(x->p->store, x->url);
	reply_text(x, was ? 200 : 404, "", "text/plain; charset=utf-8",
	    was ? "purged\n" : "not stored\n");
}
