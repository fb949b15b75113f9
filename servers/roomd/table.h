/*
 * Who is in the room and what was said last, in shared memory, so that the room
 * survives a reload and a child that is killed.  One process writes at a time;
 * each keeps an index of its own, which is made anew where another has written
 * since.  For roomd only.
 */
#ifndef ROOMD_TABLE_H
#define ROOMD_TABLE_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include "base/siphash.h"
#include "net/addr.h"
#include "wire/room.h"

#define MEMBERS_MAX	4096	/* that --max-members may ask for */
#define EVENTS		1024	/* of the past that can be sent again */
#define NOBODY		0xffff

enum member_kind { MEMBER_FREE, MEMBER_PLAIN, MEMBER_BROOD };

struct member {
	uint8_t		 kind;		/* enum member_kind; written last */
	uint8_t		 line;		/* plain: wants a newline behind all */
	char		 name[ROOM_NAME_MAX];
	struct ipaddr	 peer;
	struct ipaddr	 local;		/* whom he wrote to */
	struct ipaddr	 gate;		/* the listening address */
	int64_t		 heard;		/* monotonic ns */
	int64_t		 full_at;	/* his rate's bucket, as base/rate.h */
	int64_t		 scolded;	/* told of his rate, monotonic ns */
	/* the better dialect's */
	uint64_t	 session, nonce;
	uint64_t	 said;		/* number of his last message */
	uint64_t	 acked;		/* he has all events up to this one */
	uint64_t	 sent;		/* ... was sent up to this one */
	uint32_t	 have;		/* and those: bit i, acked + 2 + i */
	int64_t		 rto;		/* ns until it is sent again */
	int64_t		 due;		/* when; CLOCK_NEVER */
};

struct event {
	uint64_t	 number;
	int64_t		 time;		/* seconds since the epoch */
	uint8_t		 kind;		/* enum room_kind */
	uint8_t		 namelen;
	uint16_t	 textlen;
	char		 name[ROOM_NAME_MAX];
	char		 text[ROOM_TEXT_MAX];
};

/* What lies in the shared memory; zeroed at the start. */
struct shared_room {
	int		 made;
	pthread_mutex_t	 lock;		/* robust */
	uint64_t	 changes;	/* of who is in it */
	uint8_t		 key[SIPHASH_KEY];
	uint64_t	 sessions;	/* begun so far */
	uint64_t	 last;		/* event's number */
	struct event	 events[EVENTS];
	struct member	 members[MEMBERS_MAX];
};

/* A process's own view. */
struct table {
	struct shared_room *room;
	uint64_t	 changes;	/* that the index has seen */
	unsigned int	 n;		/* members */
	unsigned int	 top;		/* no member is there or later */
	/* heads of chains, and the chains */
	uint16_t	 by_peer[2 * MEMBERS_MAX], by_name[2 * MEMBERS_MAX];
	uint16_t	 next_peer[MEMBERS_MAX];
	uint16_t	 next_name[MEMBERS_MAX];
};

/* table_init - attach; 0, or -1 with errno.  For setup(). */
int	table_init(struct table *);
void	table_lock(struct table *);
void	table_unlock(struct table *);

/* All of these with the table locked. */
struct member *table_by_peer(struct table *, const struct ipaddr *);
struct member *table_by_name(struct table *, const char *name, size_t n);
struct member *table_by_session(struct table *, uint64_t session);
/* table_add - a copy; NULL where there are max already.  table_remove: m
 * becomes free.  table_move: he has another address now. */
struct member *table_add(struct table *, const struct member *,
	    unsigned int max);
void	table_remove(struct table *, struct member *);
void	table_move(struct table *, struct member *, const struct ipaddr *);
/* table_sources - members with the address of ip, whatever their port. */
unsigned int table_sources(struct table *, const struct ipaddr *);

/* table_event - a new one, whose number is the last's successor. */
void	table_event(struct table *, enum room_kind, const char *name,
	    const char *text, size_t n);
/* table_event_at - NULL where it is too old or still to come. */
const struct event *table_event_at(const struct table *, uint64_t number);
/* table_oldest - the number of the oldest that is kept. */
uint64_t table_oldest(const struct table *);

#endif
