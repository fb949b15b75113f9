/*
 * Asking upstream: the request's head with the fields that end here taken out,
 * its body, the interim answers, and the head of the answer.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "http/status.h"
#include "transfer.h"

#define CONTINUE_MS	1000	/* how long a 100 is waited for */
#define DOWN_S		10	/* an origin that was dead is left alone */
#define INTERIM_MAX	32	/* 1xx answers in a row */

/* is_ours - what put_request writes itself, or leaves out. */
static bool
is_ours(const struct exchange *x, const struct http_field *f, bool plain)
{
	struct http_str name = http_view(&x->req, f->name);

	switch (f->id) {
	case HDR_HOST:
	case HDR_CONTENT_LENGTH:
	case HDR_EXPECT:
	case HDR_VIA:
		return true;
	case HDR_X_FORWARDED_FOR:
	case HDR_FORWARDED:
		return x->p->forwarded == FORWARDED_REPLACE ||
		    (x->p->forwarded == FORWARDED_APPEND &&
		    f->id == HDR_X_FORWARDED_FOR);
	case HDR_IF_MATCH:
	case HDR_IF_NONE_MATCH:
	case HDR_IF_MODIFIED_SINCE:
	case HDR_IF_UNMODIFIED_SINCE:
	case HDR_IF_RANGE:
	case HDR_RANGE:
		return !plain;
	case HDR_MAX_FORWARDS:
		return x->req.method == HTTP_M_OPTIONS;
	default:
		/* CONTENT_LENGTH is to some servers what Content-Length is */
		return memchr(name.ptr, '_', name.len) != NULL;
	}
}

/* is_dropped - by --drop-header. */
static bool
is_dropped(const struct exchange *x, struct http_str name)
{
	size_t i;

	for (i = 0; i < x->p->drop_header.n; i++)
		if (http_caseeq(name, http_cstr(x->p->drop_header.v[i])))
			return true;
	return false;
}

static void
put_own(struct conn *up, const struct http_msg *m, bool plain,
    const struct exchange *x)
{
	unsigned int i;

	for (i = 0; i < m->nfields; i++) {
		const struct http_field *f = &m->fields[i];
		struct http_str name = http_view(m, f->name);
		struct http_str value = http_view(m, f->value);

		if (is_hop(m, f) || is_ours(x, f, plain) ||
		    is_dropped(x, name))
			continue;
		conn_put(up, name.ptr, name.len);
		conn_put(up, ": ", 2);
		conn_put(up, value.ptr, value.len);
		conn_put(up, "\r\n", 2);
	}
}

/* put_list - all lines of a list field and one member more. */
static void
put_list(struct conn *up, const struct http_msg *m, enum http_hdr id,
    const char *name, const char *more, bool old)
{
	struct http_str value;
	unsigned int cursor = 0;

	conn_printf(up, "%s: ", name);
	while (old && http_each(m, id, &cursor, &value)) {
		conn_put(up, value.ptr, value.len);
		conn_puts(up, ", ");
	}
	conn_printf(up, "%s\r\n", more);
}

static void
put_forwarded(struct exchange *x, struct conn *up)
{
	char host[IPADDR_TEXT_MAX], via[96];
	bool old = x->p->forwarded == FORWARDED_APPEND;

	snprintf(via, sizeof(via), "1.%u %s", x->req.minor, x->p->name);
	put_list(up, &x->req, HDR_VIA, "Via", via, true);
	if (x->p->forwarded == FORWARDED_OFF)
		return;
	ipaddr_host(&x->c->peer, host, sizeof(host));
	put_list(up, &x->req, HDR_X_FORWARDED_FOR, "X-Forwarded-For", host,
	    old);
	if (!old)
		conn_printf(up, x->c->peer.family == AF_INET6 ?
		    "Forwarded: for=\"[%s]\"\r\n" : "Forwarded: for=%s\r\n",
		    host);
}

