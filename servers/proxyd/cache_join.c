/*
 * Waiting for another's fetch of the same: its answer is read from its file as
 * that grows.  Where the other fails in the middle, the rest is fetched here,
 * so that its end, a full disk or its process's death cut nobody's answer.
 */
#include "cache.h"

#include "base/clock.h"
#include "net/wait.h"

#define WAIT_HEAD_MS	60000

/*
 * copy_rest - what is behind sent bytes, of the same representation, from the
 * origin; 0 or -1.  Without a strong validator nobody can tell that it is the
 * same.
 */
static int
copy_rest(struct exchange *x, const struct stored *st, enum framing framing,
    uint64_t sent)
{
	struct revalidate rv = { .range = policy_strong(&st->msg),
	    .from = sent };
	struct http_content_range cr;
	struct answer a = { .open = false };
	int r = -1;

	if (rv.range.ptr == NULL || x->req.method != HTTP_M_GET ||
	    fetch_head(x, &a, false, &rv) == -1)
		return -1;
	if (policy_part(&a.res, &cr) && cr.range.first == sent &&
	    cr.range.last == cr.size - 1 &&
	    http_eq(policy_strong(&a.res), rv.range)) {
		conn_consume(&a.up, a.res.head_len);
		r = relay_body(x, &a, framing);
	}
	fetch_end(x, &a, r == 0);
	return r;
}

/* copy_body - from the file as it grows; 0 whole, -1 cut. */
static int
copy_body(struct exchange *x, int row, const struct key *k,
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
		} else if (n == 0 && store_is_whole(st, sent)) {
			return send_end(x, framing, NULL);
		} else {
			return copy_rest(x, st, framing, sent);
		}
	}
}

/* copy - another's fetch, as it comes in. */
static void
copy(struct exchange *x, int row, const struct key *k, struct stored *st)
{
	int64_t age = policy_age(&st->fresh, cache_now());
	enum framing framing;

	x->tag = "TCP_HIT";
	cache_say(x, "fwd=%s; collapsed", x->fwd);
	if (hit_has(x, &st->msg)) {
		st->msg.code = 304;
		st->msg.phrase.len = 0;
		send_head(x, &st->msg, 0, age);
		return;
	}
	framing = send_head(x, &st->msg, st->body_len, age);
	/* the head at once: the first piece may be long in coming */
	if (conn_flush(x->c) == -1 ||
	    copy_body(x, row, k, st, framing) == -1)
		x->broken = true;
}

/* landed - it is in the store now. */
static int
landed(struct exchange *x)
{
	struct stored st = { .fd = -1 };

	if (!store_find(x, &st))
		return 0;
	x->tag = "TCP_HIT";
	cache_say(x, "fwd=%s; collapsed", x->fwd);
	hit_answer(x, &st);
	store_release(&st);
	return 1;
}

int
cache_join(struct exchange *x, const struct key *k, int row)
{
	struct inflight *fl = store_inflight(x->p->store);
	int64_t until = clock_after_ms(WAIT_HEAD_MS);
	struct stored st = { .fd = -1 };
	uint64_t id, body;

	for (;;) {
		switch (inflight_look(fl, row, k, &id, &body)) {
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
			copy(x, row, k, &st);
			store_release(&st);
			return 1;
		case ARRIVAL_DONE:
			return landed(x);
		default:
			return 0;
		}
	}
}
