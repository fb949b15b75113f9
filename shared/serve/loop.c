/*
 * The loop under the fibers: descriptors are registered once, edge-triggered,
 * when they first would block, and never again; a wait that is told too early
 * simply tries again.  Runs no session itself.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/conn_io.h"
#include "net/wait.h"
#include "serve/fiber.h"
#include "serve/fibers.h"

#define OWNER(t, type)	((type *)(void *)((char *)(t) - \
			    offsetof(type, timer)))

static struct loop *this_loop;

struct loop *
loop_this(void)
{
	return this_loop;
}

/* watch_of - the record of fd, made on first use; NULL without memory. */
static struct watch *
watch_of(struct loop *l, int fd)
{
	struct watch *grown;
	size_t n = l->nwatch;

	if (fd < 0)
		return NULL;
	if ((size_t)fd >= n) {
		/* not by doubling: most of that would stand empty */
		while (n <= (size_t)fd)
			n += n / 4 + 64;
		grown = realloc(l->watch, n * sizeof(*grown));
		if (grown == NULL)
			return NULL;
		memset(grown + l->nwatch, 0,
		    (n - l->nwatch) * sizeof(*grown));
		l->watch = grown;
		l->nwatch = n;
	}
	return &l->watch[fd];
}

static void
forget(int fd)
{
	struct loop *l = this_loop;

	if (l != NULL && fd >= 0 && (size_t)fd < l->nwatch)
		memset(&l->watch[fd], 0, sizeof(l->watch[fd]));
}

/* ensure - fd is with the poller; 0, -1, or 1 where it cannot be waited for
 * (a plain file) and is always ready. */
static int
ensure(struct loop *l, struct watch *w, int fd)
{
	if (w == NULL)
		return -1;
	if (w->registered)
		return 0;
	if (poller_add(l->poller, fd, POLLER_EDGE) == -1 && errno != EEXIST)
		return errno == EPERM ? 1 : -1;
	w->registered = 1;
	return 0;
}

static void
make_ready(struct loop *l, struct waiter *w)
{
	if (w->queued)
		return;
	w->queued = 1;
	w->next_ready = NULL;
	*l->ready_end = w;
	l->ready_end = &w->next_ready;
}

/* enlist - a number for who is about to wait; 0, or -1 with ENOMEM. */
static int
enlist(struct loop *l, struct waiter *w)
{
	struct waiter **grown;
	uint32_t cap;

	if (l->nparked == l->parked_cap) {
		cap = l->parked_cap == 0 ? 16 : l->parked_cap * 2;
		grown = realloc(l->parked, cap * sizeof(struct waiter *));
		if (grown == NULL)
			return -1;
		l->parked = grown;
		l->parked_cap = cap;
	}
	l->parked[l->nparked] = w;
	w->number = ++l->nparked;
	return 0;
}

/* renumber - where it is the one who waits. */
static void
renumber(struct loop *l, struct waiter *w, uint32_t number)
{
	int i;

	for (i = 0; i < w->n; i++)
		if ((size_t)w->fds[i].fd < l->nwatch &&
		    l->watch[w->fds[i].fd].waiter == w->number)
			l->watch[w->fds[i].fd].waiter = number;
	w->number = number;
}

/* leave - it waits no more; the last of all takes its number. */
static void
leave(struct loop *l, struct waiter *w)
{
	struct waiter *last = l->parked[--l->nparked];
	uint32_t number = w->number;

	renumber(l, w, 0);
	if (last != w) {
		l->parked[number - 1] = last;
		renumber(l, last, number);
	}
}

/* fiber_wait - what stands behind net_wait() in this process. */
static int
fiber_wait(struct pollfd *fds, int n, int64_t deadline)
{
	struct loop *l = this_loop;
	struct waiter w = { .fds = fds, .n = n };
	int i, r;

	if (l->cancelled) {
		errno = ECANCELED;
		return -1;
	}
	if (fiber_self() == NULL)
		return 0;	/* the loop itself never waits here */
	if (enlist(l, &w) == -1)
		return -1;
	w.timer.kind = TIMER_WAITER;
	for (i = 0; i < n; i++) {
		fds[i].revents = 0;
		r = ensure(l, watch_of(l, fds[i].fd), fds[i].fd);
		if (r == -1) {
			leave(l, &w);
			return -1;
		}
		if (r == 1) {
			fds[i].revents = fds[i].events;
			leave(l, &w);
			return 1;
		}
		l->watch[fds[i].fd].waiter = w.number;
	}
	if (n == 0 && deadline <= l->core->now)
		make_ready(l, &w);
	else if (deadline != CLOCK_NEVER &&
	    timer_set(&l->timers, &w.timer, deadline) == -1) {
		leave(l, &w);
		return -1;
	}
	w.fiber = fiber_self();
	fiber_park();
	timer_clear(&l->timers, &w.timer);
	leave(l, &w);
	if (w.result == -1)
		errno = w.error;
	return w.result;
}

