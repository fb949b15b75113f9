/*
 * Asking upstream: where from, the request's head, the interim answers, and the
 * head of the answer.  upload.c has the request's body.
 */
#include <errno.h>

#include "base/clock.h"
#include "health.h"
#include "http/status.h"
#include "transfer.h"

#define CONTINUE_MS	1000	/* how long a 100 is waited for */
#define DOWN_S		10	/* an origin that was dead is left alone */

/* failed - there is no answer, and what to reply. */
static int
failed(struct answer *a, int status, const char *why)
{
	a->status = status;
	a->why = why;
	return -1;
}

void
pass_interim(struct exchange *x, const struct http_msg *res)
{
	struct http_str phrase = http_view(res, res->phrase);
	unsigned int i;

	if (x->quiet || x->req.minor == 0)
		return;
	conn_printf(x->c, "HTTP/1.1 %u ", res->code);
	conn_put(x->c, phrase.ptr, phrase.len);
	conn_puts(x->c, "\r\n");
	for (i = 0; i < res->nfields; i++) {
		const struct http_field *f = &res->fields[i];
		struct http_str name = http_view(res, f->name);
		struct http_str value = http_view(res, f->value);

		if (is_hop(res, f))
			continue;
		conn_put(x->c, name.ptr, name.len);
		conn_puts(x->c, ": ");
		conn_put(x->c, value.ptr, value.len);
		conn_puts(x->c, "\r\n");
	}
	conn_puts(x->c, "\r\n");
	conn_flush(x->c);
}

int
read_one(struct answer *a, enum http_method method, int64_t ms)
{
	ssize_t n;

	http_msg_init(&a->res, NULL);
	for (;;) {
		if (conn_pending(&a->up) > 0)
			switch (http_parse_response(&a->res,
			    conn_data(&a->up), conn_pending(&a->up), method)) {
			case HTTP_OK:
				return 1;
			case HTTP_BAD:
				return failed(a, 502, a->res.reason);
			default:
				break;
			}
		n = ms >= 0 && conn_pending(&a->up) == 0 ?
		    conn_fill_ms(&a->up, ms) : conn_fill(&a->up);
		if (n > 0)
			continue;
		if (n == -1 && errno == EAGAIN)
			return 0;
		if (n == -1 && errno == ETIMEDOUT)
			return failed(a, 504, "the origin did not answer");
		if (n == -1 && errno == ENOBUFS)
			return failed(a, 502, "the answer's head is too long");
		return failed(a, 502, conn_pending(&a->up) > 0 ?
		    "the answer's head was cut" :
		    "the origin closed without an answer");
	}
}

/* is_final - 1: nothing comes after this head; 0: it is interim; -1. */
static int
is_final(const struct exchange *x, struct answer *a)
{
	if (a->res.code >= 200)
		return 1;
	if (a->res.code != 101)
		return 0;
	return x->req.upgrade ? 1 : failed(a, 502, "the origin changes to a "
	    "protocol that nobody asked for");
}

/* read_final - the head of the final answer, interim ones passed on. */
static int
read_final(struct exchange *x, struct answer *a, enum http_method method)
{
	int n, r;

	for (n = 0; n < INTERIM_MAX; n++) {
		if (read_one(a, method, -1) != 1)
			return -1;
		r = is_final(x, a);
		if (r != 0)
			return r == 1 ? 0 : -1;
		pass_interim(x, &a->res);
		conn_consume(&a->up, a->res.head_len);
	}
	return failed(a, 502, "the origin sends interim answers only");
}

/* await_continue - 1: send the body; 0: a final answer came; -1. */
static int
await_continue(struct exchange *x, struct answer *a, enum http_method method)
{
	int r = read_one(a, method, CONTINUE_MS);

	if (r != 1)
		return r == 0 ? 1 : -1;
	r = is_final(x, a);
	if (r != 0)
		return r == 1 ? 0 : -1;
	pass_interim(x, &a->res);
	conn_consume(&a->up, a->res.head_len);
	return 1;
}

