/*
 * The loop: standard input, the socket and deadlines.  What is said over the
 * socket is a dialect's business, what is shown the face's.
 */
#include "roomc.h"

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/wait.h"

static volatile sig_atomic_t stopped;

static void
stop(int signo)
{
	(void)signo;
	stopped = 1;
}

/* catch_signals - INT and TERM leave the room properly; they are let in only
 * while the loop waits */
static void
catch_signals(void)
{
	static sigset_t open;
	struct sigaction sa = { .sa_handler = stop };
	sigset_t ours;

	sigemptyset(&ours);
	sigaddset(&ours, SIGINT);
	sigaddset(&ours, SIGTERM);
	sigaddset(&ours, SIGHUP);
	sigprocmask(SIG_BLOCK, &ours, &open);
	sigdelset(&open, SIGINT);
	sigdelset(&open, SIGTERM);
	sigdelset(&open, SIGHUP);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	net_wait_set_mask(&open);
}

void
room_phase(struct room *r, enum phase phase)
{
	r->phase = phase;
	r->tries = 0;
	r->since = clock_mono();
	r->due = r->since;
}

void
room_send(struct room *r, const void *data, size_t n)
{
	dgram_send(r->port, NULL, NULL, data, n);
}

void
room_over(struct room *r, const char *why)
{
	if (why != NULL) {
		face_notice(r, why);
		r->failed = 1;
	}
	r->phase = PHASE_OVER;
}

int
room_can_say(const struct room *r)
{
	return r->phase == PHASE_IN && r->said - r->taken < ROOM_WINDOW;
}

/* receive - all that is there */
static void
receive(struct room *r)
{
	struct dgram *d;
	int n;

	do {
		n = dgram_recv(r->port);
		if (n == -1 && errno == ECONNREFUSED)
			break;	/* nobody there now: deadlines see to it */
		for (int i = 0; i < n && r->phase != PHASE_OVER; i++) {
			d = dgram_at(r->port, i);
			r->server_heard = clock_mono();
			r->dialect->datagram(r, d->data, d->len);
		}
	} while (n == DGRAM_BATCH);
	r->dialect->seen(r);
}

/* end_of_input - leave once all is said, has come back and was waited for */
static int64_t
end_of_input(struct room *r, int64_t *ended, int64_t now)
{
	if (r->phase != PHASE_IN || !r->dialect->idle(r))
		return CLOCK_NEVER;
	if (*ended == CLOCK_NEVER)
		*ended = now + r->set->stay_ms * NSEC_PER_MSEC;
	if (now >= *ended)
		r->dialect->leave(r);
	return *ended;
}

/* rest - wait for whatever comes first */
static void
rest(struct room *r, int input, int64_t until)
{
	struct pollfd p[2] = {
		{ .fd = dgram_port_fd(r->port), .events = POLLIN },
		{ .fd = STDIN_FILENO, .events = POLLIN },
	};
	int n;

	dgram_flush(r->port);
	n = net_wait(p, input ? 2 : 1, until < r->due ? until : r->due);
	if (n > 0 && p[0].revents != 0)
		receive(r);
}

int
talk(struct room *r)
{
	int64_t now, until, ended = CLOCK_NEVER;
	int input = 1, leaving = 0;
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };

	catch_signals();
	r->dialect->start(r);
	while (r->phase != PHASE_OVER) {
		now = clock_mono();
		until = CLOCK_NEVER;
		if (now >= r->due)
			r->dialect->tick(r, now);
		while (room_can_say(r) && face_next(r))
			continue;
		if (stopped && !leaving++)
			r->dialect->leave(r);
		if (!input && room_can_say(r))
			until = end_of_input(r, &ended, now);
		if (r->phase == PHASE_OVER)
			break;
		rest(r, input && room_can_say(r), until);
		if (input && room_can_say(r) && poll(&p, 1, 0) == 1)
			input = face_input(r);
	}
	dgram_flush(r->port);
	return r->failed ? 1 : 0;
}
