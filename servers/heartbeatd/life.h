/*
 * Whether a name is alive: a state machine over beats, silence and goodbyes.
 * Pure: the clock is the caller's, in ns that never run backward.  Called by
 * monitor.c for each beat and when time is up, and by tests with clocks of
 * their own.
 *
 * A name is late when it has been silent for its period and half of its grace,
 * and down when for its period and all of it.  Silence counts from the last
 * beat, but never from before the monitor itself was awake.
 */
#ifndef HEARTBEATD_LIFE_H
#define HEARTBEATD_LIFE_H

#include <stdint.h>

enum life_state {
	LIFE_NEW,		/* expected, not heard yet */
	LIFE_UP,
	LIFE_LATE,
	LIFE_DOWN,
	LIFE_STOPPED,		/* it has said so */
	LIFE_FLAPPING,		/* shown instead of what changes too often */
	LIFE_STATES
};

#define LIFE_CHANGES	16	/* the last so many are remembered */

struct life_rules {
	int	 flap_changes;	/* so many (0: never; at most LIFE_CHANGES) */
	int64_t	 flap_ns;	/* within this are flapping; so is what has
				   not been quiet for as long */
};

struct life {
	int64_t	 period, grace;		/* ns */
	int64_t	 heard;			/* the last beat */
	int64_t	 since;			/* of the state that is shown */
	int64_t	 changes[LIFE_CHANGES];	/* when, a ring */
	uint32_t nchanges;		/* ever */
	uint8_t	 shown;			/* enum life_state */
	uint8_t	 real;			/* the same but for LIFE_FLAPPING */
};

/* One change of what is shown; what an event is made of. */
struct life_change {
	uint8_t	 was, is;
	int64_t	 lasted;		/* how long it was, ns */
};

/* life_init - new, and silent from now on. */
void	life_init(struct life *, int64_t period, int64_t grace, int64_t now);
/* life_restore - as it was before the monitor was started again. */
void	life_restore(struct life *, enum life_state real, int64_t since,
	    int64_t heard);

/*
 * What has happened.  Each returns 1 and fills change where what is shown has
 * changed (once, whatever there was between), else 0.
 * life_beat: a beat.  life_stop: a goodbye.  life_check: time has passed; awake
 * is since when the monitor has listened without a break.
 */
int	life_beat(struct life *, const struct life_rules *, int64_t now,
	    struct life_change *);
int	life_stop(struct life *, const struct life_rules *, int64_t now,
	    struct life_change *);
int	life_check(struct life *, const struct life_rules *, int64_t now,
	    int64_t awake, struct life_change *);

/* life_due - when life_check must be called, unless something happens before;
 * CLOCK_NEVER: silence changes nothing. */
int64_t	life_due(const struct life *, const struct life_rules *,
	    int64_t awake);

/* life_name - "up"; and back, LIFE_STATES where it is none. */
const char *life_name(unsigned int state);
enum life_state life_of_name(const char *name);

#endif