/* put_framing - how the request's body ends, and what it expects. */
static void
put_framing(struct exchange *x, struct conn *up)
{
	const struct http_msg *m = &x->req;

	if (m->body == HTTP_BODY_LENGTH)
		conn_printf(up, "Content-Length: %llu\r\n",
		    (unsigned long long)m->length);
	else if (m->body == HTTP_BODY_CHUNKED)
		conn_puts(up, "Transfer-Encoding: chunked\r\n");
	if (m->expect_continue && m->minor >= 1)
		conn_puts(up, "Expect: 100-continue\r\n");
	if (m->upgrade) {
		struct http_str v = http_get(m, HDR_UPGRADE);

		conn_puts(up, "Connection: upgrade\r\nUpgrade: ");
		conn_put(up, v.ptr, v.len);
		conn_puts(up, "\r\n");
	}
}

static void
put_validators(struct conn *up, const struct revalidate *rv)
{
	if (rv->etag.ptr != NULL) {
		conn_puts(up, "If-None-Match: ");
		conn_put(up, rv->etag.ptr, rv->etag.len);
		conn_puts(up, "\r\n");
	}
	if (rv->modified.ptr != NULL) {
		conn_puts(up, "If-Modified-Since: ");
		conn_put(up, rv->modified.ptr, rv->modified.len);
		conn_puts(up, "\r\n");
	}
	if (rv->range.ptr != NULL && rv->from > 0) {
		conn_printf(up, "Range: bytes=%llu-\r\nIf-Range: ",
		    (unsigned long long)rv->from);
		conn_put(up, rv->range.ptr, rv->range.len);
		conn_puts(up, "\r\n");
	}
}

/* put_request - the whole head; 0 or -1. */
static int
put_request(struct exchange *x, struct conn *up, const struct target *t,
    bool plain, const struct revalidate *rv)
{
	struct http_str method = http_view(&x->req, x->req.method_name);
	char authority[HOST_MAX + 16];
	uint64_t forwards;
	size_t i;

	target_authority(x->reverse ? t : &x->to, authority,
	    sizeof(authority));
	if (plain || x->req.method != HTTP_M_HEAD)
		conn_put(up, method.ptr, method.len);
	else
		conn_puts(up, "HEAD");
	if (x->p->has_parent && !t->tls && !x->to.tls)
		conn_printf(up, " %s HTTP/1.1\r\nHost: %s\r\n", x->url,
		    authority);
	else
		conn_printf(up, " %s HTTP/1.1\r\nHost: %s\r\n", x->path,
		    authority);
	put_own(up, &x->req, plain, x);
	if (x->req.method == HTTP_M_OPTIONS && http_decimal(http_single(
	    &x->req, HDR_MAX_FORWARDS), 1 << 20, &forwards) == 0 &&
	    forwards > 0)
		conn_printf(up, "Max-Forwards: %llu\r\n",
		    (unsigned long long)forwards - 1);
	put_forwarded(x, up);
	put_framing(x, up);
	if (rv != NULL)
		put_validators(up, rv);
	for (i = 0; i < x->p->add_header.n; i++)
		conn_printf(up, "%s\r\n", x->p->add_header.v[i]);
	conn_put(up, "\r\n", 2);
	return conn_flush(up);
}

/* send_body - the client's, up; 0, or -1: *client where it was the client's
 * fault, else upstream takes no more (it may have answered). */
static int
send_body(struct exchange *x, struct conn *up, bool *client)
{
	struct body b;
	struct http_str data;
	char head[HTTP_CHUNK_HEAD_MAX];
	bool chunked = x->req.body == HTTP_BODY_CHUNKED;
	int r;

	*client = false;
	body_init(&b, x->c, x->req.body, x->req.length);
	while ((r = body_next(&b, &data)) == 1) {
		if (chunked)
			conn_put(up, head, http_chunk_head(data.len, head));
		if (conn_put(up, data.ptr, data.len) == -1 ||
		    (chunked && conn_put(up, "\r\n", 2) == -1) ||
		    conn_flush(up) == -1) {
			/* whatever it sends on, its connection is done with */
			x->keep = false;
			x->c->flags |= CONN_LINGER;
			return -1;
		}
	}
	if (r == -1) {
		*client = true;
		return -1;
	}
	if (chunked) {
		conn_puts(up, "0\r\n");
		if (b.trailer_len > 0 && b.trailer_len <= sizeof(b.trailer))
			conn_put(up, b.trailer, b.trailer_len);
		else
			conn_put(up, "\r\n", 2);
	}
	return conn_flush(up);
}

