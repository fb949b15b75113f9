/*
 * Connections a source address, counted over all children in shared memory.
 * The counters are an array indexed by the source's hash (two sources that
 * share a counter only make the limit a little stricter), and each child writes
 * which counter counts the source at each of its places.  When a child is
 * killed, the parent subtracts what stood at its places, so nothing leaks.
 */
#include <sys/mman.h>

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "serve/core.h"

#define COUNTERS	16384

_Static_assert(COUNTERS <= UINT16_MAX, "a place holds a number and 1");

struct sources {
	int		 nslots, per_slot;
	size_t		 size;		/* of the mapping, bytes */
	_Atomic int32_t	*count;
	_Atomic uint16_t *place;	/* [nslots][per_slot]: a counter's
					   number and 1; 0: empty */
};

struct sources *
sources_new(int nslots, int per_slot)
{
	struct sources *s = calloc(1, sizeof(*s));
	char *map;

	if (s == NULL)
		return NULL;
	s->nslots = nslots;
	s->per_slot = per_slot;
	s->size = COUNTERS * sizeof(*s->count) +
	    (size_t)nslots * (size_t)per_slot * sizeof(*s->place);
	map = mmap(NULL, s->size, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (map == MAP_FAILED) {
		free(s);
		return NULL;
	}
	s->count = (void *)map;
	s->place = (void *)(map + COUNTERS * sizeof(*s->count));
	return s;
}

void
sources_free(struct sources *s)
{
	if (s == NULL)
		return;
	munmap((void *)s->count, s->size);
	free(s);
}

static _Atomic uint16_t *
at(struct sources *s, int slot, int place)
{
	return &s->place[(size_t)slot * (size_t)s->per_slot + (size_t)place];
}

static void
uncount(struct sources *s, uint32_t counter)
{
	_Atomic int32_t *count = &s->count[counter];

	/* a child killed between its two writes must not drive it below 0 */
	if (atomic_fetch_sub(count, 1) <= 0)
		atomic_fetch_add(count, 1);
}

int
source_enter(struct sources *s, int slot, int place, uint64_t source,
    int64_t limit)
{
	uint32_t counter = source % COUNTERS;

	if (source == 0 || slot < 0 || slot >= s->nslots ||
	    place < 0 || place >= s->per_slot)
		return 0;
	if (atomic_fetch_add(&s->count[counter], 1) >= limit) {
		uncount(s, counter);
		errno = EUSERS;
		return -1;
	}
	atomic_store_explicit(at(s, slot, place), (uint16_t)(counter + 1),
	    memory_order_relaxed);
	return 0;
}

void
source_leave(struct sources *s, int slot, int place)
{
	uint32_t counter;

	if (slot < 0 || slot >= s->nslots || place < 0 || place >= s->per_slot)
		return;
	counter = atomic_exchange(at(s, slot, place), 0);
	if (counter != 0)
		uncount(s, counter - 1);
}

void
source_reset_slot(struct sources *s, int slot)
{
	int place;

	for (place = 0; place < s->per_slot; place++)
		source_leave(s, slot, place);
}
