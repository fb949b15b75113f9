/*
 * The models in which a process holds one connection: a child for each
 * (fork), the classic pool (prefork), one after another (single), and inetd.
 * Stevens' chapter 30, with one session function for all of it.
 */
#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "net/conn_io.h"
#include "net/wait.h"
#include "serve/core.h"
#include "serve/datagram.h"
#include "serve/notify.h"
#include "serve/parent.h"
#include "serve/poller.h"
#include "serve/title.h"

#define PAUSE_MS	100	/* when descriptors have run out */
#define SERVE_LAST	1024	/* connections that a stop still takes */
/* Who rests for so long may have to yield; looked at so often after that. */
#define YIELD_AFTER_NS	(250 * NSEC_PER_MSEC)
#define YIELD_LOOK_NS	(1000 * NSEC_PER_MSEC)

/* idle_until - when a connection that rests has rested long enough. */
static int64_t
idle_until(struct core *core, const struct conn *c)
{
	int64_t until = CLOCK_NEVER;

	if (core->conf->opt.idle_ms > 0)
		until = clock_after_ms(core->conf->opt.idle_ms);
	return c->expires < until ? c->expires : until;
}

/* take_wake - empty this child's eventfd. */
static void
take_wake(struct core *core)
{
	uint64_t n;
	ssize_t r;

	r = read(core->wake[core->slot], &n, sizeof(n));
	(void)r;
}

/* idle_hook - let the service finish what it had put off (a batch of log
 * lines); the sooner of until and when it wants to be called again. */
static int64_t
idle_hook(struct core *core, int64_t until)
{
	int64_t ms, again;

	if (core->srv->idle == NULL || core->role != ROLE_WORKER)
		return until;
	ms = core->srv->idle(core->conf->settings);
	again = ms < 0 ? CLOCK_NEVER : clock_after_ms(ms);
	return again < until ? again : until;
}

/* may_yield - does this process rest only while nobody else waits for it? */
static int
may_yield(const struct core *core)
{
	return core->srv->yields && core->role == ROLE_WORKER &&
	    (core->model == MODEL_SINGLE || core->model == MODEL_PREFORK);
}

/* nobody_free - no process is there, or on its way, for whom is waiting. */
static int
nobody_free(const struct core *core)
{
	int i, state;

	if (core->model == MODEL_SINGLE)
		return 1;
	for (i = 0; i < core->nslots; i++) {
		state = atomic_load_explicit(&core->board->slot[i].state,
		    memory_order_relaxed);
		if (state == CHILD_IDLE || state == CHILD_STARTING)
			return 0;
	}
	return 1;
}

/* others_wait - is there a connection to be accepted? */
static int
others_wait(const struct core *core)
{
	struct pollfd p[LISTENERS_MAX];
	int fds[LISTENERS_MAX], i, n;

	n = listeners_of(core, LISTENER_STREAM, fds, LISTENERS_MAX);
	for (i = 0; i < n; i++)
		p[i] = (struct pollfd){ .fd = fds[i], .events = POLLIN };
	return poll(p, (nfds_t)n, 0) > 0;
}

/* rest - until the peer speaks (1), a notice is due (2), or it is over (0). */
static int
rest(struct core *core, struct conn *c)
{
	struct pollfd p[3 + ASIDE_FDS] = { { .fd = c->fd, .events = POLLIN } };
	int64_t end = idle_until(core, c), until;
	int64_t since = clock_coarse();
	int64_t look = may_yield(core) ? since + YIELD_AFTER_NS : CLOCK_NEVER;
	int n = 1, r, more;

	if (c->flags & CONN_NOTICE)
		return 2;	/* the service has asked for another */
	if (core->wake != NULL && core->slot >= 0)
		p[n++] = (struct pollfd){ .fd = core->wake[core->slot],
		    .events = POLLIN };
	if (n == 2 && console_fd(core) != -1)
		p[n++] = (struct pollfd){ .fd = console_fd(core),
		    .events = POLLIN };
	conn_rest(c);
	for (;;) {
		if (signals_drain(core) == DRAIN_NOW)
			return 0;
		p[0].revents = p[1].revents = p[2].revents = 0;
		if (core->drain >= DRAIN_STOP &&
		    drain_until(core, since) < end)
			end = drain_until(core, since);
		if (look != CLOCK_NEVER && clock_mono() >= look) {
			if (nobody_free(core) && others_wait(core))
				return 0;
			look = clock_mono() + YIELD_LOOK_NS;
		}
		until = idle_hook(core, look < end ? look : end);
		more = aside_poll(core, p + n, &until);
		r = net_wait(p, n + more, until);
		if ((r == -1 && errno == EINTR) || (r == 0 && until < end))
			continue;
		if (r <= 0)
			return 0;
		if (n == 3 && p[2].revents != 0) {
			console_ready(core);
			p[2].fd = console_fd(core);	/* -1: ended */
		}
		if (n >= 2 && p[1].revents != 0) {
			take_wake(core);
			return 2;
		}
		if (p[0].revents != 0)
			return 1;
	}
}

/* next - 1 there is input, 2 a notice, 0 the end. */
static int
next(struct core *core, struct conn *c)
{
	ssize_t r;

	if (c->tls == NULL && c->in_len == 0) {
		r = conn_try_fill(c);	/* it has often spoken by now */
		if (r >= 0) {
			if (core->role != ROLE_STATUS)
				child_count(&core->board->slot[
				    core->slot].bytes_in, (uint64_t)r);
			return r > 0 || core->srv->notice != NULL;
		}
		if (errno != EAGAIN)
			return 0;
	} else if (seat_must_run_now(core, c)) {
		return 1;
	}
	return rest(core, c);
}

