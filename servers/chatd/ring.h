/*
 * The broadcast ring: every message of the chat, numbered from one, in memory
 * that all children share.  It is the way from each to all, the history, and
 * what keeps a slow reader from holding up anybody: his cursor falls behind,
 * and what was overwritten before he came is counted as missed.
 *
 * Writers hold the hub's lock (hub.h); readers hold nothing.  A message is
 * there when `next` says so, in one store: a writer that is killed before has
 * written nothing.
 */
#ifndef CHATD_RING_H
#define CHATD_RING_H

#include <stdatomic.h>
#include <stdint.h>

#include "wire/chat.h"

#define RING_BYTES	(2u << 20)	/* of messages */
#define RING_INDEX	8192u		/* messages at most; a power of two */

struct ring {
	_Atomic uint64_t next;		/* the number the next one will get */
	_Atomic uint64_t oldest;	/* == next: none is there */
	_Atomic uint64_t at[RING_INDEX];	/* where each begins */
	_Alignas(8) char bytes[RING_BYTES];
};

/* A message as it is posted, and as a reader gets it. */
struct message {
	uint64_t	 number;
	int64_t		 time;		/* ms since the epoch */
	uint32_t	 kind;		/* enum chat_kind */
	uint32_t	 room;		/* serial; 0: every room */
	uint32_t	 from;		/* id of a member; 0: the server */
	uint32_t	 to;		/* id; 0: everybody there */
	uint16_t	 who_len, len;
	const char	*who;		/* not always a string */
	const char	*text;
};

/* Where a reader's copy is kept: who and text point into it. */
#define RING_COPY	(CHAT_NAME_SIZE + CHAT_TEXT_MAX)

/* ring_init - the first number will be this one. */
void	ring_init(struct ring *, uint64_t first);

/* ring_post - a message, whose number is ignored; returns that it got.  With
 * the lock held.  who_len and len must be within their limits. */
uint64_t ring_post(struct ring *, const struct message *);

/*
 * ring_read - the message with this number into m, its strings into copy; 1,
 * or 0 where it has been overwritten.  It must be below ring_next.
 */
int	ring_read(const struct ring *, uint64_t number, struct message *m,
	    char copy[RING_COPY]);

static inline uint64_t
ring_next(const struct ring *r)
{
	return atomic_load_explicit(&r->next, memory_order_acquire);
}

static inline uint64_t
ring_oldest(const struct ring *r)
{
	return atomic_load_explicit(&r->oldest, memory_order_acquire);
}

#endif
