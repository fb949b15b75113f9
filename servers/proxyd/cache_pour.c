/*
 * The body of a fetched answer on its way to the client and into the store.
 * What is stored comes in as fast as the origin sends it, for others wait for
 * it: a client that is slower than that gets the rest from the file.  Called by
 * cache_fetch.c.
 */
#include "cache.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/wait.h"

#define TURN	(1024 * 1024)	/* bytes, then other fibers' turn */

struct pouring {
	struct exchange	*x;
	struct fetching	*f;
	enum framing	 how;
	int		 fd;		/* the file, once the client lags; -1 */
	uint64_t	 at;		/* of the body's first byte in it */
	uint64_t	 stored, sent;	/* bytes; sent: or collected */
	bool		 gone, mute;	/* the client; there is none */
};

void
cache_land(struct exchange *x, struct fetching *f, bool ok)
{
	/* of a part, what has come is as good as all of it */
	if (f->storing && !((ok || f->w.part) && writer_commit(&f->w) == 0)) {
		if (!ok)
			store_keep_cut(&f->w);
		writer_abort(&f->w);
		ok = false;
	}
	f->storing = false;
	if (f->flight != -1)
		inflight_end(store_inflight(x->p->store), f->flight, ok);
	f->flight = -1;
}

/* lags - not all that came has been taken by the client. */
static bool
lags(const struct pouring *p)
{
	return !p->gone && p->fd != -1 &&
	    (p->sent < p->stored || p->x->c->out_len > 0);
}

static void
lost(struct pouring *p)
{
	p->gone = true;
	p->x->broken = true;
}

/* push - what is collected, as far as the client takes it now: 1 all of it, 0
 * not all, -1 it has gone. */
static int
push(struct conn *c)
{
	ssize_t n;

	while (c->out_len > 0) {
		n = conn_give(c, c->out, c->out_len);
		if (n > 0) {
			c->out_len -= (uint16_t)n;
			memmove(c->out, c->out + n, c->out_len);
		} else if (n == -1 && (errno == EAGAIN ||
		    errno == EWOULDBLOCK)) {
			return 0;
		} else if (n == 0 || errno != EINTR) {
			c->flags |= CONN_BROKEN;
			return -1;
		}
	}
	return 1;
}

/* collect - of n bytes those that find room in the output buffer, in their
 * framing; how many. */
static size_t
collect(struct pouring *p, const char *data, size_t n)
{
	struct conn *c = p->x->c;
	size_t room, frame = p->how == FRAME_CHUNKED ?
	    HTTP_CHUNK_HEAD_MAX + 2 : 0;
	char head[HTTP_CHUNK_HEAD_MAX];

	room = CONN_BUF_SIZE - (c->out == NULL ? 0 : c->out_len);
	if (room <= frame)
		return 0;
	if (n > room - frame)
		n = room - frame;
	if (frame > 0)
		conn_put(c, head, http_chunk_head(n, head));
	conn_put(c, data, n);
	if (frame > 0)
		conn_put(c, "\r\n", 2);
	return n;
}

/* offer - the n bytes from sent on, as far as the client takes them now; false
 * where it does not take all. */
static bool
offer(struct pouring *p, const char *data, size_t n)
{
	size_t used;
	int r = 1;

	while (n > 0 && r == 1) {
		used = collect(p, data, n);
		data += used;
		n -= used;
		p->sent += used;
		r = push(p->x->c);
	}
	if (r == -1)
		lost(p);
	return r == 1;
}

/* catch_up - from the file, as far as the client takes it now. */
static void
catch_up(struct pouring *p)
{
	char piece[8192];
	uint64_t left;
	ssize_t n;
	int r = push(p->x->c);

	while (r == 1 && (left = p->stored - p->sent) > 0) {
		n = pread(p->fd, piece, left < sizeof(piece) ? (size_t)left :
		    sizeof(piece), (off_t)(p->at + p->sent));
		if (n <= 0)
			r = -1;
		else if (!offer(p, piece, (size_t)n))
			return;
	}
	if (r == -1)
		lost(p);
}

/* settle - all that is stored is sent, however long that takes. */
static void
settle(struct pouring *p)
{
	char piece[8192];
	uint64_t left;
	ssize_t n;

	if (!lags(p))
		return;
	if (p->how != FRAME_CHUNKED) {
		if (conn_sendfile(p->x->c, p->fd, (off_t)(p->at + p->sent),
		    p->stored - p->sent) == -1)
			lost(p);
		p->sent = p->stored;
		return;
	}
	if (conn_flush(p->x->c) == -1)
		lost(p);
	while (!p->gone && (left = p->stored - p->sent) > 0) {
		n = pread(p->fd, piece, left < sizeof(piece) ? (size_t)left :
		    sizeof(piece), (off_t)(p->at + p->sent));
		if (n <= 0 || send_data(p->x, p->how, piece, (size_t)n) == -1)
			lost(p);
		else
			p->sent += (uint64_t)n;
	}
}