void
blocking_connection(struct core *core, struct conn *c)
{
	enum conn_fate fate = seat_prologue(core, c);
	int what;

	while (fate == CONN_KEEP && (what = next(core, c)) != 0) {
		if (what == 2)
			fate = seat_notice(core, c);
		else
			fate = seat_exchange(core, c);
	}
	seat_end(core, c);
}

void
model_fork_connection(struct core *core, struct conn *c)
{
	struct score *s = &core->board->slot[core->slot];

	/* the parent has written there whom this child serves */
	title_text(s->doing, strnlen(s->doing, sizeof(s->doing)));
	child_state(core, CHILD_BUSY);
	blocking_connection(core, c);
}

/* serve_one - accept and serve; 1 served, 0 nobody came, -1 pause. */
static int
serve_one(struct core *core, int listener)
{
	char peer[IPADDR_TEXT_MAX];
	struct conn c;
	int r;

	core->now = clock_coarse();
	r = child_accept(core, listener, &c, 0);
	if (r <= 0)
		return r;
	child_state(core, CHILD_BUSY);
	conn_peer_text(&c, peer, sizeof(peer));
	serve_doing(peer, strlen(peer));
	blocking_connection(core, &c);
	serve_doing("waiting", 7);
	return 1;
}

/* pause_accepting - out of descriptors: say so and let others finish. */
static void
pause_accepting(void)
{
	log_warn("accept");
	net_pause(clock_after_ms(PAUSE_MS));
}

/* serve_rest - who waits already is served before a stop, by who is free. */
static void
serve_rest(struct core *core)
{
	int fds[LISTENERS_MAX], i, n, served = 0;

	if (core->drain != DRAIN_STOP)
		return;
	n = listeners_of(core, LISTENER_STREAM, fds, LISTENERS_MAX);
	for (i = 0; i < n; i++)
		while (served < SERVE_LAST && core->drain == DRAIN_STOP &&
		    serve_one(core, fds[i]) == 1)
			served++;
}

void
model_pool(struct core *core)
{
	struct poller_event ev[POLLER_BATCH];
	int fds[LISTENERS_MAX], i, n, nfds, r, poller = poller_new();
	int64_t served = 0, max = core->conf->opt.max_served, wake;

	if (poller == -1) {
		log_err("epoll");
		return;
	}
	nfds = listeners_of(core, LISTENER_STREAM, fds, LISTENERS_MAX);
	for (i = 0; i < nfds; i++)
		poller_add(poller, fds[i], POLLER_EXCLUSIVE);
	while (signals_drain(core) == DRAIN_NO &&
	    (max == 0 || served < max)) {
		child_state(core, CHILD_IDLE);
		wake = idle_hook(core, CLOCK_NEVER);
		n = poller_wait(poller, ev, clock_left_ms(wake),
		    &core->waiting);
		for (i = 0; i < n; i++) {
			if (core->drain != DRAIN_NO)
				break;
			r = serve_one(core, ev[i].fd);
			if (r == -1)
				pause_accepting();
			served += r == 1;
			signals_drain(core);
		}
	}
	child_state(core, CHILD_DRAINING);
	serve_rest(core);
	close(poller);
}

/* single_ready - serve what poll(2) has found. */
static void
single_ready(struct core *core, struct pollfd *p, int nstream, int n)
{
	int i;

	for (i = 0; i < n && core->drain == DRAIN_NO; i++) {
		if (p[i].revents == 0)
			continue;
		if (i >= nstream) {
			datagrams_ready(core, i - nstream);
			continue;
		}
		core->role = listener_role(core, p[i].fd);
		if (serve_one(core, p[i].fd) == -1)
			pause_accepting();
		core->role = ROLE_WORKER;
		signals_drain(core);
	}
}

/* single_listen - fill p with all that is listened on; how many, -1 where
 * that cannot be. */
static int
single_listen(struct core *core, struct pollfd *p, int *nstream)
{
	int fds[LISTENERS_MAX], i, n;

	n = listeners_of(core, LISTENER_STREAM, fds, LISTENERS_MAX);
	for (i = 0; i < n; i++)
		p[i] = (struct pollfd){ .fd = fds[i], .events = POLLIN };
	*nstream = n;
	if (datagrams_open(core) == -1)
		return -1;
	return n + datagrams_poll(core, p + n, LISTENERS_MAX);
}

int
model_single(struct core *core)
{
	struct pollfd p[2 * LISTENERS_MAX + 1 + ASIDE_FDS];
	int i, n, nstream, more;
	int64_t until, quiet = inetd_until(core);

	if (child_enter(core) == -1)
		return 1;
	n = single_listen(core, p, &nstream);
	atomic_store(&core->board->slot[core->slot].pid, getpid());
	child_state(core, CHILD_IDLE);
	while (n != -1 && signals_drain(core) == DRAIN_NO) {
		p[n] = (struct pollfd){ .fd = console_fd(core),
		    .events = POLLIN };
		if (single_reload(core)) {
			datagrams_close(core);
			n = single_listen(core, p, &nstream);
			continue;
		}
		for (i = 0; i < n; i++)
			p[i].revents = 0;
		until = idle_hook(core, datagrams_timer(core));
		if (quiet < until)
			until = quiet;
		more = aside_poll(core, p + n + 1, &until);
		i = wait_many(core, p, n + 1 + more, until);
		if (i > 0) {
			if (p[n].revents != 0)
				console_ready(core);
			single_ready(core, p, nstream, n);
			quiet = inetd_until(core);
		} else if (clock_mono() >= quiet) {
			break;
		}
		child_state(core, CHILD_IDLE);
	}
	notify_send("STOPPING=1");
	serve_rest(core);
	datagrams_close(core);
	child_leave(core);
	return n == -1;
}
