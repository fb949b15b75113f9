/*
 * Deadlines of one process: a binary heap of timers that live in their owners.
 */
#ifndef SERVE_TIMER_H
#define SERVE_TIMER_H

#include <stddef.h>
#include <stdint.h>

struct timer {
	int64_t		when;		/* monotonic ns */
	uint32_t	place;		/* in the heap, from 1; 0: not set */
	uint32_t	kind;		/* the owner's business */
};

struct timers {
	struct timer	**heap;		/* owned; heap[1..n] */
	size_t		  n, cap;
};

/* timer_set - (again); 0, or -1 with ENOMEM.  timer_clear - idempotent. */
int	timer_set(struct timers *, struct timer *, int64_t when);
void	timer_clear(struct timers *, struct timer *);
/* timer_next - the soonest, or NULL. */
struct timer *timer_next(const struct timers *);
void	timers_free(struct timers *);

#endif
