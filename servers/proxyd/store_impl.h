/*
 * What the store's own files share.
 */
#ifndef PROXYD_STORE_IMPL_H
#define PROXYD_STORE_IMPL_H

#include <stdatomic.h>

#include "store.h"

#define HOT_SLOTS	4096
#define GENERATIONS	65536
#define MAGIC		"BROODC1"

enum file_kind { FILE_ANSWER = 1, FILE_VARY = 2 };

/* The front of every file; what follows it: url, vary, head, body. */
struct file_head {
	char		magic[8];
	uint32_t	kind;
	uint32_t	url_len, vary_len, head_len;
	uint64_t	body_len;	/* UINT64_MAX: still coming in */
	int64_t		requested, received;
	uint64_t	nonce;		/* of a vary record */
	uint8_t		url_key[KEY_LEN];
	uint8_t		key[KEY_LEN];
	uint8_t		check[16];	/* of all this and what follows it,
					 * but for bodies over SMALL_MAX */
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
	_Atomic uint64_t next_temporary;
	_Atomic uint32_t scanned;	/* 0, or by whom: slot + 1 */
};

struct store {
	char		*dir;		/* owned */
	int		 dirfd;
	int64_t		 size, max_object, memory;
	struct shared_state *shared;
	struct index	*index;
	struct inflight	*inflight;
	/* this process */
	struct hot	**hot;		/* owned, HOT_SLOTS */
	size_t		 hot_bytes;
	unsigned int	 hot_hand;
	int		 scan;		/* next folder, 0..255; -1 done */
};

/* variant_key - that of the variant which this request asks for. */
void	variant_key(const struct http_msg *req, const struct key *url_key,
	    uint64_t nonce, struct http_str names, struct key *);
void	hot_clear(struct store *);
void	file_name(const struct key *, char out[48]);
void	file_check(const struct file_head *, const char *rest, size_t len,
	    uint8_t out[16]);

#endif
