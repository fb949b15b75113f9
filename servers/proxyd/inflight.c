/*
 * One fetch for many who wait, over all processes: a table in shared memory of
 * what is coming in, where, and how far it is.  Who waits looks again every
 * few milliseconds; an owner that was killed is recognised by its row in the
 * scoreboard.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "serve/scoreboard.h"
#include "store.h"

#define FLIGHTS	256	/* rows; a flight's number tells its row, */
#define SERIALS	(1 << 22)	/* and which of those that had it */

enum { EMPTY, ASKED, COMING, LANDED, CRASHED };

struct flight_row {
	_Atomic int	 state;
	_Atomic uint32_t serial;	/* against a row used again */
	struct key	 key;
	_Atomic int32_t	 slot, pid;	/* the owner's */
	uint32_t	 after;		/* another of this key has landed */
	_Atomic uint64_t temporary, body;
};

struct inflight {
	pthread_mutex_t	 lock;		/* who begins; robust */
	uint32_t	 ready;
	struct flight_row row[FLIGHTS];
};

struct inflight *
inflight_open(const char *folder)
{
	pthread_mutexattr_t attr;
	struct inflight *f;
	char name[96];

	snprintf(name, sizeof(name), "proxyd inflight %s", folder);
	f = serve_shared(name, sizeof(*f));
	if (f == NULL || f->ready)
		return f;
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&f->lock, &attr);
	pthread_mutexattr_destroy(&attr);
	f->ready = 1;
	return f;
}

/* is_orphan - its owner has died. */
static bool
is_orphan(const struct flight_row *r)
{
	const struct scoreboard *b = scoreboard();
	int slot = r->slot;

	return slot < 0 || (uint32_t)slot >= b->nslots ||
	    b->slot[slot].pid != r->pid;
}

static bool
is_busy(struct flight_row *r)
{
	int state = r->state;

	if (state != ASKED && state != COMING)
		return false;
	if (!is_orphan(r))
		return true;
	atomic_compare_exchange_strong(&r->state, &state, CRASHED);
	return false;
}

static struct flight_row *
row_of(struct inflight *f, int flight)
{
	return &f->row[flight % FLIGHTS];
}

/* flight_at - the number of the flight that has row i now. */
static int
flight_at(const struct inflight *f, int i)
{
	return (int)(f->row[i].serial % SERIALS) * FLIGHTS + i;
}

/* find - the row of key, or -1 and in *place one that is free, or -1; after:
 * a flight of key has landed, not long ago. */
static int
find(struct inflight *f, const struct key *k, int *place, uint32_t *after)
{
	int i;

	*place = -1;
	*after = 0;
	for (i = 0; i < FLIGHTS; i++) {
		struct flight_row *r = &f->row[i];
		bool same = memcmp(&r->key, k, sizeof(*k)) == 0;

		if (is_busy(r)) {
			if (same)
				return i;
			continue;
		}
		*after |= same && r->state == LANDED;
		if (*place == -1)
			*place = i;
	}
	return -1;
}

enum flight
inflight_begin(struct inflight *f, const struct key *k, int *flight)
{
	enum flight how = FLIGHT_JOIN;
	struct flight_row *r;
	uint32_t after;
	int i, place;

	/* a row's state is written last, so that whoever died here left none
	 * that is half there */
	if (pthread_mutex_lock(&f->lock) == EOWNERDEAD)
		pthread_mutex_consistent(&f->lock);
	i = find(f, k, &place, &after);
	if (i == -1 && place != -1) {
		/* this first: who still looks at the row's last flight must
		 * not take anything of the new one for it */
		r = &f->row[place];
		r->serial++;
		r->key = *k;
		r->slot = serve_child();
		r->pid = scoreboard()->slot[serve_child()].pid;
		r->after = after;
		r->temporary = r->body = 0;
		r->state = ASKED;
		i = place;
		how = FLIGHT_LEAD;
	}
	*flight = i == -1 ? -1 : flight_at(f, i);
	pthread_mutex_unlock(&f->lock);
	return i == -1 ? FLIGHT_NONE : how;
}

bool
inflight_after(struct inflight *f, int flight)
{
	return row_of(f, flight)->after != 0;
}

void
inflight_head(struct inflight *f, int flight, uint64_t temporary)
{
	row_of(f, flight)->temporary = temporary;
	row_of(f, flight)->state = COMING;
}

void
inflight_progress(struct inflight *f, int flight, uint64_t body)
{
	row_of(f, flight)->body = body;
}

void
inflight_end(struct inflight *f, int flight, bool ok)
{
	row_of(f, flight)->state = ok ? LANDED : CRASHED;
}

enum arrival
inflight_look(struct inflight *f, int flight, uint64_t *temporary,
    uint64_t *body)
{
	struct flight_row *r = row_of(f, flight);
	int state;

	is_busy(r);
	state = r->state;
	*temporary = r->temporary;
	*body = r->body;
	/* this last: all that was read is of this flight */
	if (flight_at(f, flight % FLIGHTS) != flight)
		return ARRIVAL_DONE;
	switch (state) {
	case ASKED:
		return ARRIVAL_WAIT;
	case COMING:
		return ARRIVAL_HEAD;
	case LANDED:
		return ARRIVAL_DONE;
	default:
		return ARRIVAL_FAILED;
	}
}
