/*
 * What a hub knows of the others that --relay joins it with: which there are,
 * how far each was heard, and its people, who have rows among the members.  In
 * the hub's shared memory and under its lock, so that a relay that dies leaves
 * to its successor all it knew.
 */
#ifndef CHATD_PEERS_H
#define CHATD_PEERS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "packet.h"

#define PEERS_MAX	64
#define REMOTE_MAX	8192	/* people with rows */

struct hub;
struct member;

struct peer {
	uint64_t	 id;		/* 0: free */
	char		 name[HUB_NAME_SIZE];
	uint64_t	 seen;		/* the last event of it in our ring */
	uint64_t	 trying, at;	/* the next, and the number it gets */
	int		 met;		/* seen means something */
	int		 gone;		/* said so, or is silent */
	int64_t		 heard;		/* monotonic ns, last */
	int64_t		 wanted;	/* ... asked to repeat */
	uint32_t	 sweep;		/* of its people's list */
};

enum relay_state { RELAY_NEW, RELAY_LINKED, RELAY_ALONE };

struct shared {
	pthread_mutex_t	 owner;		/* robust: whose the link is */
	uint64_t	 id;		/* this hub's own; 0: no relay yet */
	_Atomic uint64_t said;		/* our last event in the channel */
	_Atomic uint64_t passed;	/* nothing before is to be said */
	_Atomic int	 state;		/* enum relay_state, as was told */
	struct peer	 peer[PEERS_MAX];
};

/* All of them with the hub's lock held. */

/* peers_find - that hub's row; NULL. */
struct peer *peers_find(struct hub *, uint64_t id);
/* peers_add - the same, made where it is new, in the row of one that has gone
 * where there is no other; NULL: there are too many. */
struct peer *peers_add(struct hub *, uint64_t id, const char *name);
/* peers_drop - its people are not to be seen any more. */
void	peers_drop(struct hub *, struct peer *);
/* peers_settle - after somebody has died while he had the lock. */
void	peers_settle(struct hub *);

/* peers_name - NAME@HUB, cut to what a name may have. */
void	peers_name(char out[CHAT_NAME_SIZE], const char *name,
	    const struct peer *);

/* A person there: found by id, NULL; put in a room (made where it is new) under
 * a name, NULL where there is no place; gone. */
struct member *peers_person(struct hub *, const struct peer *, uint32_t rid);
struct member *peers_put(struct hub *, const struct peer *, uint32_t rid,
	    const char *room, const char *name);
void	peers_remove(struct hub *, struct member *);
/* peers_sweep - those that were not put since peer.sweep went up. */
void	peers_sweep(struct hub *, const struct peer *);

#endif
