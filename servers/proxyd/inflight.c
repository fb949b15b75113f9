/*
 * One fetch for many who wait, over all processes: a table in shared memory of
 * what is coming in, where, and how far it is.  Who waits looks again every
 * few milliseconds; an owner that was killed is recognised by its row in the
 * scoreboard.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "serve/scoreboard.h"
#include "store.h"

#define FLIGHTS	256

enum { EMPTY, ASKED, COMING, LANDED, CRASHED };

struct flight_row {
	_Atomic int	 state;
	_Atomic uint32_t serial;	/* against a row used again */
	struct key	 key;
	_Atomic int32_t	 slot, pid;	/* the owner's */
	_Atomic uint64_t temporary, body;
};

struct inflight {
	pthread_mutex_t	 lock;		/* who begins; robust */
	uint32_t	 ready;
	struct flight_row row[FLIGHTS];
};

struct inflight *
inflight_open(void)
{
	struct inflight *f = serve_shared("proxyd inflight", sizeof(*f));
	pthread_mutexattr_t attr;

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

/* find - the row of key, or -1 and in *place one that is free, or -1. */
static int
find(struct inflight *f, const struct key *k, int *place)
{
	int i;

	*place = -1;
	for (i = 0; i < FLIGHTS; i++) {
		struct flight_row *r = &f->row[i];

		if (is_busy(r)) {
			if (memcmp(&r->key, k, sizeof(*k)) == 0)
				return i;
		} else if (*place == -1) {
			*place = i;
		}
	}
	return -1;
}

enum flight
inflight_begin(struct inflight *f, const struct key *k, int *slot)
{
	struct flight_row *r;
	int place;

	/* a row's state is written last, so that whoever died here left none
	 * that is half there */
	if (pthread_mutex_lock(&f->lock) == EOWNERDEAD)
		pthread_mutex_consistent(&f->lock);
	*slot = find(f, k, &place);
	if (*slot == -1 && place != -1) {
		r = &f->row[place];
		r->serial++;
		r->key = *k;
		r->slot = serve_child();
		r->pid = scoreboard()->slot[serve_child()].pid;
		r->temporary = r->body = 0;
		r->state = ASKED;
	}
	pthread_mutex_unlock(&f->lock);
	if (*slot != -1)
		return FLIGHT_JOIN;
	*slot = place;
	return place == -1 ? FLIGHT_NONE : FLIGHT_LEAD;
}

void
inflight_head(struct inflight *f, int slot, uint64_t temporary)
{
	f->row[slot].temporary = temporary;
	f->row[slot].state = COMING;
}

void
inflight_progress(struct inflight *f, int slot, uint64_t body)
{
	f->row[slot].body = body;
}

void
inflight_end(struct inflight *f, int slot, bool ok)
{
	f->row[slot].state = ok ? LANDED : CRASHED;
}

enum arrival
inflight_look(struct inflight *f, int slot, const struct key *k,
    uint64_t *temporary, uint64_t *body)
{
	struct flight_row *r = &f->row[slot];
	int state = r->state;

	if (memcmp(&r->key, k, sizeof(*k)) != 0)
		return ARRIVAL_DONE;	/* the row has been used again */
	is_busy(r);
	*temporary = r->temporary;
	*body = r->body;
	switch (state) {
	case ASKED:
		return r->state == CRASHED ? ARRIVAL_FAILED : ARRIVAL_WAIT;
	case COMING:
		return r->state == CRASHED ? ARRIVAL_FAILED : ARRIVAL_HEAD;
	case LANDED:
		return ARRIVAL_DONE;
	default:
		return ARRIVAL_FAILED;
	}
}
