/*
 * Waiting for another's fetch of the same: its answer is read from its file as
 * that grows.  Where the other fails in the middle, the rest is fetched here,
 * so that its end, a full disk or its process's death cut nobody's answer.
 */
#include "cache.h"

#include "base/clock.h"
#include "net/wait.h"

#define WAIT_HEAD_MS	60000
#define PIECE		(256 * 1024)
#define TURN		(1024 * 1024)	/* bytes, then other fibers' turn */

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

/* send_piece - of a growing file the bytes from sent up to most; how many, 0
 * where there are none yet, or -1. */
static ssize_t
send_piece(struct exchange *x, const struct stored *st, enum framing framing,
    uint64_t sent, uint64_t most)
{
	char piece[8192];
	uint64_t left = most - sent;
	ssize_t n;

	if (framing == FRAME_LENGTH && most <= st->body_len) {
		if (left > PIECE)
			left = PIECE;
		return left == 0 ? 0 : conn_sendfile(x->c, st->fd,
		    (off_t)(st->body_off + sent), left) == -1 ? -1 :
		    (ssize_t)left;
	}
	n = hit_read(st, piece, left < sizeof(piece) ? (size_t)left :
	    sizeof(piece), sent);
	if (n > 0 && send_data(x, framing, piece, (size_t)n) == -1)
		return -1;
	return n;
}

/* copy_body - from the file as it grows; 0 whole, -1 cut. */
static int
copy_body(struct exchange *x, int flight, const struct stored *st,
    enum framing framing)
{
	struct inflight *fl = store_inflight(x->p->store);
	enum arrival how = ARRIVAL_HEAD;
	uint64_t sent = 0, turn = 0, have, id;
	int64_t wait = POLL_MS;
	ssize_t n;

	/* what was announced is whole when it is there */
	while (st->body_len == LENGTH_UNKNOWN || sent < st->body_len) {
		/* look first, read then: what lands in between is read */
		if (how == ARRIVAL_HEAD)
			how = inflight_look(fl, flight, &id, &have);
		if (how != ARRIVAL_HEAD)
			have = store_sealed(st);
		n = send_piece(x, st, framing, sent, have);
		if (n == -1)
			return -1;
		if (n > 0) {
			sent += (uint64_t)n;
			turn += (uint64_t)n;
			wait = POLL_MS;
			if (turn >= TURN) {
				turn = 0;
				net_pause(0);
			}
		} else if (how == ARRIVAL_HEAD) {
			net_pause(clock_after_ms(wait));
			wait = wait * 2 < POLL_MAX_MS ? wait * 2 : POLL_MAX_MS;
		} else if (sent == have) {
			break;
		} else {
			return copy_rest(x, st, framing, sent);
		}
	}
	return send_end(x, framing, NULL);
}

/* copy - another's fetch, as it comes in. */
static void
copy(struct exchange *x, int flight, struct stored *st)
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
	conn_unsent(x->c, UNSENT);
	/* the head at once: the first piece may be long in coming */
	if (conn_flush(x->c) == -1 ||
	    copy_body(x, flight, st, framing) == -1)
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

bool
cache_landed(struct exchange *x, int flight)
{
	struct inflight *fl = store_inflight(x->p->store);

	if (!inflight_after(fl, flight) || landed(x) == 0)
		return false;
	inflight_end(fl, flight, true);
	return true;
}

int
cache_join(struct exchange *x, int flight)
{
	struct inflight *fl = store_inflight(x->p->store);
	int64_t until = clock_after_ms(WAIT_HEAD_MS);
	struct stored st = { .fd = -1 };
	uint64_t id, body;

	for (;;) {
		switch (inflight_look(fl, flight, &id, &body)) {
		case ARRIVAL_WAIT:
			if (clock_mono() > until)
				return 0;
			net_pause(clock_after_ms(POLL_MS));
			continue;
		case ARRIVAL_HEAD:
			if (!store_open_temporary(x, id, &st)) {
				/* it has landed just now, or is another's
				 * variant */
				if (inflight_look(fl, flight, &id, &body) ==
				    ARRIVAL_HEAD)
					return 0;
				continue;
			}
			copy(x, flight, &st);
			store_release(&st);
			return 1;
		case ARRIVAL_DONE:
			return landed(x);
		default:
			return 0;
		}
	}
}
