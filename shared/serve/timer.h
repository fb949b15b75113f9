/*
 * Deadlines of one process: a binary heap of timers that live in their owners,
 * of whom there may be thousands that have none set; the time stands in the
 * heap.
 */
#ifndef SERVE_TIMER_H
#define SERVE_TIMER_H

#include <stddef.h>
#include <stdint.h>

struct timer {
	uint32_t	place : 30;	/* in the heap, from 1; 0: not set */
	uint32_t	kind : 2;	/* the owner's business */
};

struct timers {
	struct timer_at {
		int64_t		 when;	/* monotonic ns */
		struct timer	*timer;
	}		*heap;		/* owned; heap[1..n] */
	size_t		 n, cap;
};

/* timer_set - (again); 0, or -1 with ENOMEM.  timer_clear - idempotent. */
int	timer_set(struct timers *, struct timer *, int64_t when);
void	timer_clear(struct timers *, struct timer *);
/* timer_when - CLOCK_NEVER: it is not set. */
int64_t	timer_when(const struct timers *, const struct timer *);
/* timer_next - the soonest, or NULL. */
struct timer *timer_next(const struct timers *);
void	timers_free(struct timers *);

#endif