struct loop *
loop_new(struct core *core)
{
	struct loop *l = calloc(1, sizeof(*l));
	struct watch *w;

	if (l == NULL)
		return NULL;
	l->core = core;
	l->ready_end = &l->ready;
	l->max_seats = (uint32_t)core->conf->opt.connections;
	l->poller = poller_new();
	l->nlisteners = listeners_of(core, LISTENER_STREAM, l->listeners,
	    LISTENERS_MAX);
	if (l->poller == -1) {
		free(l);
		return NULL;
	}
	core->now = clock_mono();
	this_loop = l;
	net_wait_set(fiber_wait);
	net_wait_set_forget(forget);
	if (core->wake != NULL && poller_add(l->poller,
	    core->wake[core->slot], POLLER_LEVEL) == 0 &&
	    (w = watch_of(l, core->wake[core->slot])) != NULL)
		w->registered = 1;
	loop_listen(l, 1);
	return l;
}

void
loop_free(struct loop *l)
{
	uint32_t i;

	fiber_trim(0);
	timers_free(&l->timers);
	for (i = 0; i * SEAT_CHUNK < l->nseats; i++)
		free(l->chunk[i]);
	free(l->chunk);
	free(l->watch);
	free(l->parked);
	close(l->poller);
	net_wait_set(NULL);
	net_wait_set_forget(NULL);
	this_loop = NULL;
	free(l);
}

/*
 * loop_rest - from now on the seat waits for its peer.  Its timer is moved only
 * where it would ring too late: ringing early is cheaper than moving it at
 * every exchange.
 */
void
loop_rest(struct loop *l, struct seat *s)
{
	struct core *core = l->core;
	struct watch *w = watch_of(l, s->c.fd);
	int64_t until = CLOCK_NEVER;

	s->state = SEAT_RESTING;
	if (ensure(l, w, s->c.fd) != 0) {
		s->c.flags |= CONN_HUP;		/* the session will find out */
		loop_queue(l, s);
		return;
	}
	w->seat = s->c.slot + 1;
	if (core->conf->opt.idle_ms > 0)
		until = core->now + core->conf->opt.idle_ms * NSEC_PER_MSEC;
	if (s->c.expires < until)
		until = s->c.expires;
	if (core->drain >= DRAIN_STOP &&
	    drain_until(core, core->now) < until)
		until = drain_until(core, core->now);
	s->c.deadline = until;
	if (timer_when(&l->timers, &s->timer) > until)
		timer_set(&l->timers, &s->timer, until);
}

void
loop_close_resting(struct loop *l, int64_t at)
{
	struct seat *s;
	uint32_t i;

	for (i = 0; i < l->nseats; i++) {
		s = loop_seat(l, i);
		if (s->state != SEAT_RESTING || s->c.deadline <= at)
			continue;
		s->c.deadline = at;
		timer_set(&l->timers, &s->timer, at);
	}
}

void
loop_own(struct loop *l, struct seat *s)
{
	struct watch *w = watch_of(l, s->c.fd);

	if (w != NULL)
		w->seat = s->c.slot + 1;
}

