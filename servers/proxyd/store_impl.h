/*
 * What the store's own files share.
 */
#ifndef PROXYD_STORE_IMPL_H
#define PROXYD_STORE_IMPL_H

#include <sys/stat.h>

#include <stdatomic.h>

/* EVP's digests allocate each time, and a hit must not. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include "base/buf.h"
#include "store.h"

#define HOT_SLOTS	4096
#define GENERATIONS	65536
#define SERIALS		4096
#define MAGIC		"BROODC3"
#define FAMILY		6	/* bytes of it that all formats have */
#define FRONT_MAX	(32 * 1024)	/* bytes before the body */
#define FRONT_SLACK	512	/* bytes of it for fields that are added */
#define PIECE_SIZE	(64 * 1024)	/* of a file that is looked at */
#define CHECK_FIRST	(8 * 1024 * 1024)	/* of a body, before sending */

enum file_kind { FILE_ANSWER = 1, FILE_VARY = 2, FILE_PART = 3 };

/* The front of every file; what follows it: url, vary, head, of a part its
 * extents, and at body_at the body.  Behind the body of an answer that is
 * larger than SMALL_MAX there are the checksums of its blocks. */
struct file_head {
	char		magic[8];
	uint32_t	kind;
	uint32_t	url_len, vary_len, head_len;
	uint64_t	body_at;
	uint64_t	body_len;	/* UINT64_MAX: still coming in */
	uint64_t	announced;	/* what body_len will be; UINT64_MAX:
					 * nobody knows */
	int64_t		requested, received;
	int64_t		stale_at;	/* made stale then; 0: not */
	uint64_t	nonce;		/* of a vary record */
	uint8_t		url_key[KEY_LEN];
	uint8_t		key[KEY_LEN];
	uint32_t	nextents;	/* of a part */
	uint32_t	sums_check;	/* of the blocks' checksums */
	uint8_t		check[16];	/* of all this and what follows it up
					 * to body_at; with the body where the
					 * file is no larger than SMALL_MAX */
};

struct hot {
	struct key	 key, url_key;
	uint32_t	 generation;
	uint32_t	 pins;
	bool		 dead;		/* freed when the last pin goes */
	size_t		 len;
	char		*blob;		/* the file, whole; owned */
};

struct shared_state {
	_Atomic uint32_t generation[GENERATIONS];
	_Atomic uint32_t serial[SERIALS];	/* of invalidations */
	_Atomic uint64_t next_temporary;
	_Atomic uint32_t scan;		/* next folder to be looked through */
};

struct store {
	char		*dir;		/* owned */
	int		 dirfd;
	int64_t		 size, max_object, memory;
	struct shared_state *shared;
	struct index	*index;
	struct inflight	*inflight;
	/* this process */
	SHA256_CTX	 md;
	struct hot	**hot;		/* owned, HOT_SLOTS */
	size_t		 hot_bytes;
	unsigned int	 hot_hand;
	char		*piece;		/* owned, PIECE_SIZE */
};

/* digest - of what is added until digest_end; nothing is allocated. */
void	digest_begin(struct store *);
void	digest_add(struct store *, const void *, size_t);
void	digest_end(struct store *, uint8_t out[16]);

void	hot_clear(struct store *);
void	file_name(const struct key *, char out[48]);
/* file_check - the checksum of a front and what follows it. */
void	file_check(struct store *, const struct file_head *, const char *rest,
	    size_t len, uint8_t out[16]);
/* file_front - bytes of fh and rest are what was written, up to the body. */
bool	file_is_whole(struct store *, const struct file_head *,
	    const char *blob, size_t len);
void	temporary_name(uint64_t id, char out[48]);
/* open_temporary - a new file under tmp/; its descriptor, or -1. */
int	open_temporary(struct store *, uint64_t *id);
bool	write_all(int fd, const void *, size_t, uint64_t at);
/* A file that was read, or the front of it. */
struct loaded {
	struct file_head fh;
	char		*blob;		/* owned unless hot, or front */
	char		*front;		/* FRONT_MIN bytes, of the caller */
	size_t		 len;
	struct hot	*hot;
	int		 fd;		/* of one that is not small; -1 */
	bool		 unseen;	/* not all checksums were looked at */
};

/* file_load - that of key, from memory or from disk; false: none, or torn. */
bool	file_load(struct store *, const struct key *,
	    const struct key *url_key, struct loaded *);
void	file_unload(struct loaded *);
/* front_load - of an open file what stands before the body; without an
 * allocation where that is no longer than most are. */
