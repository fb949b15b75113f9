/*
 * How fast it goes, and showing it.  The limit is one for all workers: each
 * takes its share of the time that is left from memory that they share.
 */
#include "base/clock.h"
#include "filec.h"
#include "net/wait.h"

#define STEPS	10		/* a second, where there is a limit */
#define STEP_MIN 512		/* bytes */

size_t
pace_most(const struct settings *set, size_t room)
{
	int64_t most = set->limit_rate / STEPS;

	if (set->limit_rate == 0 || most >= (int64_t)room)
		return room;
	return most < STEP_MIN ? STEP_MIN : (size_t)most;
}

void
pace_free(struct work *w, uint64_t n)
{
	uint64_t done = atomic_fetch_add(&w->shared->done, n) + n;

	progress_update(&w->bar, done);
}

void
pace(struct work *w, uint64_t n)
{
	int64_t now, cost, at, mine;

	pace_free(w, n);
	if (w->set->limit_rate == 0)
		return;
	now = clock_mono();
	cost = (int64_t)((double)n * (double)NSEC_PER_SEC /
	    (double)w->set->limit_rate);
	at = atomic_load(&w->shared->free_at);
	do {
		mine = (at > now ? at : now) + cost;
	} while (!atomic_compare_exchange_weak(&w->shared->free_at, &at, mine));
	while (clock_mono() < mine)
		net_pause(mine);
}
