/*
 * Carrying bytes both ways between two connections: CONNECT, WebSocket.  Called
 * by sessions.  Neither way may hold the other up, so that nothing here waits
 * but in one place, for both.
 *
 * A way starts with its connection's input buffer, which is given back
 * whenever the way is idle: thousands of quiet tunnels hold no memory.  When it
 * turns out to carry much, it goes through a pipe.  Measured on loopback, CPU
 * seconds of the relay for a GiB: buffers of 16 KiB 0.54, of 64 KiB 0.42, of
 * 128 KiB 0.40, splice(2) 0.28.  A pipe costs two descriptors and a few
 * microseconds to make, which a tunnel of a few KiB does not win back.
 */
#include <errno.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/conn.h"
#include "net/relay_pipe.h"
#include "net/wait.h"

#define PIPE_AFTER	(256 * 1024)	/* bytes of a way that carries much */
#define PIPE_QUIET_MS	1000		/* a pipe not used so long is closed */
#define RELAY_TURN	(1024 * 1024)	/* then others get a turn */

struct way {
	struct conn		*from, *to;
	struct relay_pipe	 pipe;
	size_t			 carried;	/* towards PIPE_AFTER */
	int			 plain;		/* a pipe can be used */
	int			 ended;		/* nothing more is read */
	int			 shut;		/* and that was passed on */
};

struct relay {
	struct way	ways[2];
	size_t		turn;
	int64_t		idle_ms;
	int64_t		last;		/* when a byte was moved */
	int		error;		/* of a way that could not go on */
};