/* has_file - what is stored can be read here, also when it has landed. */
static bool
has_file(struct pouring *p)
{
	if (p->fd == -1)
		p->fd = fcntl(p->f->w.fd, F_DUPFD_CLOEXEC, 0);
	return p->fd != -1;
}

/* send_rest - what offer left of a piece, waiting for the client. */
static void
send_rest(struct pouring *p, struct http_str data)
{
	size_t left = (size_t)(p->stored - p->sent);

	if (conn_flush(p->x->c) == -1 || send_data(p->x, p->how,
	    data.ptr + data.len - left, left) == -1)
		lost(p);
	p->sent = p->stored;
}

/* pass - a piece to the client; where it is kept in the file and more is to
 * come, without waiting for the client. */
static void
pass(struct pouring *p, struct http_str data, bool kept)
{
	bool direct = !kept || p->sent + data.len == p->stored;

	if (p->gone || p->mute)
		return;
	if (kept && !p->f->a.body.done) {
		if (p->sent == 0)
			conn_unsent(p->x->c, UNSENT);
		if (!direct)
			catch_up(p);
		else if (offer(p, data.ptr, data.len) || p->gone ||
		    has_file(p))
			return;
		else
			send_rest(p, data);
		return;
	}
	if (!kept || !direct)
		settle(p);
	if (!direct || p->gone)
		return;
	if (send_data(p->x, p->how, data.ptr, data.len) == -1)
		lost(p);
	else if (kept)
		p->sent = p->stored;
}

/* await - until more has come from upstream; meanwhile the client gets what it
 * lacks.  -1: upstream has been silent for too long. */
static int
await(struct pouring *p)
{
	struct conn *up = &p->f->a.up, *c = p->x->c;
	int64_t until = conn_until(up, CLOCK_NEVER);
	struct pollfd fds[2];
	int r;

	body_release(&p->f->a.body);
	while (lags(p) && !p->f->a.body.done && !conn_readable(up)) {
		fds[0] = (struct pollfd){ .fd = up->fd, .events = POLLIN };
		fds[1] = (struct pollfd){ .fd = c->wfd, .events = POLLOUT };
		r = net_wait(fds, 2, until);
		if (r == 0) {
			up->flags |= CONN_TIMEDOUT;
			p->f->a.body.why = "the body stalled";
			return -1;
		}
		if (r == -1 && errno != EINTR)
			return -1;
		catch_up(p);
	}
	return 0;
}

/* keep - a piece into the store; false where it is not stored (any more). */
static bool
keep(struct pouring *p, struct http_str data)
{
	struct exchange *x = p->x;
	struct fetching *f = p->f;

	if (!f->storing)
		return false;
	if (writer_add(&f->w, data.ptr, data.len) == -1) {
		cache_land(x, f, false);
		return false;
	}
	p->stored += data.len;
	if (f->flight != -1)
		inflight_progress(store_inflight(x->p->store), f->flight,
		    f->w.body);
	/* stored before its last bytes go out: who has the answer and asks
	 * again finds it */
	if (f->a.body.done && f->a.body.kind == HTTP_BODY_LENGTH)
		cache_land(x, f, true);
	return true;
}

/* next - as body_next, with the client served meanwhile. */
static int
next(struct pouring *p, struct http_str *data, uint64_t *turn)
{
	if (*turn >= TURN) {
		*turn = 0;
		net_pause(0);
	}
	if (lags(p) && await(p) == -1)
		return -1;
	return body_next(&p->f->a.body, data);
}

int
cache_pour(struct exchange *x, struct fetching *f, enum framing how)
{
	struct pouring p = { .x = x, .f = f, .how = how, .fd = -1,
	    .at = f->storing ? f->w.at + f->w.range.first : 0,
	    .mute = x->quiet || how == FRAME_NONE, .gone = x->broken };
	struct http_str data;
	uint64_t turn = 0;
	int r;

	while ((r = next(&p, &data, &turn)) == 1) {
		turn += data.len;
		pass(&p, data, keep(&p, data));
		/* a client that leaves does not end a fetch that others can
		 * use */
		if (p.gone && !f->storing && !f->a.body.done) {
			r = -1;
			break;
		}
	}
	if (r == 0 && f->storing)
		cache_land(x, f, true);
	settle(&p);
	if (r == 0 && !p.gone && send_end(x, how, &f->a.body) == -1)
		x->broken = true;
	if (r == -1)
		x->broken = true;
	if (p.fd != -1)
		close(p.fd);
	return r;
}
