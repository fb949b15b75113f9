/*
 * Answers from the store and into it: what the cache's files share.  cache.c
 * decides, cache_fetch.c asks the origin, cache_pour.c carries what it sends,
 * cache_join.c waits for another's fetch, hit.c answers with what is stored.
 */
#ifndef PROXYD_CACHE_H
#define PROXYD_CACHE_H

#include <sys/types.h>

#include "store.h"
#include "transfer.h"

#define POLL_MS		5	/* how often who waits looks again, */
#define POLL_MAX_MS	40	/* and where nothing comes for long */
#define UNSENT		(128 * 1024)	/* bytes that the kernel holds for
					 * each of a crowd */

/* An answer that is fetched, and perhaps stored, on its way. */
struct fetching {
	struct answer	 a;
	struct writer	 w;
	bool		 storing;
	bool		 plain;		/* asked as the client did */
	bool		 replaces;	/* something good is stored */
	bool		 posted;	/* the answer to a POST, for GET */
	int		 flight;	/* row of ours, or -1 */
};

/* cache_now - wall clock, seconds. */
time_t	cache_now(void);
/* cache_say - what Cache-Status tells of this exchange (RFC 9211). */
void	cache_say(struct exchange *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/*
 * cache_ask - the origin, with the validators of st where there are any; its
 * answer goes to the client and, if it may, into the store.  flight: the row of
 * this fetch for those who wait for it, or -1.
 */
void	cache_ask(struct exchange *, struct stored *st, int flight);
/* cache_deliver - what has been fetched to the client, stored if it may be. */
void	cache_deliver(struct exchange *, struct fetching *);
/*
 * cache_pour - the rest of f's answer to the client, and into the store where
 * it is stored; 0 whole, -1 cut.  cache_land: the fetch is over, and whoever
 * waits may look; ok: what came is all of it.
 */
int	cache_pour(struct exchange *, struct fetching *f, enum framing);
void	cache_land(struct exchange *, struct fetching *f, bool ok);
/* cache_join - wait for another's fetch: 1 answered, 0 ask yourself. */
int	cache_join(struct exchange *, int flight);
/* cache_landed - nothing was stored, but a fetch of it was then just about to
 * end: true, with the flight that x was to lead, if that has answered x. */
bool	cache_landed(struct exchange *, int flight);

/* hit_answer - st as the answer to x: conditions, ranges, HEAD. */
void	hit_answer(struct exchange *, struct stored *st);
/* hit_part - the same of a part: false, with nothing sent, where what is asked
 * for is not in it. */
bool	hit_part(struct exchange *, struct stored *st);
/* hit_has - the client's own condition says that it has what res is. */
bool	hit_has(struct exchange *, const struct http_msg *res);
/* hit_parts - several ranges: 206 with multipart/byteranges. */
void	hit_parts(struct exchange *, struct stored *, const struct http_range *,
	    unsigned n, int64_t age);
/* hit_send - n bytes of the body from off. */
void	hit_send(struct exchange *, struct stored *, uint64_t off, uint64_t n);
/* hit_read - up to n bytes of the body from off; 0 where there are none yet. */
ssize_t	hit_read(const struct stored *, void *, size_t n, uint64_t off);

#endif
