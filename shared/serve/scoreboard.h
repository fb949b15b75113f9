/*
 * The table of children in shared memory: each child writes its own row, the
 * parent writes states, anybody reads.  No locks: every field has one writer.
 */
#ifndef SERVE_SCOREBOARD_H
#define SERVE_SCOREBOARD_H

#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"

enum child_state {
	CHILD_NONE,		/* the row is free */
	CHILD_STARTING,
	CHILD_IDLE,
	CHILD_BUSY,
	CHILD_DRAINING
};

enum child_role {
	ROLE_WORKER,
	ROLE_DATAGRAM,
	ROLE_STATUS,
	ROLE_ASIDE
};

#define SCORE_DOING	96

struct score {
	_Alignas(64) _Atomic int32_t pid;
	_Atomic int	 state;
	_Atomic int	 role;
	_Atomic uint32_t generation;
	_Atomic int64_t	 started;	/* wall ns */
	_Atomic uint32_t active;	/* connections held now */
	_Atomic uint64_t connections;	/* since the child started */
	_Atomic uint64_t requests;
	_Atomic uint64_t bytes_in, bytes_out;
	_Atomic uint64_t refused, timeouts, datagrams;
	char		 doing[SCORE_DOING];	/* may be torn: only shown */
};

struct scoreboard {
	char		 name[16];
	char		 model[16];
	char		 listen[256];	/* addresses, separated by spaces */
	int32_t		 parent;
	uint32_t	 nslots;
	uint32_t	 places;	/* connections at once, at the most */
	_Atomic int64_t	 started, reloaded;	/* wall ns */
	_Atomic uint32_t generation;
	_Atomic uint64_t crashed;	/* children ended by a signal */
	_Atomic uint64_t forked;
	_Atomic int	 idle;		/* workers that wait */
	_Atomic int	 may_grow;	/* the pool is not at its maximum */
	/* what children that are gone had counted */
	_Atomic uint64_t connections, requests, bytes_in, bytes_out;
	_Atomic uint64_t refused, timeouts, datagrams;
	struct score	 slot[];
};

/* scoreboard - this server's; NULL before serve_main has made it. */
struct scoreboard *scoreboard(void);

/* Totals over the living and the gone. */
struct score_totals {
	uint64_t connections, requests, bytes_in, bytes_out;
	uint64_t refused, timeouts, datagrams;
	uint32_t active, children, idle, busy, draining;
};
void	scoreboard_totals(const struct scoreboard *, struct score_totals *);

/* scoreboard_render - as --status answers it: lines of text, or one JSON
 * object (see statusc(1)). */
void	scoreboard_text(const struct scoreboard *, struct buf *);
void	scoreboard_json(const struct scoreboard *, struct buf *);

#endif
