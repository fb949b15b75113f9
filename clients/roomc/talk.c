/*
 * The loop: standard input, the socket and deadlines.  What is said over the
 * socket is a dialect's business, what is shown the face's.
 */
#include "roomc.h"

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/quit.h"
#include "net/wait.h"

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
		r->face->notice(r, why);
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
		if (n == -1 && errno == ECONNREFUSED) {
			r->refused++;	/* nobody there now */
			break;
		}
		for (int i = 0; i < n && r->phase != PHASE_OVER; i++) {
			d = dgram_at(r->port, i);
			r->refused = 0;
			r->dialect->datagram(r, d->data, d->len);
		}
	} while (n == DGRAM_BATCH);
	r->dialect->seen(r);
}

/* end_of_input - leave once all is said, has come back and was waited for; a
 * server that is away by then is not waited for */
static int64_t
end_of_input(struct room *r, int64_t *ended, int64_t now)
{
	if (r->phase == PHASE_LEAVE || r->phase == PHASE_OVER)
		return CLOCK_NEVER;
	if (*ended == CLOCK_NEVER && r->phase == PHASE_IN &&
	    r->dialect->idle(r))
		*ended = now + r->set->stay_ms * NSEC_PER_MSEC;
	if (now >= *ended)
		r->dialect->leave(r);
	return *ended;
}

/* rest - wait for whatever comes first; what standard input has, as poll(2)
 * says it */
static int
rest(struct room *r, int input, int64_t until)
{
	struct pollfd p[2] = {
		{ .fd = dgram_port_fd(r->port), .events = POLLIN },
		{ .fd = STDIN_FILENO, .events = POLLIN },
	};
	int n;

	if (r->face->waiting != NULL)
		r->face->waiting(r);
	dgram_flush(r->port);
	n = net_wait(p, input ? 2 : 1, until < r->due ? until : r->due);
	if (n > 0 && p[0].revents != 0)
		receive(r);
	return n > 0 ? p[1].revents : 0;
}

/* hear_user - what he types, or that he is gone; whether there may be more */
static int
hear_user(struct room *r, int revents)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };

	if (r->face->always && (revents & (POLLHUP | POLLERR)))
		return 0;
	/* a screen is told of signals, too: its window may have changed */
	if (r->face->always || (room_can_say(r) && poll(&p, 1, 0) == 1))
		return r->face->input(r);
	return 1;
}

int
talk(struct room *r)
{
	int64_t now, until, ended = CLOCK_NEVER;
	int input = 1, leaving = 0, revents;

	quit_catch();
	r->dialect->start(r);
	while (r->phase != PHASE_OVER) {
		now = clock_mono();
		until = CLOCK_NEVER;
		if (now >= r->due)
			r->dialect->tick(r, now);
		while (room_can_say(r) && r->face->next(r))
			continue;
		if ((quit_asked() || (!input && r->face->always)) &&
		    !leaving++)
			r->dialect->leave(r);
		if (!input)
			until = end_of_input(r, &ended, now);
		if (r->phase == PHASE_OVER)
			break;
		revents = rest(r, input && (r->face->always ||
		    room_can_say(r)), until);
		if (input)
			input = hear_user(r, revents);
	}
	dgram_flush(r->port);
	return r->failed ? 1 : 0;
}
