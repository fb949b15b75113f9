/*
 * The store: an answer is a file, named by the hash of what it answers, that is
 * complete or not there (temporary file, then rename).  A URL whose answers
 * vary has a record there instead, which says by what, and each variant a file
 * of its own.  Small answers are kept in each process's memory too; a counter
 * in shared memory tells when a copy has become untrue.
 */
#ifndef PROXYD_STORE_H
#define PROXYD_STORE_H

#include "policy.h"
#include "proxyd.h"

#define KEY_LEN		16	/* bytes of a hash that name a file */
#define SMALL_MAX	(64 * 1024)	/* bytes of a file kept in memory */

struct hot;

struct key {
	uint8_t		b[KEY_LEN];
};

#define BLOCK_SIZE	(256 * 1024)	/* bytes that one checksum is of */

/* The checksums of a body that comes in, and that of its last block so far. */
struct sums {
	uint32_t	*v;		/* owned; of whole blocks */
	uint32_t	 n, room;
	uint32_t	 sum, in_block;
};

#define FRONT_MIN	4096	/* bytes before the body, mostly */
#define EXTENTS_MAX	16	/* pieces of one answer that are there */

/* Bytes of the whole that are stored; last included. */
struct extent {
	uint64_t	first, last;
	uint32_t	sum;
	uint32_t	again;		/* sum is not known */
};

/* A stored answer, as a request sees it. */
struct stored {
	struct key	 url_key, key;
	struct http_msg	 msg;		/* its head, parsed */
	struct freshness fresh;
	const char	*body;		/* in memory, or NULL */
	int		 fd;		/* else: the file; -1 */
	uint64_t	 body_off, body_len;
	char		*blob;		/* owned unless hot */
	struct hot	*hot;		/* pinned entry */
	bool		 other_variant;	/* of none: the URL has others */
	bool		 part;		/* body_len is the whole's */
	bool		 unseen;	/* of an earlier run: not all of its
					 * checksums have been looked at */
	bool		 damaged;	/* and one of them did not fit */
	uint32_t	 nextents;	/* of a part, in order, apart */
	struct extent	 extents[EXTENTS_MAX];
	char		 front[FRONT_MIN]; /* of a large file */
};

struct writer {
	struct store	*store;
	struct key	 url_key, key;
	int		 fd;
	uint64_t	 id;		/* of the temporary file; 0: none */
	uint64_t	 body, at;	/* bytes so far; of the body's start */
	uint64_t	 max;
	uint32_t	 serial;	/* of invalidations, at its asking */
	bool		 part;
	struct http_range range;	/* of a part: where it belongs */
	char		 vary[512];	/* what its URL's answers vary by */
	struct sums	 sums;		/* of a part: sum is the piece's */
};

struct store *store_open(const char *dir, int64_t size, int64_t max_object,
	    int64_t memory, char *why, size_t whylen);
void	store_close(struct store *);
/* store_clear_temporary - once, before the first child: what an earlier run
 * had not finished. */
void	store_clear_temporary(struct store *);
int	store_child_start(struct store *);
void	store_child_stop(struct store *);
/* store_trim - in a process that served one connection and that others know
 * nothing of: what is too much goes, now and then. */
void	store_trim(struct store *);
/* store_idle - a little of what can wait: the index after a start. */
bool	store_idle(struct store *);

/* store_find - what is stored for x; store_release - done with it. */
bool	store_find(struct exchange *, struct stored *);
void	store_release(struct stored *);
/* store_find_part - what is stored in part for x, where whole (from store_find)
 * was not found. */
bool	store_find_part(struct exchange *, const struct stored *whole,
	    struct stored *);
/* store_prefix - how many bytes of a part are there from its beginning on. */
uint64_t store_prefix(const struct stored *);
/* store_open_temporary - the file of a temporary id as a stored answer to x, if
 * its variant is x's; for those who wait for it while it comes in. */
bool	store_open_temporary(struct exchange *, uint64_t id, struct stored *);

/* store_sealed - of an open temporary file, how long its body is; UINT64_MAX
 * where it never was complete. */
uint64_t store_sealed(const struct stored *);

/* store_asked - the origin is asked now: what makes the answer untrue from here
 * on keeps it out of the store. */
void	store_asked(struct exchange *);
/* store_check - those bytes of st's body are what was stored; else st is
 * damaged, and gone from the store. */
bool	store_check(struct store *, struct stored *st, uint64_t first,
	    uint64_t last);
