/*
 * Answers from the store: what cache.c decides and hit.c carries out.
 */
#ifndef PROXYD_CACHE_H
#define PROXYD_CACHE_H

#include <sys/types.h>

#include "store.h"

/* hit_answer - st as the answer to x: conditions, ranges, HEAD. */
void	hit_answer(struct exchange *, struct stored *st);
/* hit_length - of the body; LENGTH_UNKNOWN while it is coming in. */
uint64_t hit_length(const struct stored *);
/* hit_read - up to n bytes of the body from off; 0 where there are none yet. */
ssize_t	hit_read(const struct stored *, void *, size_t n, uint64_t off);
/* store_head_says - what a HEAD's answer tells about the stored one (RFC 9111,
 * 4.3.5): refreshed, or untrue. */
void	store_head_says(struct exchange *, struct stored *,
	    const struct http_msg *res);

#endif
