/*
 * The relay: one process of the server carries what is said at this hub to the
 * others, and theirs into the ring.  Each hub has an id, new at each start, and
 * an event's number there is its number in its hub's ring; with it goes the
 * number of the one before, so that who listens takes each once, in order, and
 * asks for what he has not heard.
 */
#ifndef CHATD_RELAY_H
#define CHATD_RELAY_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "chatd.h"
#include "link.h"

struct relay {
	const struct settings *set;
	struct link	*link;
	int		 owner;		/* of the link, among processes */
	uint64_t	 cursor;	/* looked at in the ring */
	uint64_t	 prev;		/* the last of those said */
	uint64_t	 flight[LINK_WINDOW];	/* numbers; 0: no event */
	unsigned	 first, flying;
	uint64_t	 rewind;	/* to be said again after this one */
	int64_t		 rewind_at;	/* monotonic ns, not before */
	int64_t		 here_at, echo_at;
	int64_t		 answer_at;	/* to a hello; 0: none is due */
	int64_t		 answered, grumbled;
	int64_t		 now;
	int		 posted;	/* in the ring: tell all */
};

#define NO_REWIND	UINT64_MAX

/* The hooks of struct server. */
bool	relay_wanted(const void *);
int	relay_start(void *);
int64_t	relay_run(void *, struct pollfd *, int *n);
void	relay_stop(void *, bool last);

/* relay_setup - in setup: the URL, this hub's name and id; 0, or as setup. */
int	relay_setup(struct settings *, char *why, size_t whylen);

/* relay_put - a packet of ours; number is what done() will hear of. */
void	relay_put(struct relay *, struct packet *, uint64_t number);
/* relay_tell - a system line in every room of this hub. */
void	relay_tell(struct relay *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
/* relay_want - ask that hub for what we have not heard of it. */
void	relay_want(struct relay *, struct peer *);
/* relay_heard - a message from the channel: relay_heard.c. */
void	relay_heard(void *, char *data, size_t n);

#endif
