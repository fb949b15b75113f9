/*
 * Who is pinging, in the better dialect: what has been seen of each client's
 * sequence numbers, in a table of fixed size.  Called by brood.c only for
 * clients whose address was proved by a cookie.
 */
#ifndef PINGD_CLIENTS_H
#define PINGD_CLIENTS_H

#include <stddef.h>
#include <stdint.h>

#include "net/addr.h"
#include "wire/ping.h"

#define SEEN_WINDOW	256	/* sequence numbers before the highest */

struct client {
	struct ipaddr	peer;		/* family 0: free */
	uint8_t		cookie[PING_COOKIE];
	int64_t		last;		/* monotonic ns; when it last spoke */
	uint64_t	received;	/* each sequence number once */
	uint64_t	highest;
	uint64_t	window[SEEN_WINDOW / 64]; /* bit i: highest - i came */
	uint32_t	duplicates, reordered;
	uint32_t	session;	/* told to the client: a new count */
	uint64_t	left_seq;	/* 0, or whose reply left the kernel */
	int64_t		left_at;	/* then: wall ns */
};

enum seen {
	SEEN_FIRST,		/* not seen before */
	SEEN_AGAIN,		/* a duplicate, or a replay */
	SEEN_OLD		/* too old to tell */
};

struct clients;

/* clients_new - room for about max; NULL with errno.  The sixteenth part of it
 * at most is one source's, who only displaces himself there. */
struct clients	*clients_new(size_t max);
/* clients_start - in the process that will use it: its sessions are not those
 * of other processes that were made of the same one. */
void	 clients_start(struct clients *);
void	 clients_free(struct clients *);

/* clients_find - NULL: not known, or displaced since. */
struct client	*clients_find(struct clients *, const struct ipaddr *);
/* clients_add - a new session for peer at now; what spoke least recently among
 * those where it could stand makes room.  Never fails. */
struct client	*clients_add(struct clients *, const struct ipaddr *peer,
		    const uint8_t cookie[PING_COOKIE], int64_t now);

/* client_see - count a probe. */
enum seen	 client_see(struct client *, uint64_t seq);

/* clients_hash - of address and port; nobody outside can foretell it. */
uint64_t	 clients_hash(const struct clients *, const struct ipaddr *);

#endif
