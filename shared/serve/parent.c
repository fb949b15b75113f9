/*
 * The parent: keeps the children that the configuration asks for, and turns
 * signals into starts, reloads and stops.  It never reads a client's byte.
 */
#include "serve/parent.h"

#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "net/wait.h"
#include "serve/core.h"
#include "serve/notify.h"
#include "serve/title.h"

#define MAINTAIN_NS	NSEC_PER_SEC
#define QUIT_GRACE_NS	(500 * NSEC_PER_MSEC)
#define KILL_GRACE_NS	(2 * NSEC_PER_SEC)
#define ACCEPT_LAST	1024	/* connections that a stop still takes */

/* signal_children - all, or those of the given generation and before. */
static void
signal_children(struct core *core, int sig)
{
	int i;

	for (i = 0; i < core->nslots; i++)
		if (core->children[i].pid != 0)
			kill(core->children[i].pid, sig);
}

/* accept_rest - model fork: who waits already is served before the stop. */
static void
accept_rest(struct core *core)
{
	struct pollfd p[LISTENERS_MAX];
	int i, n, round;

	for (round = 0; round < ACCEPT_LAST; round++) {
		n = parent_listeners(core, p);
		if (n == 0 || poll(p, (nfds_t)n, 0) <= 0)
			return;
		for (i = 0; i < n; i++)
			if (p[i].revents != 0)
				parent_accept(core, p[i].fd);
	}
}

/* begin_stop - TERM: drain.  QUIT: at once.  Then ever harder. */
static void
begin_stop(struct core *core, enum drain how)
{
	int64_t now = clock_mono();

	if (core->drain >= how)
		return;
	if (core->drain == DRAIN_NO) {
		log_info("stopping");
		notify_send("STOPPING=1");
		core->drain_since = now;
		if (how == DRAIN_STOP)
			accept_rest(core);
	}
	core->drain = how;
	signal_children(core, how == DRAIN_NOW ? SIGQUIT : SIGTERM);
	core->stop_next = now + (how == DRAIN_NOW ? KILL_GRACE_NS :
	    core->conf->opt.drain_ms * NSEC_PER_MSEC + QUIT_GRACE_NS);
	listeners_close(core);
}

/* escalate - children that have not gone in time. */
static void
escalate(struct core *core)
{
	if (clock_mono() < core->stop_next)
		return;
	if (core->drain == DRAIN_STOP) {
		log_info("drain timeout: stopping at once");
		begin_stop(core, DRAIN_NOW);
		return;
	}
	log_warnx("killing children that do not stop");
	signal_children(core, SIGKILL);
	core->stop_next = clock_mono() + KILL_GRACE_NS;
}

static void
take_signals(struct core *core)
{
	if (signals_take(SIGTERM))
		begin_stop(core, DRAIN_STOP);
	if (signals_take(SIGINT))
		begin_stop(core, core->drain == DRAIN_NO ? DRAIN_STOP :
		    DRAIN_NOW);
	if (signals_take(SIGQUIT))
		begin_stop(core, DRAIN_NOW);
	if (core->drain != DRAIN_NO)
		return;
	if (signals_take(SIGHUP))
		core->reload_due = 1;
	if (signals_take(SIGUSR1))
		parent_reopen(core);
}

/* is_due - has the monotonic ns in *at come? Then it is put off by step. */
static int
is_due(int64_t *at, int64_t step)
{
	int64_t now = clock_mono();

	if (*at > now)
		return 0;
	*at = now + step;
	return 1;
}

static void
watchdog(struct core *core)
{
	int64_t step = notify_watchdog_ns();

	if (step > 0 && is_due(&core->watchdog_at, step))
		notify_send("WATCHDOG=1");
}

/* next_wake - when there is something to do though nothing happens. */
static int64_t
next_wake(const struct core *core)
{
	int64_t at = core->maintain_at;

	if (core->drain != DRAIN_NO)
		return core->stop_next;
	if (core->backoff_until > 0 && core->backoff_until < at)
		at = core->backoff_until;
	if (notify_watchdog_ns() > 0 && core->watchdog_at < at)
		at = core->watchdog_at;
	return at;
}

/* sleep_parent - until a signal, news from a child, or (model fork) a
 * connection; returns how many of fds are ready.  There is room in p for one
 * more than the n: the operator's terminal. */
static int
sleep_parent(struct core *core, struct pollfd *p, int n)
{
	uint64_t count;
	ssize_t r;
	int ready;

	p[0] = (struct pollfd){ .fd = core->wake_parent, .events = POLLIN };
	p[n] = (struct pollfd){ .fd = console_fd(core), .events = POLLIN };
	ready = wait_many(core, p, n + 1, next_wake(core));
	if (ready > 0 && p[0].revents != 0) {
		r = read(core->wake_parent, &count, sizeof(count));
		(void)r;
		core->maintain_due = 1;
	}
	if (ready > 0 && p[n].revents != 0)
		console_ready(core);
	return ready;
}

/* maintain - once a second, and when there is news: not for each connection
 * that comes and goes. */
static void
maintain(struct core *core)
{
	int second = is_due(&core->maintain_at, MAINTAIN_NS);

	if (core->backoff_until > 0 && clock_mono() >= core->backoff_until)
		core->maintain_due = 1;
	if (!second && !core->maintain_due)
		return;
	core->maintain_due = 0;
	parent_maintain(core, second);
}

int
parent_run(struct core *core)
{
	struct pollfd p[LISTENERS_MAX + 2];
	int i, n, ready;

	core->slot = -1;
	core->maintain_at = clock_mono() + MAINTAIN_NS;
	parent_maintain(core, 0);
	for (;;) {
		n = 1 + parent_listeners(core, p + 1);
		ready = sleep_parent(core, p, n);
		take_signals(core);
		parent_reap(core);
		if (core->drain != DRAIN_NO) {
			if (parent_children(core) == 0)
				break;
			escalate(core);
			continue;
		}
		for (i = 1; i < n && ready > 0; i++)
			if (p[i].revents != 0)
				parent_accept(core, p[i].fd);
		if (core->reload_due)
			parent_reload(core);
		maintain(core);
		watchdog(core);
	}
	return 0;
}

int
wait_many(struct core *core, struct pollfd *p, int n, int64_t deadline)
{
	struct timespec ts;

	if (deadline != CLOCK_NEVER)
		ts = clock_timespec(deadline - clock_mono());
	return ppoll(p, (nfds_t)n, deadline == CLOCK_NEVER ? NULL : &ts,
	    &core->waiting);
}