void
loop_event(struct loop *l, const struct poller_event *ev)
{
	struct watch *w;
	struct waiter *wt;
	struct seat *s;
	int i;

	if ((size_t)ev->fd >= l->nwatch)
		return;
	w = &l->watch[ev->fd];
	s = w->seat == 0 ? NULL : loop_seat(l, w->seat - 1);
	/* told once: a fiber that waits for something else just now must find
	 * it when it has done its exchange */
	if (s != NULL && (ev->events & (POLLHUP | POLLERR)))
		s->c.flags |= CONN_HUP;
	if (s != NULL && (ev->events & POLLIN) && s->state == SEAT_RUNNING)
		s->c.flags |= CONN_MORE;
	if (w->waiter != 0) {
		wt = l->parked[w->waiter - 1];
		for (i = 0; i < wt->n; i++) {
			if (wt->fds[i].fd != ev->fd)
				continue;
			wt->fds[i].revents = ev->events &
			    (wt->fds[i].events | POLLHUP | POLLERR);
			if (wt->fds[i].revents != 0 && !wt->queued) {
				wt->result = 1;
				make_ready(l, wt);
			}
		}
	} else if (s != NULL && s->state == SEAT_RESTING &&
	    (ev->events & (POLLIN | POLLHUP | POLLERR))) {
		loop_queue(l, s);
	}
}

int
loop_has_ready(const struct loop *l)
{
	return l->ready != NULL || l->ready_first != 0;
}

/* loop_run_ready - those that are ready now; who gets ready meanwhile is of
 * the next round. */
void
loop_run_ready(struct loop *l, void (*run)(struct loop *, struct seat *))
{
	struct waiter *w = l->ready, *next_waiter;
	uint32_t number = l->ready_first;
	struct seat *s;

	l->ready = NULL;
	l->ready_end = &l->ready;
	l->ready_first = l->ready_last = 0;
	for (; w != NULL; w = next_waiter) {
		next_waiter = w->next_ready;
		fiber_resume(w->fiber);
	}
	while (number != 0) {
		s = loop_seat(l, number - 1);
		number = s->next;
		s->queued = 0;
		if (s->state == SEAT_RESTING)
			run(l, s);
	}
}

/* ring - one timer that is due. */
static void
ring(struct loop *l, struct timer *t)
{
	struct waiter *w;
	struct seat *s;

	if (t->kind == TIMER_WAITER) {
		w = OWNER(t, struct waiter);
		timer_clear(&l->timers, t);
		make_ready(l, w);	/* result is 0: the deadline */
		return;
	}
	s = OWNER(t, struct seat);
	if (s->state != SEAT_RESTING) {
		timer_clear(&l->timers, t);
	} else if (s->c.deadline > l->core->now) {
		timer_set(&l->timers, t, s->c.deadline);
	} else if (!s->queued) {
		timer_clear(&l->timers, t);
		seat_end(l->core, &s->c);
		loop_free_seat(l, s);
	} else {
		timer_clear(&l->timers, t);	/* it has just spoken */
	}
}

void
loop_run_timers(struct loop *l)
{
	struct timer *t;

	while ((t = timer_next(&l->timers)) != NULL &&
	    timer_when(&l->timers, t) <= l->core->now)
		ring(l, t);
}

int64_t
loop_next_timer_ms(const struct loop *l)
{
	const struct timer *t = timer_next(&l->timers);
	int64_t when = t == NULL ? CLOCK_NEVER : timer_when(&l->timers, t);

	if (l->pause_until != 0 && l->pause_until < when)
		when = l->pause_until;
	if (when == CLOCK_NEVER)
		return -1;
	return clock_left_ms(when);
}

void
loop_end_waits(struct loop *l, int error)
{
	struct waiter *w;
	uint32_t i;

	l->cancelled |= error == ECANCELED;
	for (i = 0; i < l->nparked; i++) {
		w = l->parked[i];
		if (w->queued && !l->cancelled)
			continue;
		w->result = -1;
		w->error = error;
		make_ready(l, w);
	}
}

void
loop_listen(struct loop *l, int wanted)
{
	int i;

	if (l->pause_until != 0 && l->core->now >= l->pause_until)
		l->pause_until = 0;
	wanted = wanted && l->pause_until == 0 && l->taken < l->max_seats;
	if (wanted == l->listening)
		return;
	l->listening = wanted;
	for (i = 0; i < l->nlisteners; i++) {
		if (wanted)
			poller_add(l->poller, l->listeners[i],
			    POLLER_EXCLUSIVE);
		else
			poller_del(l->poller, l->listeners[i]);
	}
}

void
loop_pause(struct loop *l)
{
	l->pause_until = l->core->now + 100 * NSEC_PER_MSEC;
	loop_listen(l, 0);
}
