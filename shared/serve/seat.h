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

/* Its number is c.slot, from 0. */
struct seat {
	struct conn	 c;		/* c.deadline: that of the rest */
	struct timer	 timer;		/* may ring before it */
	uint32_t	 next : 24;	/* on the free or the ready list: a
					   number and 1; 0: the last */
	uint32_t	 state : 2;	/* enum seat_state */
	uint32_t	 queued : 1;	/* on the ready list */
	uint32_t	 fresh : 1;	/* has not been let in yet */
	uint32_t	 notify : 1;	/* run for a notice, not for input */
};

#endif
