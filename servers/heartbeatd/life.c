/*
 * The state machine of one name.  Everything that is shown passes through
 * show(), so that there is exactly one event for each change.
 */
#include "life.h"

#include <string.h>

#include "base/clock.h"

static const char *const names[] = {
	[LIFE_NEW] = "new",
	[LIFE_UP] = "up",
	[LIFE_LATE] = "late",
	[LIFE_DOWN] = "down",
	[LIFE_STOPPED] = "stopped",
	[LIFE_FLAPPING] = "flapping",
};

const char *
life_name(unsigned int state)
{
	return state < LIFE_STATES ? names[state] : "unknown";
}

enum life_state
life_of_name(const char *name)
{
	int i;

	for (i = 0; i < LIFE_STATES; i++)
		if (strcmp(names[i], name) == 0)
			break;
	return (enum life_state)i;
}

void
life_init(struct life *l, int64_t period, int64_t grace, int64_t now)
{
	memset(l, 0, sizeof(*l));
	l->period = period;
	l->grace = grace;
	l->heard = l->since = now;
	l->shown = l->real = LIFE_NEW;
}

void
life_restore(struct life *l, enum life_state real, int64_t since,
    int64_t heard)
{
	l->shown = l->real = (uint8_t)real;
	l->since = since;
	l->heard = heard;
}

/* nth_change - when the nth from the last was, from 1. */
static int64_t
nth_change(const struct life *l, uint32_t n)
{
	return l->changes[(l->nchanges - n) % LIFE_CHANGES];
}

/* too_many - changes of late, the last included. */
static int
too_many(const struct life *l, const struct life_rules *rules, int64_t now)
{
	uint32_t n = (uint32_t)rules->flap_changes;

	return n > 0 && l->nchanges >= n &&
	    now - nth_change(l, n) < rules->flap_ns;
}

/* calm_at - when what flaps has been quiet for long enough. */
static int64_t
calm_at(const struct life *l, const struct life_rules *rules)
{
	if (rules->flap_changes == 0 || l->nchanges == 0)
		return l->since;
	return nth_change(l, 1) + rules->flap_ns;
}

static int
show(struct life *l, uint8_t state, int64_t now, struct life_change *change)
{
	if (l->shown == state)
		return 0;
	*change = (struct life_change){ l->shown, state, now - l->since };
	l->shown = state;
	l->since = now;
	return 1;
}

/* become - the state that it really has; the first is no change. */
static int
become(struct life *l, const struct life_rules *rules, uint8_t state,
    int64_t now, struct life_change *change)
{
	if (l->real == state)
		return 0;
	if (l->real != LIFE_NEW)
		l->changes[l->nchanges++ % LIFE_CHANGES] = now;
	l->real = state;
	if (l->shown == LIFE_FLAPPING)
		return 0;
	return show(l, too_many(l, rules, now) ? LIFE_FLAPPING : state, now,
	    change);
}

int
life_beat(struct life *l, const struct life_rules *rules, int64_t now,
    struct life_change *change)
{
	l->heard = now;
	return become(l, rules, LIFE_UP, now, change);
}

int
life_stop(struct life *l, const struct life_rules *rules, int64_t now,
    struct life_change *change)
{
	l->heard = now;
	return become(l, rules, LIFE_STOPPED, now, change);
}

/* silent_from - since when its silence counts against it. */
static int64_t
silent_from(const struct life *l, int64_t awake)
{
	return l->heard > awake ? l->heard : awake;
}

static int64_t
late_at(const struct life *l, int64_t awake)
{
	return silent_from(l, awake) + l->period + l->grace / 2;
}

static int64_t
down_at(const struct life *l, int64_t awake)
{
	return silent_from(l, awake) + l->period + l->grace;
}

/* waits - is something to be heard of it? */
static int
waits(const struct life *l)
{
	return l->real == LIFE_NEW || l->real == LIFE_UP ||
	    l->real == LIFE_LATE;
}

int
life_check(struct life *l, const struct life_rules *rules, int64_t now,
    int64_t awake, struct life_change *change)
{
	int changed = 0;

	if (waits(l) && now >= down_at(l, awake))
		changed = become(l, rules, LIFE_DOWN, now, change);
	else if (l->real == LIFE_UP && now >= late_at(l, awake))
		changed = become(l, rules, LIFE_LATE, now, change);
	if (!changed && l->shown == LIFE_FLAPPING && now >= calm_at(l, rules))
		changed = show(l, l->real, now, change);
	return changed;
}

int64_t
life_due(const struct life *l, const struct life_rules *rules, int64_t awake)
{
	int64_t due = CLOCK_NEVER, calm;

	if (waits(l))
		due = l->real == LIFE_UP ? late_at(l, awake) :
		    down_at(l, awake);
	if (l->shown == LIFE_FLAPPING) {
		calm = calm_at(l, rules);
		if (calm < due)
			due = calm;
	}
	return due;
}
