/*
 * The way between a WebSocket peer and the server behind: straight through,
 * both ways at once, and nothing is waited for but in one place.  What one side
 * does not take is not read from the other, so that a slow reader costs no more
 * than a few buffers and holds up nobody.
 */
#include "carry.h"

#include <errno.h>

#include "base/clock.h"
#include "net/wait.h"
#include "request.h"

#define HIGH		(64 * 1024)	/* bytes that wait for one side */
#define TURN		(1024 * 1024)	/* bytes; then others get a turn */
#define CLOSE_MS	5000		/* for the peer's Close, after ours */
#define GRACE_MS	500		/* for the last words behind */
#define STALL_MS	60000

static int
would_wait(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

void
carry_end(struct carry *y, unsigned code, const char *why)
{
	if (y->ws.closing)
		return;
	wspeer_close(&y->ws, code, why);
	y->until = y->now + CLOSE_MS * NSEC_PER_MSEC;
}

void
carry_answer_close(struct carry *y)
{
	carry_end(y, y->ws.code, "");
}

void
carry_lost(struct carry *y)
{
	if (y->peer_closed)
		carry_answer_close(y);
	else
		carry_end(y, WS_CODE_ERROR, "the server behind is away");
	y->up_ended = true;
}

void
carry_big(struct carry *y)
{
	carry_end(y, WS_CODE_BIG, "longer than a datagram");
}

/* -- From the peer -------------------------------------------------------- */

/* heard - a message from the peer. */
static void
heard(struct carry *y, bool binary)
{
	const char *s = y->ws.msg.data;
	size_t n = y->ws.msg.len;

	if (y->ws.closing || y->up_ended)
		return;
	y->said_binary = binary;
	if (y->b->is_udp)
		carry_datagram(y, s, n);
	else
		carry_message(y, s, n, binary);
}

static void
read_frames(struct carry *y)
{
	enum ws_event e;

	wspeer_give(&y->ws, conn_data(y->c), conn_pending(y->c));
	while ((e = wspeer_next(&y->ws)) != WS_MORE) {
		if (e == WS_TEXT || e == WS_BINARY) {
			heard(y, e == WS_BINARY);
			continue;
		}
		if (e == WS_CLOSE && !y->ws.closing) {
			y->peer_closed = true;
			y->grace = y->now + GRACE_MS * NSEC_PER_MSEC;
		}
		y->until = y->now + CLOSE_MS * NSEC_PER_MSEC;
		break;
	}
	conn_consume(y->c, conn_pending(y->c));
	y->heard = y->now;
	y->pinged = 0;
}

/* may_read - there is room for what the peer says. */
static bool
may_read(const struct carry *y)
{
	if (y->ws.ended)
		return false;
	return y->ws.closing || (y->up.len - y->up_off < HIGH &&
	    y->ws.out.len - y->out_off < HIGH);
}

static bool
from_peer(struct carry *y)
{
	ssize_t r;

	if (!may_read(y))
		return false;
	if (conn_pending(y->c) == 0) {
		r = conn_take(y->c);
		if (r == -1 && would_wait())
			return false;
		if (r <= 0) {
			y->gone = true;
			return true;
		}
		y->turn += (size_t)r;
	}
	read_frames(y);
	return true;
}

/* -- To the server behind ------------------------------------------------- */

/* to_server - what waits for it; then, where the peer has closed, our end. */
static bool
to_server(struct carry *y)
{
	ssize_t r;

	if (y->b->is_udp || y->up_ended)
		return false;
	if (y->up.len > y->up_off) {
		r = conn_give(&y->b->tcp, y->up.data + y->up_off,
		    y->up.len - y->up_off);
		if (r == -1 && would_wait())
			return false;
		if (r == -1) {
			carry_lost(y);
			return true;
		}
		y->up_off += (size_t)r;
		y->up_moved = y->now;
		return true;
	}
	if (y->up_off > 0) {
		buf_free(&y->up);
		y->up_off = 0;
	}
	y->up_moved = y->now;
	if (!y->peer_closed || y->up_shut)
		return false;
	y->up_shut = true;
	if (conn_shutdown(&y->b->tcp) == -1)
		carry_lost(y);
	return true;
}

/* -- From the server behind ----------------------------------------------- */

static bool
from_server(struct carry *y)
{
	ssize_t r;

	if (y->ws.closing || y->up_ended)
		return false;
	if (y->ws.out.len - y->out_off >= HIGH) {
		y->spoke = y->now;	/* it would, if it were heard */
		return false;
	}
	if (y->b->is_udp)
		return carry_from_udp(y);
	r = conn_take(&y->b->tcp);
	if (r == -1 && would_wait())
		return carry_quiet(y);
	if (r == -1)
		carry_lost(y);
	else
		carry_spoke(y, (size_t)r);
	return true;
}

/* -- To the peer ---------------------------------------------------------- */

static bool
to_peer(struct carry *y)
{
	struct buf *out = &y->ws.out;
	ssize_t r;

	if (out->len == y->out_off) {
		if (y->out_off > 0) {
			buf_free(out);
			y->out_off = 0;
		}
		y->moved = y->now;
		return false;
	}
	r = conn_give(y->c, out->data + y->out_off, out->len - y->out_off);
	if (r == -1 && would_wait())
		return false;
	if (r == -1) {
		y->gone = true;
		return true;
	}
	y->out_off += (size_t)r;
	y->r->sent += (uint64_t)r;
	y->moved = y->now;
	y->turn += (size_t)r;
	return true;
}

/* -- Time ----------------------------------------------------------------- */

static int64_t
ping_at(const struct carry *y)
{
	if (y->ping_ns == 0 || y->ws.closing)
		return CLOCK_NEVER;
	return (y->pinged != 0 ? y->pinged : y->heard) + y->ping_ns;
}

/* stall_at - when who takes nothing is given up. */
static int64_t
stall_at(const struct carry *y)
{
	int64_t ns = NSEC_PER_MSEC *
	    (y->c->stall_ms > 0 ? y->c->stall_ms : STALL_MS);
	int64_t at = CLOCK_NEVER;

	if (y->ws.out.len > y->out_off)
		at = y->moved + ns;
	if (y->up.len > y->up_off && y->up_moved + ns < at)
		at = y->up_moved + ns;
	return at;
}

static void
earlier(int64_t *a, int64_t b)
{
	if (b < *a)
		*a = b;
}

/* next_at - when something is due if nobody speaks. */
static int64_t
next_at(const struct carry *y)
{
	int64_t at = stall_at(y);

	earlier(&at, carry_quiet_at(y));
	earlier(&at, ping_at(y));
	earlier(&at, carry_keep_at(y));
	if (!y->ws.closing)
		earlier(&at, y->c->expires);
	if (y->until != 0)
		earlier(&at, y->until);
	if (y->peer_closed && !y->ws.closing)
		earlier(&at, y->grace);
	return at;
}

/* ping - or nobody has answered the last one. */
static void
ping(struct carry *y)
{
	if (y->pinged != 0) {
		carry_end(y, WS_CODE_ERROR, "no answer to a ping");
		y->c->flags |= CONN_TIMEDOUT;
		return;
	}
	wspeer_ping(&y->ws);
	y->pinged = y->now;
}

/* on_time - what is due now. */
static void
on_time(struct carry *y)
{
	y->now = clock_mono();
	if (serve_draining())
		carry_end(y, WS_CODE_AWAY, "the server is going away");
	if (y->now >= y->c->expires)
		carry_end(y, WS_CODE_AWAY, "the connection is too old");
	if (y->now >= ping_at(y))
		ping(y);
	if (y->now >= carry_keep_at(y))
		carry_keep(y);
	if (y->peer_closed && (y->b->is_udp || y->now >= y->grace))
		carry_answer_close(y);
	if (y->now >= stall_at(y)) {
		y->c->flags |= CONN_TIMEDOUT;
		y->gone = true;
	}
}

/* is_over - Close has been sent and come, or will not. */
static bool
is_over(const struct carry *y)
{
	if (y->gone)
		return true;
	if (!y->ws.closing)
		return false;
	if (y->ws.ended && y->ws.out.len == y->out_off)
		return true;
	return y->now >= y->until;
}

/* want - add events for the descriptor. */
static void
want(struct pollfd *fds, int *n, int fd, short events)
{
	int i = 0;

	while (i < *n && fds[i].fd != fd)
		i++;
	if (i == *n) {
		fds[i] = (struct pollfd){ .fd = fd };
		*n += 1;
	}
	fds[i].events |= events;
}

/*
 * idle - nothing can be done now: wait; -1 where this process gives up.  A peer
 * that is not read from just now is still seen to go.
 */
static int
idle(struct carry *y)
{
	struct pollfd fds[WAIT_MAX] = { 0 };
	int n = 0, up = y->b->is_udp ? y->b->udp : y->b->tcp.fd;

	want(fds, &n, y->c->fd, may_read(y) ? POLLIN : 0);
	if (y->ws.out.len > y->out_off)
		want(fds, &n, y->c->wfd, POLLOUT);
	if (!y->ws.closing && !y->up_ended &&
	    y->ws.out.len - y->out_off < HIGH)
		want(fds, &n, up, POLLIN);
	if (y->up.len > y->up_off && !y->up_ended)
		want(fds, &n, up, POLLOUT);
	conn_rest(y->c);
	if (!y->b->is_udp)
		conn_rest(&y->b->tcp);
	if (net_wait(fds, n, next_at(y)) == -1)
		return errno == EINTR ? 0 : -1;
	if (!may_read(y) && (fds[0].revents & (POLLHUP | POLLERR)) &&
	    (y->c->flags & CONN_SOCKET))
		y->gone = true;
	return 0;
}

/* run - to the end of it; false where the peer is not there any more. */
static bool
run(struct carry *y)
{
	bool did;

	for (;;) {
		on_time(y);
		did = from_peer(y);
		did |= to_server(y);
		did |= from_server(y);
		carry_weigh(y);
		did |= to_peer(y);
		if (is_over(y))
			return !y->gone && y->ws.out.len == y->out_off;
		if (!did && idle(y) == -1)
			return false;
		if (y->turn >= TURN) {
			y->turn = 0;
			if (net_pause(0) == -1)
				return false;
		}
	}
}

void
bridge_carry(struct request *r, struct backend *b, bool binary)
{
	struct carry y = { .r = r, .c = r->c, .b = b, .binary = binary };

	y.now = clock_mono();
	y.heard = y.moved = y.up_moved = y.said = y.now;
	y.ping_ns = r->h->bridge_ping * NSEC_PER_MSEC;
	y.lines.max = (size_t)r->h->bridge_message;
	conn_deadline(r->c, -1);
	if (wspeer_init(&y.ws, b->is_udp && y.lines.max > CARRY_DATAGRAM ?
	    CARRY_DATAGRAM : y.lines.max) == 0) {
		r->failed = !run(&y);
		carry_leave(&y);
	} else {
		r->failed = true;
	}
	carry_weigh_end(&y);
	wspeer_free(&y.ws);
	lines_free(&y.lines);
	buf_free(&y.up);
}