static int
failed(struct answer *a, int status, const char *why)
{
	a->status = status;
	a->why = why;
	return -1;
}

/* pass_interim - a 1xx answer, to a client that knows of them. */
static void
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

/* read_one - one head; ms: -1, or how long to wait for it to begin.  1 read,
 * 0 not yet, -1 failed. */
static int
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

/* read_final - the head of the final answer, interim ones passed on. */
static int
read_final(struct exchange *x, struct answer *a, enum http_method method)
{
	int n;

	for (n = 0; n < INTERIM_MAX; n++) {
		if (read_one(a, method, -1) != 1)
			return -1;
		if (a->res.code >= 200 || a->res.code == 101)
			return 0;
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
	if (a->res.code >= 200)
		return 0;
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
	bool client = false;
	int r = 1;

	if (put_request(x, &a->up, &a->to, plain, rv) == -1)
		return failed(a, 502, "the origin closed the connection");
	if (x->req.expect_continue && x->req.minor >= 1 && !x->quiet)
		r = await_continue(x, a, method);
	if (r == -1)
		return -1;
	if (r == 0) {
		x->keep = false;	/* its body was never asked for */
		x->c->flags |= CONN_LINGER;
		return 0;
	}
	if (!x->quiet && x->req.body != HTTP_BODY_NONE &&
	    send_body(x, &a->up, &client) == -1 && client) {
		x->broken = true;
		return failed(a, 400, "the request's body was cut");
	}
	return read_final(x, a, method);
}

static int
dial_failed(struct exchange *x, struct answer *a, enum dialled d)
{
	switch (d) {
	case DIALLED_NO_NAME:
		return failed(a, 502, "the host's name is not known");
	case DIALLED_TIMEOUT:
		return failed(a, 504, "connecting to the host timed out");
	case DIALLED_FORBIDDEN:
		x->tag = "TCP_DENIED";
		return failed(a, 403, "--allow-to: this client may not reach "
		    "that address");
	case DIALLED_TLS:
		return failed(a, 502, "the host's certificate or TLS failed");
	default:
		return failed(a, 502, "the host refused the connection");
	}
}

/* may_repeat - a kept connection that died before it answered says nothing
 * about the request, which may be made again if that does no harm. */
static bool
may_repeat(const struct exchange *x, const struct answer *a)
{
	return x->req.body == HTTP_BODY_NONE && a->up.bytes_in == 0 &&
	    x->req.method != HTTP_M_POST && x->req.method != HTTP_M_PATCH;
}

/*
 * get_origin - a connection to the next of the origins that was not found dead
 * lately, or to whichever answers, where all were.
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
			if ((p->down_until[n] > now) != (pass == 1))
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
	a->to = x->p->has_parent ? x->p->parent : x->to;
	return upstream_get(x, &a->to, fresh, false, &a->up);
}

int
fetch_head(struct exchange *x, struct answer *a, bool plain,
    const struct revalidate *rv)
{
	const struct http_msg *res = &a->res;
	bool fresh = false;
	enum dialled d;

	if (x->p->has_parent && x->to.tls)
		return failed(a, 502, "https goes through --upstream by "
		    "CONNECT only");
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
	if (complete && a->body.done && a->res.keep_alive &&
	    a->res.body != HTTP_BODY_CLOSE)
		upstream_put(x, &a->to, &a->up);
	else
		upstream_close(&a->up);
}