/* converse - request up, head of the answer down. */
static int
converse(struct exchange *x, struct answer *a, bool plain,
    const struct revalidate *rv)
{
	enum http_method method = x->req.method;
	int r = 1;

	if (request_put(x, &a->up, &a->to, plain, rv) == -1)
		return failed(a, 502, "the origin closed the connection");
	if (x->req.expect_continue && x->req.minor >= 1 && !x->quiet)
		r = await_continue(x, a, method);
	if (r == -1)
		return -1;
	if (r == 0) {
		x->keep = false;	/* its body was never asked for */
		x->c->flags |= CONN_LINGER;
		a->spent = true;
		return 0;
	}
	if (!x->quiet && x->req.body != HTTP_BODY_NONE && upload(x, a) == -1)
		return -1;
	if (a->early)
		return 0;
	return read_final(x, a, method);
}

static int
dial_failed(struct exchange *x, struct answer *a, enum dialled d)
{
	int status;
	const char *why = dialled_text(d, &status);

	if (d == DIALLED_FORBIDDEN)
		x->tag = "TCP_DENIED";
	return failed(a, status, why);
}

/* may_repeat - a kept connection that died before it answered says nothing
 * about the request, which may be made again if that does no harm. */
static bool
may_repeat(const struct exchange *x, const struct answer *a)
{
	return a->up.bytes_in == 0 && request_repeats(x);
}

/* seems_well - by looks, and by connections that were tried lately. */
static bool
seems_well(const struct proxyd *p, size_t i, int64_t now)
{
	return p->down_until[i] <= now && health_up(p->health, i);
}

/*
 * get_origin - a connection to the next of the origins that seem well, or to
 * whichever answers, where none does.
 */
static enum dialled
get_origin(struct exchange *x, struct answer *a, bool fresh)
{
	const struct proxyd *p = x->p;
	enum dialled d = DIALLED_REFUSED;
	int64_t now = clock_wall() / NSEC_PER_SEC;
	size_t i, n, pass;

	for (pass = 0; pass < 2; pass++)
		for (i = 0; i < p->norigins; i++) {
			n = (p->worker->next_origin + i) % p->norigins;
			if (seems_well(p, n, now) != (pass == 0))
				continue;
			a->to = p->origins[n];
			d = upstream_get(x, &a->to, fresh, false, &a->up);
			if (d == DIALLED || d == DIALLED_KEPT) {
				p->down_until[n] = 0;
				p->worker->next_origin = n + 1;
				return d;
			}
			p->down_until[n] = now + DOWN_S;
		}
	return d;
}

static enum dialled
get_upstream(struct exchange *x, struct answer *a, bool fresh)
{
	if (x->reverse)
		return get_origin(x, a, fresh);
	a->to = x->p->has_parent && !x->to.tls ? x->p->parent : x->to;
	return upstream_get(x, &a->to, fresh, false, &a->up);
}

int
fetch_head(struct exchange *x, struct answer *a, bool plain,
    const struct revalidate *rv)
{
	const struct http_msg *res = &a->res;
	bool fresh = false;
	enum dialled d;

	for (;;) {
		d = get_upstream(x, a, fresh);
		if (d != DIALLED && d != DIALLED_KEPT)
			return dial_failed(x, a, d);
		a->open = true;
		a->up.bytes_in = 0;
		a->requested = (time_t)(clock_wall() / NSEC_PER_SEC);
		if (converse(x, a, plain, rv) == 0)
			break;
		upstream_close(&a->up);
		a->open = false;
		if (d != DIALLED_KEPT || !may_repeat(x, a) || x->broken)
			return -1;
		fresh = true;
	}
	a->received = (time_t)(clock_wall() / NSEC_PER_SEC);
	if (a->early)
		return 0;
	if (res->coded) {
		fetch_end(x, a, false);
		return failed(a, 502, "the answer has an unknown coding");
	}
	body_init(&a->body, &a->up, res->body, res->length);
	return 0;
}

void
fetch_end(struct exchange *x, struct answer *a, bool complete)
{
	if (!a->open)
		return;
	a->open = false;
	if (complete && !a->spent && a->body.done && a->res.keep_alive &&
	    a->res.body != HTTP_BODY_CLOSE)
		upstream_put(x, &a->to, &a->up);
	else
		upstream_close(&a->up);
}
