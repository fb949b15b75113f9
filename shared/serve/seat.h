/*
 * A connection's place in a child that holds many: a small record, so that
 * thousands can rest.  Only the fibers' loop knows it.
 */
#ifndef SERVE_SEAT_H
#define SERVE_SEAT_H

#include "net/conn.h"
#include "serve/timer.h"

#define SEAT_CHUNK	64	/* allocated at once */

enum seat_state { SEAT_FREE, SEAT_RESTING, SEAT_RUNNING };

struct seat {
	struct conn	 c;
	struct timer	 timer;		/* may ring early: see idle_until */
	int64_t		 idle_until;	/* monotonic ns */
	struct seat	*next;		/* on the free or the ready list */
	uint32_t	 number;
	uint8_t		 state;		/* enum seat_state */
	uint8_t		 queued;	/* on the ready list */
	uint8_t		 fresh;		/* has not been let in yet */
	uint8_t		 notify;	/* run for a notice, not for input */
};

#endif