/* would_wait - errno says that nothing is wrong. */
static int
would_wait(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

static size_t
held(const struct way *w)
{
	return conn_pending(w->from) + w->pipe.held;
}

/* read_way - some bytes, where none are held: 1, 0 nothing now, -1. */
static int
read_way(struct way *w)
{
	ssize_t r;

	if (w->plain && w->pipe.rd == -1 && w->carried >= PIPE_AFTER &&
	    relay_pipe_open(&w->pipe) == -1)
		w->carried = 0;		/* try again after as much */
	if (w->pipe.rd != -1) {
		r = relay_pipe_fill(&w->pipe, w->from->fd);
		if (r == -1 && (errno == EINVAL || errno == ENOSYS)) {
			relay_pipe_close(&w->pipe);
			w->plain = 0;
			return 1;
		}
		w->from->bytes_in += r > 0 ? (uint64_t)r : 0;
	} else
		r = conn_take(w->from);
	if (r > 0)
		return 1;
	if (r == 0) {
		w->from->flags |= CONN_EOF;
		w->ended = 1;
		return 1;
	}
	return would_wait() ? 0 : -1;
}

/* write_way - some of the bytes that are held: how many, 0 nothing now, -1. */
static ssize_t
write_way(struct way *w)
{
	ssize_t r;

	if (conn_pending(w->from) > 0) {
		r = conn_give(w->to, conn_data(w->from),
		    conn_pending(w->from));
		if (r > 0)
			conn_consume(w->from, (size_t)r);
	} else {
		r = relay_pipe_drain(&w->pipe, w->to->wfd);
		w->to->bytes_out += r > 0 ? (uint64_t)r : 0;
	}
	if (r == -1)
		return would_wait() ? 0 : -1;
	w->carried += (size_t)r;
	return r;
}

/*
 * give_up - the receiver has gone.  What it said before it went is still worth
 * carrying the other way; what it can no longer take is dropped.
 */
static void
give_up(struct relay *r, struct way *w)
{
	r->error = errno;
	w->to->flags |= CONN_BROKEN;
	w->ended = w->shut = 1;
	conn_consume(w->from, conn_pending(w->from));
	relay_pipe_close(&w->pipe);
}

/* pump - one way, once: 1 where something was done, 0, or -1 with errno. */
static int
pump(struct relay *r, struct way *w)
{
	int did = 0;
	ssize_t n;

	if (w->shut)
		return 0;
	if (held(w) == 0 && !w->ended && (did = read_way(w)) == -1) {
		w->from->flags |= CONN_BROKEN;
		return -1;
	}
	if (held(w) > 0) {
		if ((n = write_way(w)) == -1) {
			give_up(r, w);
			return 1;
		}
		r->turn += (size_t)n;
		did |= n > 0;
	}
	if (w->ended && held(w) == 0) {
		w->shut = 1;
		relay_pipe_close(&w->pipe);
		if (conn_shutdown(w->to) == -1 && errno != ENOTCONN)
			give_up(r, w);
		did = 1;
	}
	return did;
}

/* want - add events to the descriptor's entry. */
static int
want(struct pollfd *fds, int n, int fd, short events)
{
	int i;

	for (i = 0; i < n; i++)
		if (fds[i].fd == fd) {
			fds[i].events |= events;
			return n;
		}
	fds[n] = (struct pollfd){ .fd = fd, .events = events };
	return n + 1;
}

/* sooner - the first of the connection's own deadlines and that. */
static int64_t
sooner(const struct conn *c, int64_t deadline)
{
	if (c->deadline < deadline)
		deadline = c->deadline;
	return c->expires < deadline ? c->expires : deadline;
}

/* ended - by a deadline, or as the process ends: both know; -1 with errno. */
static int
ended(struct relay *r, int error)
{
	uint32_t why = error == ETIMEDOUT ? CONN_TIMEDOUT : CONN_CUT;

	r->ways[0].from->flags |= why;
	r->ways[1].from->flags |= why;
	errno = error;
	return -1;
}

/* idle - nothing can be done now: wait; 0, or -1 with errno. */
static int
idle(struct relay *r)
{
	struct pollfd fds[WAIT_MAX];
	int64_t end, quiet, until;
	int i, n = 0, rc;

	end = r->idle_ms < 0 ? CLOCK_NEVER :
	    r->last + r->idle_ms * NSEC_PER_MSEC;
	end = sooner(r->ways[0].from, sooner(r->ways[1].from, end));
	until = end;
	for (i = 0; i < 2; i++) {
		struct way *w = &r->ways[i];

		if (held(w) > 0)
			n = want(fds, n, w->to->wfd, POLLOUT);
		else if (!w->ended)
			n = want(fds, n, w->from->fd, POLLIN);
		conn_rest(w->from);
		quiet = clock_after_ms(PIPE_QUIET_MS);
		if (w->pipe.rd != -1 && w->pipe.held == 0 && quiet < until)
			until = quiet;
	}
	rc = net_wait(fds, n, until);
	if (rc == -1 && errno == ECANCELED)
		return ended(r, ECANCELED);
	if (rc == -1)
		return errno == EINTR ? 0 : -1;
	if (rc > 0)
		return 0;
	if (until == end)
		return ended(r, ETIMEDOUT);
	for (i = 0; i < 2; i++)
		if (r->ways[i].pipe.held == 0) {
			relay_pipe_close(&r->ways[i].pipe);
			r->ways[i].carried = 0;
		}
	return 0;
}

/* take_turns - a relay that never has to wait lets others run, and does not
 * outlive its deadlines either. */
static int
take_turns(struct relay *r)
{
	if (r->turn < RELAY_TURN)
		return 0;
	r->turn = 0;
	if (net_pause(0) == -1)
		return -1;
	if (clock_mono() >= sooner(r->ways[0].from,
	    sooner(r->ways[1].from, CLOCK_NEVER)))
		return ended(r, ETIMEDOUT);
	return 0;
}

static int
run(struct relay *r)
{
	int one, two;

	while (!r->ways[0].shut || !r->ways[1].shut) {
		if ((one = pump(r, &r->ways[0])) == -1 ||
		    (two = pump(r, &r->ways[1])) == -1)
			return -1;
		if (one || two)
			r->last = clock_coarse();
		else if (idle(r) == -1)
			return -1;
		if (take_turns(r) == -1)
			return -1;
	}
	if (r->error != 0) {
		errno = r->error;
		return -1;
	}
	return 0;
}

static void
init_way(struct way *w, struct conn *from, struct conn *to)
{
	*w = (struct way){ .from = from, .to = to, .pipe = { -1, -1, 0 } };
	w->plain = from->tls == NULL && to->tls == NULL &&
	    (from->flags & to->flags & CONN_SOCKET);
	w->ended = (from->flags & CONN_EOF) != 0;
}

int
conn_relay(struct conn *a, struct conn *b, int64_t idle_ms)
{
	struct relay r = { .idle_ms = idle_ms };
	int error, rc;

	/* What either was to be told before comes first. */
	if (conn_flush(a) == -1 || conn_flush(b) == -1)
		return -1;
	init_way(&r.ways[0], a, b);
	init_way(&r.ways[1], b, a);
	r.last = clock_coarse();
	rc = run(&r);
	error = errno;
	relay_pipe_close(&r.ways[0].pipe);
	relay_pipe_close(&r.ways[1].pipe);
	conn_rest(a);
	conn_rest(b);
	errno = error;
	return rc;
}