bool	front_load(int fd, struct loaded *);
/* account - the file of key has so many bytes; make room. */
void	account(struct store *, const struct key *, uint64_t bytes);
/* account_found - the same, of one that was there before this run. */
void	account_found(struct store *, const struct key *, uint64_t bytes);
/* file_bytes - what it takes of the disk. */
uint64_t file_bytes(const struct stat *);
/* store_damaged - the file of key goes; what: "damaged: removed". */
void	store_damaged(struct store *, const struct key *, const char *what);
/* store_largest - bytes of a body that may be stored: what would fill the store
 * by itself pushes nothing else out. */
uint64_t store_largest(const struct store *);
/* make_room - a full disk: some of what is stored goes.  False: there is
 * nothing. */
bool	make_room(struct store *);
/* forget - the file of key, if there is one. */
bool	forget(struct store *, const struct key *);
/* part_key - that of the part beside the whole of key. */
void	part_key(struct store *, const struct key *, struct key *);
/* part_commit - as writer_commit, of a part. */
int	part_commit(struct writer *);
/* serial_of - counts what made answers of this URL untrue. */
_Atomic uint32_t *serial_of(struct store *, const struct key *url_key);

/* store_sums.c - sum_of: the checksum of what sum is of and data behind it;
 * sum_joined: that of what a and b are of. */
uint32_t sum_of(uint32_t sum, const void *data, size_t n);
uint32_t sum_joined(uint32_t a, uint32_t b, uint64_t b_len);
/* sum_file - of n bytes of fd from at on; false: they cannot be read. */
bool	sum_file(struct store *, int fd, uint64_t at, uint64_t n,
	    uint32_t *sum);
/* sums_size - bytes of the checksums of such a body. */
uint64_t sums_size(uint64_t body_len);
/* sums_add, sums_end - of a body that comes in; false without memory. */
bool	sums_add(struct sums *, const void *, size_t);
bool	sums_end(struct sums *);
void	sums_free(struct sums *);
/* sums_make - those of a body that is there. */
bool	sums_make(struct store *, int fd, uint64_t body_at, uint64_t body_len,
	    struct sums *);
/* sums_table_is_good, sums_are_good, sums_of_part - the table, blocks from the
 * one of byte first to that of last, a part's extents.  The last two pause. */
bool	sums_table_is_good(struct store *, int fd, const struct file_head *);
bool	sums_are_good(struct store *, int fd, uint64_t body_at,
	    uint64_t body_len, uint64_t first, uint64_t last);
bool	sums_of_part(struct store *, int fd, uint64_t body_at,
	    const struct extent *, uint32_t n);

/* store_front.c */
/* What stands before the body of a large file, in memory. */
struct front {
	struct file_head fh;
	struct extent	 extents[EXTENTS_MAX];
	char		*text;		/* url, vary, head; in blob */
	char		*blob;		/* owned */
};

/* file_lock - against others that write to the file where it is, until fd is
 * closed or unlocked; false: somebody has it for too long.  May pause. */
bool	file_lock(int fd);
size_t	front_text_len(const struct file_head *);
/* front_read - of a file of that kind that is not small; blob is to be freed.
 * False: it is another, or torn. */
bool	front_read(struct store *, int fd, enum file_kind, struct front *);
/* front_text - url, vary list and head (as add_head) in the place of what text
 * was; false: too large, or no memory. */
bool	front_text(struct front *, const char *url, const char *vary,
	    const struct http_msg *m, const struct http_msg *by);
/* front_write - in one write, with its checksum and zeros up to the body; of a
 * part with room for all of its extents.  False: it does not fit, or the disk
 * does not take it. */
bool	front_write(struct store *, int fd, struct front *);

/* store_write.c */
/* store_write_anew - begin to store res with the fields of by (as add_head); of
 * its body there will be so many bytes (UINT64_MAX: nobody knows). */
bool	store_write_anew(struct exchange *, const struct http_msg *res,
	    const struct http_msg *by, uint64_t announced, time_t requested,
	    time_t received, struct writer *);

/* store_vary.c */
/* variant_key - that of the variant which this request asks for. */
void	variant_key(struct store *, const struct http_msg *req,
	    const struct key *url_key, uint64_t nonce, struct http_str names,
	    struct key *);
/*
 * vary_place - where the answer res to x belongs: keys and vary list of w, and
 * the nonce; the URL's record of what its answers vary by is written if it is
 * another.  False: it cannot be stored.
 */
bool	vary_place(struct exchange *, const struct http_msg *res,
	    struct writer *w, uint64_t *nonce);

/* store_head.c */
/* add_head - m as it is stored, with the fields of by (NULL: none; else a 304
 * or newer part of it) instead of its own (RFC 9111, 3.1 and 3.2). */
void	add_head(struct buf *, const struct http_msg *m,
	    const struct http_msg *by);

#endif
