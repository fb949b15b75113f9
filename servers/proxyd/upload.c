/*
 * The body of a request on its way up.  An origin may answer before it has all
 * of it: with an error, and then it wants no more; or with what it makes of the
 * body, and then it reads no more until its answer is taken.  So neither
 * reading from the client nor writing to the origin waits without an ear for
 * what the origin says.
 */
#include <errno.h>
#include <poll.h>

#include "transfer.h"

struct upload {
	struct exchange	*x;
	struct answer	*a;
	int		 interims;
	bool		 deaf;		/* there is nothing more to hear */
	bool		 stopped;	/* the origin wants no more */
};

/* no_wait - conn_fill for an answer of which there may be nothing now. */
static ssize_t
no_wait(void *up)
{
	return conn_fill_ms(up, 0);
}

/* relay_some - of an answer that has begun; false: there is no more now. */
static bool
relay_some(struct upload *u)
{
	struct body *b = &u->a->body;
	struct http_str data;
	int r = body_next(b, &data);

	if (r == -1 && errno == EAGAIN)
		return false;
	if (r == 1)
		r = send_data(u->x, u->a->how, data.ptr, data.len) == 0 ? 1 :
		    -1;
	body_release(b);
	u->deaf = r == 0;
	if (r == -1)
		u->x->broken = u->stopped = true;
	return true;
}

/* begin - the answer to the client, though its own words are not all sent. */
static void
begin(struct upload *u)
{
	forward_early(u->x, u->a);
	u->a->body.fill = no_wait;
	u->a->body.arg = &u->a->up;
}

/* hear - the origin has something to say; false: not now. */
static bool
hear(struct upload *u)
{
	const struct http_msg *res = &u->a->res;

	if (u->a->early)
		return relay_some(u);
	if (read_one(u->a, u->x->req.method, -1) != 1 || res->code == 101 ||
	    res->code >= 300 || res->coded ||
	    (res->code < 200 && ++u->interims > INTERIM_MAX)) {
		u->stopped = true;	/* the head is read once more */
	} else if (res->code >= 200) {
		begin(u);
	} else {
		pass_interim(u->x, res);
		conn_consume(&u->a->up, res->head_len);
	}
	return true;
}

/* hears - nothing is read of an answer that the client does not take now: it
 * may do so when it has sent all. */
static bool
hears(const struct upload *u)
{
	struct pollfd p = { .fd = u->x->c->wfd, .events = POLLOUT };

	return !u->deaf && (!u->a->early || poll(&p, 1, 0) == 1);
}

/* meanwhile - wait for c, or hear what the origin says: 0 try again, or -1 with
 * errno. */
static int
meanwhile(struct upload *u, struct conn *c, short events)
{
	struct conn *up = &u->a->up;
	bool ear = hears(u);
	struct pollfd p[2] = {
		{ .fd = events == POLLIN ? c->fd : c->wfd, .events = events },
		{ .fd = up->fd, .events = POLLIN }
	};
	int n = ear ? 2 : 1;

	if (ear && conn_readable(up) && hear(u)) {
		errno = ECANCELED;
		return u->stopped ? -1 : 0;
	}
	if (ear && p[0].fd == p[1].fd) {
		p[0].events |= POLLIN;
		n = 1;
	}
	return conn_wait_any(c, p, n);
}

/* fill - more of the body, as conn_fill. */
static ssize_t
fill(void *arg)
{
	struct upload *u = arg;
	struct conn *c = u->x->c;
	ssize_t n;

	while ((n = conn_fill_ms(c, 0)) == -1 && errno == EAGAIN)
		if (meanwhile(u, c, POLLIN) == -1)
			return -1;
	return n;
}

/* give - to the origin; 0, or -1: it takes no more. */
static int
give(struct upload *u, const char *p, size_t n)
{
	struct conn *up = &u->a->up;
	ssize_t r;

	for (; n > 0; p += r, n -= (size_t)r) {
		r = conn_give(up, p, n);
		if (r >= 0)
			continue;
		if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
			return -1;
		if (errno != EINTR && meanwhile(u, up, POLLOUT) == -1)
			return -1;
		r = 0;
	}
	return 0;
}

/* give_collected - what was put into upstream's buffer. */
static int
give_collected(struct upload *u)
{
	struct conn *up = &u->a->up;
	int r = give(u, up->out, up->out_len);

	up->out_len = 0;
	return r;
}

/* give_chunk - n bytes in the framing of chunks. */
static int
give_chunk(struct upload *u, const char *p, size_t n)
{
	const size_t most = CONN_BUF_SIZE - HTTP_CHUNK_HEAD_MAX - 2;
	struct conn *up = &u->a->up;
	char head[HTTP_CHUNK_HEAD_MAX];
	size_t part;

	for (; n > 0; p += part, n -= part) {
		part = n < most ? n : most;
		if (conn_put(up, head, http_chunk_head(part, head)) == -1 ||
		    conn_put(up, p, part) == -1 ||
		    conn_puts(up, "\r\n") == -1 || give_collected(u) == -1)
			return -1;
	}
	return 0;
}

/* give_end - behind the last chunk. */
static int
give_end(struct upload *u, const struct body *b)
{
	struct conn *up = &u->a->up;

	conn_puts(up, "0\r\n");
	if (b->trailer_len > 0 && b->trailer_len <= sizeof(b->trailer))
		conn_put(up, b->trailer, b->trailer_len);
	else
		conn_puts(up, "\r\n");
	return give_collected(u);
}

/* not_whole - whatever is sent on, the client's connection is done with. */
static void
not_whole(struct upload *u)
{
	u->x->keep = false;
	u->x->c->flags |= CONN_LINGER;
	u->a->spent = true;
}

/* no_body - what the client sent was none, or not all of it. */
static int
no_body(struct upload *u, const struct body *b)
{
	not_whole(u);
	if (u->a->early)
		u->x->broken = true;
	u->a->status = errno == ETIMEDOUT ? 408 : 400;
	u->a->why = b->why;
	return -1;
}

int
upload(struct exchange *x, struct answer *a)
{
	struct upload u = { .x = x, .a = a };
	bool chunked = x->req.body == HTTP_BODY_CHUNKED;
	struct http_str data;
	struct body b;
	int r;

	body_init(&b, x->c, x->req.body, x->req.length);
	b.fill = fill;
	b.arg = &u;
	while ((r = body_next(&b, &data)) == 1) {
		if (chunked ? give_chunk(&u, data.ptr, data.len) == -1 :
		    give(&u, data.ptr, data.len) == -1)
			break;
	}
	a->body.fill = NULL;
	if (r == -1 && !u.stopped)
		return no_body(&u, &b);
	if (r != 0 || (chunked && give_end(&u, &b) == -1))
		not_whole(&u);
	return 0;
}
