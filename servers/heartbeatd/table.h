/*
 * The table of names, in memory that all processes share.  One process, the one
 * that has the datagrams, writes; for the length of a reload there are two, and
 * a lock keeps them apart.  The processes that answer HTTP take no lock: a
 * number in each row (odd while it is written) tells them to read it again.
 *
 * Time stands in a heap: for each row when it must be looked at.  A beat moves
 * that later, and the row is then left where it is and put back when it comes
 * up.
 */
#ifndef HEARTBEATD_TABLE_H
#define HEARTBEATD_TABLE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "event.h"
#include "life.h"
#include "net/addr.h"
#include "track.h"
#include "wire/heartbeat.h"

#define TABLE_NONE	UINT32_MAX
#define QUEUE_MAX	4096		/* events that wait for the hook */
#define RUNNING_MAX	64		/* hooks at once */

struct row {
	_Atomic uint32_t guard;		/* odd: being written */
	uint32_t	 next;		/* of its bucket, or of the free ones */
	uint32_t	 place;		/* in the heap, or TABLE_NONE */
	uint8_t		 used;
	uint8_t		 named;		/* --expect lists it: not forgotten */
	uint8_t		 accepted;	/* its beats count */
	uint32_t	 clock;		/* clocks.steps when last heard */
	char		 name[HEARTBEAT_NAME_MAX];
	struct life	 life;
	struct track	 track;
	struct ipaddr	 peer;		/* of the last beat; family 0: none */
	int64_t		 heard_wall;	/* 0: never */
	int64_t		 since_wall;
	int		 status;	/* with its goodbye, or none */
};

struct due {
	int64_t		 at;		/* monotonic ns */
	uint32_t	 row;
};

/* What the process that has the datagrams knows about clocks. */
struct clocks {
	int64_t		 awake;		/* it has listened since, mono ns */
	int64_t		 planned;	/* it meant to look by then */
	int64_t		 asleep;	/* boottime - monotonic, ns */
	int64_t		 wall;		/* wall - monotonic, ns */
	uint32_t	 steps;		/* so often was the wall clock set */
};

struct counts {
	_Atomic uint64_t datagrams, malformed, refused, full;
	_Atomic uint64_t events, untold;
	_Atomic uint64_t hooks, hooks_failed, hooks_late, hooks_dropped;
	_Atomic uint64_t slept, clock_steps, forgotten, saves, saves_failed;
};

/* A hook that runs; pid 0: none. */
struct running {
	pid_t		 pid, owner;
	int64_t		 deadline;	/* monotonic ns; then it is killed */
	int		 asked;		/* TERM was sent */
	char		 name[HEARTBEAT_NAME_MAX];
};

struct queue {
	uint32_t	 first, n;
	struct event	 event[QUEUE_MAX];
	struct running	 running[RUNNING_MAX];
};

struct table {
	int		 ready;		/* was made */
	int		 loaded;	/* the state file was read */
	pthread_mutex_t	 lock;
	pid_t		 writer;	/* who looks at the time */
	int64_t		 started;	/* wall ns */
	uint64_t	 seed;
	uint32_t	 max, mask;	/* rows; buckets - 1 */
	_Atomic uint32_t top;		/* rows ever used */
	_Atomic uint32_t names;		/* rows used now */
	uint32_t	 spare;		/* first free row below top */
	uint32_t	 ndue;
	struct row	*rows;
	struct due	*due;
	uint32_t	*bucket;
	struct clocks	 clocks;
	struct counts	 counts;
	struct queue	 queue;
};

/* table_open - for max names; the same one at each call.  NULL with errno
 * (EINVAL: it was made for another number). */
struct table *table_open(uint32_t max);

/* table_lock - also puts right what a process has left that was killed. */
void	table_lock(struct table *);
void	table_unlock(struct table *);

/* With the lock held.  table_find: NULL if it is not there.  table_add: new and
 * silent since now; NULL where the table is full. */
struct row *table_find(struct table *, const char *name);
struct row *table_add(struct table *, const char *name, int64_t period,
	    int64_t grace, int64_t now);
void	table_remove(struct table *, struct row *);
/* table_begin, table_end - around each change of a row that readers see. */
void	table_begin(struct row *);
void	table_end(struct row *);
/* table_plan - the row must be looked at by then (CLOCK_NEVER: need not). */
void	table_plan(struct table *, struct row *, int64_t at);
/* table_next - the row whose time comes first, or NULL. */
struct row *table_next(struct table *, int64_t *at);
/* table_replan - table_next's row, which has been looked at. */
void	table_replan(struct table *, int64_t at);

/* table_read - without the lock: a copy of row i that is of one moment; 0 where
 * there is none. */
int	table_read(const struct table *, uint32_t i, struct row *copy);

static inline void
table_count(_Atomic uint64_t *field)
{
	atomic_fetch_add_explicit(field, 1, memory_order_relaxed);
}

#endif