/* store_seen - all of st has been checked: nobody needs to look again. */
void	store_seen(struct store *, struct stored *);

/* store_begin - start to store res; NULL where that cannot be. */
bool	store_begin(struct exchange *, const struct http_msg *res,
	    time_t requested, time_t received, struct writer *);
/* store_begin_part - start to store a 206's part, beside what is there of the
 * same representation (RFC 9111, 3.4). */
bool	store_begin_part(struct exchange *, const struct http_msg *res,
	    time_t requested, time_t received, struct writer *);
/* writer_add - -1: it cannot be stored (and has been given up). */
int	writer_add(struct writer *, const void *, size_t);
int	writer_commit(struct writer *);
void	writer_abort(struct writer *);
/* store_keep_cut - what has come of a whole that was cut, as a part, where that
 * can be completed; the writer is still to be given up. */
void	store_keep_cut(const struct writer *);

/* store_refresh - a 304 has come: its fields replace those stored (RFC 9111,
 * 3.2); the stored answer is then found anew. */
bool	store_refresh(struct exchange *, struct stored *,
	    const struct http_msg *not_modified, time_t requested,
	    time_t received);
void	store_invalidate(struct store *, const char *url);
/*
 * store_purge - url, or all URLs that begin with it; soft: they become stale,
 * but may be validated and stand in.  Returns how many files of answers were
 * affected.  With prefix it goes through the whole store, and pauses often.
 */
uint64_t store_purge(struct store *, const char *url, bool prefix, bool soft);
/* store_invalidate_for - what an answer to an unsafe method makes untrue. */
void	store_invalidate_for(struct exchange *, const struct http_msg *res);
/* store_is_of - by its Content-Location res is what x's target now is. */
bool	store_is_of(const struct exchange *, const struct http_msg *res);
void	store_key(struct store *, const char *url, struct key *);

/* memory.c */
struct hot *hot_find(struct store *, const struct key *);
/* hot_add - takes blob over; generation: from before the file was opened. */
void	hot_add(struct store *, const struct key *, const struct key *url_key,
	    char *blob, size_t len, uint32_t generation);
uint32_t store_generation(const struct store *, const struct key *url_key);
void	store_changed(struct store *, const struct key *url_key);

/* index.c - which files there are, and which has to go. */
struct index;
/* index_open - of the store in a folder; its name is the same for all. */
struct index *index_open(const char *folder);
int	index_init(struct index *);
/* index_add - a file of so many bytes: keys of files to be removed are put
 * into out; how many. */
int	index_add(struct index *, const struct key *, uint64_t bytes,
	    uint64_t limit, struct key *out, int max);
/* index_mark - the file of key is good; index_marked - somebody has said so. */
void	index_mark(struct index *, const struct key *);
bool	index_marked(struct index *, const struct key *);
/* index_lost - once after a process has died in here: the files have to be
 * looked through again. */
bool	index_lost(struct index *);
/* index_evict - up to max that should go first; how many. */
int	index_evict(struct index *, struct key *out, int max);
/* index_touch - a hit; false: key is not known. */
bool	index_touch(struct index *, const struct key *);
void	index_drop(struct index *, const struct key *);
uint64_t index_bytes(const struct index *);

/* inflight.c - one fetch for many who wait, over all processes. */
struct inflight;
struct inflight *inflight_open(const char *folder);
enum flight { FLIGHT_LEAD, FLIGHT_JOIN, FLIGHT_NONE };
/* inflight_begin - lead the fetch of key, or join the one under way; the
 * flight's number, or -1. */
enum flight inflight_begin(struct inflight *, const struct key *, int *flight);
/* inflight_after - of a flight that is led: it may be needless, for another of
 * the same key has landed since it was looked for, or before. */
bool	inflight_after(struct inflight *, int flight);
void	inflight_head(struct inflight *, int flight, uint64_t temporary);
void	inflight_progress(struct inflight *, int flight, uint64_t body);
void	inflight_end(struct inflight *, int flight, bool ok);
/* inflight_look - ARRIVAL_HEAD: so many bytes of its body are in the file. */
enum arrival { ARRIVAL_WAIT, ARRIVAL_HEAD, ARRIVAL_DONE, ARRIVAL_FAILED };
enum arrival inflight_look(struct inflight *, int flight, uint64_t *temporary,
	    uint64_t *body);

struct inflight *store_inflight(struct store *);

#endif
