/*
 * What all children of a chatd share beside the ring: who is here, who waits
 * for a place, and the rooms.  One robust lock guards it, and these rules let a
 * child be killed at any instruction and harm nobody:
 *
 * 1. Words of more than one store are written only where nobody looks yet (a
 *    member before its state, a room before its serial, the topic that is not
 *    shown), and one store makes them count.  A new name is written down beside
 *    first, so that who settles can write it again.
 * 2. Another's row gets single stores alone.
 * 3. Who finds the lock's owner dead, or hears of a crash, settles the hub:
 *    takes away the rows of the dead and makes up for what was not said.
 */
#ifndef CHATD_HUB_H
#define CHATD_HUB_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "net/conn.h"
#include "peers.h"
#include "ring.h"

#define MEMBERS_MAX	16384
#define ROOMS_MAX	256
#define TOPIC_SIZE	512
#define LOBBY		"lobby"

/* MEMBER_REMOTE: at another hub, which is joined by --relay. */
enum member_state { MEMBER_FREE, MEMBER_WAITING, MEMBER_IN, MEMBER_REMOTE };

/* In the id of a person of another hub, and of what the relay itself says. */
#define REMOTE_ID	0x80000000u

/* member.flags */
#define MEMBER_ANNOUNCED 0x01	/* all were told of the coming */
#define MEMBER_MUTED	0x02
#define MEMBER_KICKED	0x04
#define MEMBER_OPERATOR	0x08

/* There may be thousands: small. */
struct member {
	_Atomic uint8_t	 state;
	_Atomic uint8_t	 flags;
	_Atomic uint8_t	 room;		/* index in the hub's */
	uint8_t		 peer;		/* remote: its hub's row, from 1 */
	uint32_t	 id;		/* never the same again, one after
					   another; not 0 */
	union {
		struct {		/* who holds the connection */
			int child, pid;
		};
		struct {		/* remote: its id there, when it was */
			uint32_t rid, sweep;	/* listed */
		};
	};
	_Atomic uint64_t since;		/* the first message that is for it */
	char		 name[24];	/* "": it is among the long ones */
};

struct room {
	_Atomic uint32_t serial;	/* 0: free */
	_Atomic uint32_t shown;
	char		 name[CHAT_ROOM_SIZE];
	char		 topic[2][TOPIC_SIZE];
};

struct hub {
	pthread_mutex_t	 lock;
	_Atomic int	 made;
	_Atomic uint64_t epoch;		/* of the ring's numbers */
	_Atomic uint64_t crashes;	/* that were seen to */
	_Atomic uint64_t moves;		/* changes of the queue */
	_Atomic uint64_t printed;	/* messages on standard output */
	uint32_t	 ids, remote_ids, serials;
	_Atomic uint32_t high;		/* rows beyond were never used */
	_Atomic int64_t	 max;		/* places in the chat */
	struct {
		_Atomic uint32_t row;	/* from 1, whose name changes; or 0 */
		char	 name[CHAT_NAME_SIZE];	/* to this one */
	} renaming;
	struct room	 rooms[ROOMS_MAX];
	struct shared	 relay;
	struct ring	 ring;
	struct member	 member[MEMBERS_MAX];
	char		 long_name[MEMBERS_MAX][CHAT_NAME_SIZE]; /* of rows */
};

/* hub_open - the one that the server's processes share; NULL with errno. */
struct hub *hub_open(void);

/* hub_lock - settles first if somebody died; hub_unlock. */
void	hub_lock(struct hub *);
void	hub_unlock(struct hub *);

/* The rest with the lock held, but for those that say otherwise. */

/* hub_join - a row for a connection, in the chat or in the queue; NULL: there
 * are too many. */
struct member *hub_join(struct hub *, const char *name);
/* hub_leave - and the first of the queue enters.  exit: the member's row is
 * free afterwards. */
void	hub_leave(struct hub *, struct member *);
/* hub_settle - see rule 3. */
void	hub_settle(struct hub *);
/* hub_place - in the queue, from 1. */
uint64_t hub_place(const struct hub *, const struct member *);
/* hub_unsettled - has a child crashed since?  Without the lock. */
int	hub_unsettled(const struct hub *);

/* hub_post - say it and log it; returns its number. */
uint64_t hub_post(struct hub *, enum chat_kind, uint32_t room, uint32_t from,
	    uint32_t to, const char *who, const char *text, size_t len);

/* hub_post_message - the same, with a time and without a number of its own. */
uint64_t hub_post_message(struct hub *, struct message *);
/* hub_room_name - of a serial; "-": of none, or of one that has ended. */
const char *hub_room_name(const struct hub *, uint32_t serial);

/* hub_find - by name; NULL. */
struct member *hub_find(struct hub *, const char *name);
/* hub_name - of a row that nobody looks at yet; cut where it is too long.
 * hub_rename - the caller's own row. */
void	hub_name(struct hub *, struct member *, const char *name);
void	hub_rename(struct hub *, struct member *, const char *name);
/* hub_in - how many are in the chat; or (room >= 0) in that room. */
unsigned hub_in(const struct hub *, int room);
/* hub_room - by name, made if create; its index, or -1. */
int	hub_room(struct hub *, const char *name, int create);
/* hub_room_tidy - a room ends where nobody is left and nobody waits for it. */
void	hub_room_tidy(struct hub *, uint32_t room);
void	hub_set_topic(struct room *, const char *text, size_t len);

/* Without the lock, for one's own row or for text that may be a moment old. */
static inline const char *
member_name(const struct hub *h, const struct member *m)
{
	return m->name[0] != '\0' ? m->name : h->long_name[m - h->member];
}

static inline const struct room *
member_room(const struct hub *h, const struct member *m)
{
	return &h->rooms[atomic_load(&m->room) % ROOMS_MAX];
}

static inline const char *
room_topic(const struct room *r)
{
	return r->topic[atomic_load(&r->shown) & 1];
}

#endif
