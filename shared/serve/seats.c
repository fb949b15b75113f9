/*
 * The seats of a child that holds many connections: which are free, which are
 * ready.  They stand in chunks that are never given back, and know each other
 * by number.  Called by the fibers' loop; runs nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "serve/fibers.h"

_Static_assert(CONNECTIONS_MAX < 1 << 24, "struct seat has 24 bits for it");

/* more_seats - one chunk, onto the free list. */
static int
more_seats(struct loop *l)
{
	struct seat **grown, *s;
	uint32_t i, n = l->nseats / SEAT_CHUNK;

	grown = realloc(l->chunk, (n + 1) * sizeof(*grown));
	if (grown == NULL)
		return -1;
	l->chunk = grown;
	grown[n] = s = calloc(SEAT_CHUNK, sizeof(*s));
	if (s == NULL)
		return -1;
	for (i = SEAT_CHUNK; i-- > 0;) {
		s[i].next = l->free_seats;
		l->free_seats = l->nseats + i + 1;
	}
	l->nseats += SEAT_CHUNK;
	return 0;
}

struct seat *
loop_new_seat(struct loop *l)
{
	struct seat *s;
	uint32_t number;

	if (l->taken >= l->max_seats ||
	    (l->free_seats == 0 && more_seats(l) == -1))
		return NULL;
	number = l->free_seats - 1;
	s = loop_seat(l, number);
	l->free_seats = s->next;
	memset(s, 0, sizeof(*s));
	s->c.slot = number;
	s->timer.kind = TIMER_SEAT;
	l->taken++;
	return s;
}

void
loop_free_seat(struct loop *l, struct seat *s)
{
	timer_clear(&l->timers, &s->timer);
	s->state = SEAT_FREE;
	s->next = l->free_seats;
	l->free_seats = s->c.slot + 1;
	l->taken--;
}

void
loop_queue(struct loop *l, struct seat *s)
{
	if (s->queued)
		return;
	s->queued = 1;
	s->next = 0;
	if (l->ready_last != 0)
		loop_seat(l, l->ready_last - 1)->next = s->c.slot + 1;
	else
		l->ready_first = s->c.slot + 1;
	l->ready_last = s->c.slot + 1;
}
