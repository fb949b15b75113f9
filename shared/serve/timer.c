/*
 * A binary heap of timers; see timer.h.  Used by the fibers' loop.
 */
#include "serve/timer.h"

#include <stdlib.h>

#include "base/clock.h"

static void
put(struct timers *ts, size_t i, struct timer_at at)
{
	ts->heap[i] = at;
	at.timer->place = (uint32_t)i;
}

static void
sift_up(struct timers *ts, size_t i)
{
	struct timer_at t = ts->heap[i];

	while (i > 1 && ts->heap[i / 2].when > t.when) {
		put(ts, i, ts->heap[i / 2]);
		i /= 2;
	}
	put(ts, i, t);
}

static void
sift_down(struct timers *ts, size_t i)
{
	struct timer_at t = ts->heap[i];
	size_t kid;

	while ((kid = i * 2) <= ts->n) {
		if (kid < ts->n && ts->heap[kid + 1].when < ts->heap[kid].when)
			kid++;
		if (ts->heap[kid].when >= t.when)
			break;
		put(ts, i, ts->heap[kid]);
		i = kid;
	}
	put(ts, i, t);
}

int
timer_set(struct timers *ts, struct timer *t, int64_t when)
{
	struct timer_at *heap;
	size_t cap;
	int64_t was;

	if (t->place != 0) {
		was = ts->heap[t->place].when;
		ts->heap[t->place].when = when;
		if (when < was)
			sift_up(ts, t->place);
		else
			sift_down(ts, t->place);
		return 0;
	}
	if (ts->n + 1 >= ts->cap) {
		cap = ts->cap == 0 ? 64 : ts->cap * 2;
		heap = realloc(ts->heap, cap * sizeof(*heap));
		if (heap == NULL)
			return -1;
		ts->heap = heap;
		ts->cap = cap;
	}
	put(ts, ++ts->n, (struct timer_at){ when, t });
	sift_up(ts, ts->n);
	return 0;
}

void
timer_clear(struct timers *ts, struct timer *t)
{
	struct timer_at last;
	size_t i = t->place;

	if (i == 0)
		return;
	t->place = 0;
	last = ts->heap[ts->n--];
	if (last.timer == t)
		return;
	put(ts, i, last);
	sift_up(ts, i);
	sift_down(ts, last.timer->place);
}

int64_t
timer_when(const struct timers *ts, const struct timer *t)
{
	return t->place == 0 ? CLOCK_NEVER : ts->heap[t->place].when;
}

struct timer *
timer_next(const struct timers *ts)
{
	return ts->n == 0 ? NULL : ts->heap[1].timer;
}

void
timers_free(struct timers *ts)
{
	free(ts->heap);
	ts->heap = NULL;
	ts->n = ts->cap = 0;
}
