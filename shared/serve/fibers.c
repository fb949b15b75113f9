/*
 * The model in which a child holds many connections: one poller, a fiber for
 * each exchange under way, and for each connection between two exchanges no
 * more than a seat.  Sessions look blocking; net_wait() parks their fiber.
 */
#include "serve/fibers.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "net/conn_io.h"
#include "net/wait.h"
#include "serve/core.h"
#include "serve/fiber.h"
#include "serve/poller.h"
#include "serve/title.h"

#define TURN		64	/* exchanges of one connection in a row */
#define NOTICE_REST_NS	(15 * NSEC_PER_MSEC)	/* between two, at most */
#define SHOW_MS		1000
#define SPARES		4	/* stacks and buffers that are always kept */

/* seat_settle - after an exchange or a notice: rest, or go. */
static int
seat_settle(struct loop *l, struct seat *s, enum conn_fate fate)
{
	if (fate == CONN_CLOSE || l->core->drain == DRAIN_NOW)
		return 0;
	conn_rest(&s->c);
	s->state = SEAT_RESTING;
	loop_rest(l, s);
	return 1;
}

/* notice_due - one may have come while this seat's fiber was waiting. */
static int
notice_due(const struct seat *s)
{
	return s->notify || (s->c.flags & CONN_NOTICE) != 0;
}

/* seat_run - a fiber's function: prologue, exchanges, notices. */
static void
seat_run(void *arg)
{
	struct loop *l = loop_this();
	struct core *core = l->core;
	struct seat *s = arg;
	struct conn *c = &s->c;
	enum conn_fate fate = CONN_KEEP;
	int turn = 0, input = !s->notify;

	if (s->fresh) {
		s->fresh = 0;
		fate = seat_prologue(core, c);
		input = fate == CONN_KEEP && seat_must_run_now(core, c);
	}
	while (fate == CONN_KEEP && (input || notice_due(s))) {
		if (notice_due(s)) {
			s->notify = 0;
			fate = seat_notice(core, c);
			if (fate == CONN_KEEP && !input)
				input = seat_must_run_now(core, c);
		}
		if (fate == CONN_KEEP && input) {
			fate = seat_exchange(core, c);
			input = fate == CONN_KEEP &&
			    seat_must_run_now(core, c);
		}
		if (++turn % TURN == 0)
			net_pause(0);	/* others' turn */
	}
	if (!seat_settle(l, s, fate)) {
		seat_end(core, c);
		loop_free_seat(l, s);
	}
}

/* What serve_beside() was given. */
struct beside {
	void	(*fn)(void *);
	void	*arg;
};

static void
beside_run(void *arg)
{
	struct beside b = *(struct beside *)arg;

	loop_this()->beside++;
	b.fn(b.arg);
	loop_this()->beside--;
}

int
serve_beside(void (*fn)(void *), void *arg)
{
	struct beside b = { fn, arg };
	int failed;

	if (loop_this() == NULL || fiber_self() != NULL)
		return -1;
	fiber_start(beside_run, &b, &failed);
	return failed ? -1 : 0;
}

/* seat_start - a fiber for this seat; where there is no memory, it goes. */
static void
seat_start(struct loop *l, struct seat *s)
{
	int failed;

	s->state = SEAT_RUNNING;
	fiber_start(seat_run, s, &failed);
	if (!failed)
		return;
	log_warn("no stack for a session");
	seat_end(l->core, &s->c);
	loop_free_seat(l, s);
}

/*
 * seat_ready - a resting connection may have input.  It is read before a fiber
 * is taken: what was a false alarm costs nothing, and the peer's end no fiber.
 */
static void
seat_ready(struct loop *l, struct seat *s)
{
	ssize_t r;

	if (s->notify || s->c.tls != NULL || s->c.in_len > 0 ||
	    (s->fresh && (s->c.flags & CONN_PROLOGUE))) {
		seat_start(l, s);
		return;
	}
	r = conn_try_fill(&s->c);
	if (r > 0 || (r == 0 && l->core->srv->notice != NULL)) {
		child_count(&l->core->board->slot[l->core->slot].bytes_in,
		    (uint64_t)r);
		seat_start(l, s);
	} else if (r == -1 && errno == EAGAIN) {
		conn_rest(&s->c);
		if (s->fresh) {
			s->fresh = 0;
			loop_rest(l, s);
		}
	} else {
		seat_end(l->core, &s->c);
		loop_free_seat(l, s);
	}
}

/* accept_some - from one listener, while there are seats. */
static void
accept_some(struct loop *l, int listener)
{
	struct seat *s;
	int n, r = 1;

	for (n = 0; n < POLLER_BATCH && r != -1; n++) {
		s = loop_new_seat(l);
		if (s == NULL)
			break;
		r = child_accept(l->core, listener, &s->c, (int)s->c.slot);
		if (r != 1) {
			loop_free_seat(l, s);
			if (r == 0)
				break;
			log_warn("accept");
			loop_pause(l);
			break;
		}
		l->served++;
		s->fresh = 1;
		s->state = SEAT_RESTING;
		loop_own(l, s);
		seat_ready(l, s);
	}
}

/*
 * take_wake - a notice is due: now, or after three times what the last one
 * took.  What comes meanwhile is then given with one call for each connection,
 * and a child with thousands of them does not do nothing else.
 */
