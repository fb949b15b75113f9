/*
 * One fetch for many who wait, over all processes: a table in shared memory of
 * what is coming in, where, and how far it is.  Who waits looks again every
 * few milliseconds; an owner that was killed is recognised by its row in the
 * scoreboard.
 */
#include <stdatomic.h>
#include <string.h>

#include "serve/scoreboard.h"
#include "store.h"

#define FLIGHTS	256

enum { EMPTY, CLAIMED, ASKED, COMING, LANDED, CRASHED };

struct flight_row {
	_Atomic int	 state;
	_Atomic uint32_t serial;	/* against a row used again */
	struct key	 key;
	_Atomic int32_t	 slot, pid;	/* the owner's */
	_Atomic uint64_t temporary, body;
};

struct inflight {
	struct flight_row row[FLIGHTS];
};

struct inflight *
inflight_open(void)
{
	return serve_shared("proxyd inflight", sizeof(struct inflight));
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

enum flight
inflight_begin(struct inflight *f, const struct key *k, int *slot)
{
	int i, state, place = -1;

	for (i = 0; i < FLIGHTS; i++) {
		struct flight_row *r = &f->row[i];

		if (is_busy(r)) {
			if (memcmp(&r->key, k, sizeof(*k)) == 0) {
				*slot = i;
				return FLIGHT_JOIN;
			}
		} else if (place == -1 && r->state != CLAIMED) {
			place = i;
		}
	}
	if (place == -1)
		return FLIGHT_NONE;
	state = f->row[place].state;
	if (state == CLAIMED || state == ASKED || state == COMING ||
	    !atomic_compare_exchange_strong(&f->row[place].state, &state,
	    CLAIMED))
		return FLIGHT_NONE;
	f->row[place].serial++;
	f->row[place].key = *k;
	f->row[place].slot = serve_child();
	f->row[place].pid = scoreboard()->slot[serve_child()].pid;
	f->row[place].temporary = f->row[place].body = 0;
	f->row[place].state = ASKED;
	*slot = place;
	return FLIGHT_LEAD;
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
	case CLAIMED:
		return r->state == CRASHED ? ARRIVAL_FAILED : ARRIVAL_WAIT;
	case COMING:
		return r->state == CRASHED ? ARRIVAL_FAILED : ARRIVAL_HEAD;
	case LANDED:
		return ARRIVAL_DONE;
	default:
		return ARRIVAL_FAILED;
	}
}