static void
take_wake(struct loop *l)
{
	uint64_t n;

	if (read(l->core->wake[l->core->slot], &n, sizeof(n)) == -1)
		return;
	if (l->notice_at == 0)
		l->notice_at = l->core->now > l->notice_after ?
		    l->core->now : l->notice_after;
}

/* notify_all - the service's notice, for every connection. */
static void
notify_all(struct loop *l)
{
	int64_t began = clock_mono(), took;
	uint32_t i;
	struct seat *s;

	l->notice_at = 0;
	for (i = 0; i < l->nseats; i++) {
		s = loop_seat(l, i);
		if (s->state == SEAT_RUNNING) {
			s->c.flags |= CONN_NOTICE;
		} else if (s->state == SEAT_RESTING && !s->fresh) {
			s->notify = 1;
			loop_queue(l, s);
		}
	}
	loop_run_ready(l, seat_ready);
	took = clock_mono() - began;
	l->notice_after = began + took +
	    (took < NOTICE_REST_NS / 3 ? 3 * took : NOTICE_REST_NS);
}

/* drain - what a stop or a reload asks of the loop, once for each change. */
static void
drain(struct loop *l, enum drain was)
{
	struct core *core = l->core;
	int i;

	if (core->drain == was)
		return;
	if (was == DRAIN_NO) {
		child_state(core, CHILD_DRAINING);
		loop_end_waits(l, EINTR);
	}
	if (core->drain == DRAIN_STOP && was == DRAIN_NO)
		for (i = 0; i < l->nlisteners; i++)
			accept_some(l, l->listeners[i]);
	loop_listen(l, 0);
	if (core->drain >= DRAIN_STOP) {
		l->nlisteners = 0;
		listeners_close(core);
	}
	if (core->drain == DRAIN_STOP)
		loop_close_resting(l, core->drain_since + DRAIN_IDLE_NS);
	if (core->drain == DRAIN_NOW) {
		loop_close_resting(l, 0);
		loop_end_waits(l, ECANCELED);
	}
}

/* worn_out - has this child served as many as it may? */
static int
worn_out(const struct loop *l)
{
	int64_t max = l->core->conf->opt.max_served;

	return max > 0 && l->served >= max;
}

/* retire - this child takes no more connections; others will. */
static void
retire(struct loop *l)
{
	l->core->drain = DRAIN_RELOAD;
	l->core->drain_since = l->core->now;
}

static int
is_listener(const struct loop *l, int fd)
{
	int i;

	for (i = 0; i < l->nlisteners; i++)
		if (l->listeners[i] == fd)
			return 1;
	return 0;
}

static void
handle_events(struct loop *l, const struct poller_event *ev, int n)
{
	int i, wake = l->core->wake == NULL ? -1 :
	    l->core->wake[l->core->slot];

	for (i = 0; i < n; i++)
		if (!is_listener(l, ev[i].fd) && ev[i].fd != wake)
			loop_event(l, &ev[i]);
	loop_run_ready(l, seat_ready);
	for (i = 0; i < n; i++) {
		if (ev[i].fd == wake)
			take_wake(l);
		else if (is_listener(l, ev[i].fd) &&
		    l->core->drain == DRAIN_NO)
			accept_some(l, ev[i].fd);
	}
	loop_run_ready(l, seat_ready);
	if (l->notice_at != 0 && l->notice_at <= l->core->now)
		notify_all(l);
}

/* wait_ms - how long the poller may sleep. */
static int
wait_ms(struct loop *l)
{
	int64_t left, idle = -1, notice;

	if (loop_has_ready(l))
		return 0;
	if (l->core->srv->idle != NULL)
		idle = l->core->srv->idle(l->core->conf->settings);
	if (loop_has_ready(l))		/* of a fiber that idle has started */
		return 0;
	left = loop_next_timer_ms(l);
	if (l->spares && (left < 0 || left > SHOW_MS))
		left = SHOW_MS;	/* what is not needed now is given back */
	notice = l->notice_at == 0 ? -1 : clock_left_ms(l->notice_at);
	if (notice >= 0 && (left < 0 || notice < left))
		left = notice;
	if (idle >= 0 && (left < 0 || idle < left))
		left = idle;
	return (int)left;
}

static void
show(struct loop *l)
{
	if (l->core->now - l->shown < SHOW_MS * NSEC_PER_MSEC)
		return;
	l->shown = l->core->now;
	title_set("child %d, %u connections", l->core->lane, l->taken);
	l->spares = fiber_rest(SPARES) | conn_pool_rest(SPARES);
}

void
model_fibers(struct core *core)
{
	struct poller_event ev[POLLER_BATCH];
	struct loop *l = loop_new(core);
	enum drain was;
	int n;

	if (l == NULL) {
		log_err("cannot start serving");
		return;
	}
	child_state(core, CHILD_IDLE);
	for (;;) {
		was = core->drain;
		if (was == DRAIN_NO && worn_out(l))
			retire(l);
		drain(l, was);
		if (signals_drain(core) != was)
			drain(l, was);
		if (core->drain != DRAIN_NO && l->taken == 0) {
			if (l->beside == 0)
				break;
			if (!l->cancelled)
				loop_end_waits(l, ECANCELED);
		}
		n = poller_wait(l->poller, ev, wait_ms(l), &core->waiting);
		core->now = clock_mono();
		handle_events(l, ev, n);
		l->spares |= n > 0;
		loop_run_timers(l);
		loop_run_ready(l, seat_ready);
		loop_listen(l, core->drain == DRAIN_NO);
		show(l);
	}
	loop_free(l);
}
