/*
 * How much each of many sources may do: token buckets in a table of fixed
 * size, so that a flood from made-up addresses costs no memory.  Two sources
 * that hash alike share a bucket for as long as both are busy.
 */
#ifndef BASE_RATE_H
#define BASE_RATE_H

#include <stddef.h>
#include <stdint.h>

struct rate_bucket {
	uint64_t	key;
	int64_t		full_at;	/* monotonic ns: when it has refilled */
};

struct rate {
	struct rate_bucket *bucket;	/* owned; a power of two of them */
	size_t		 mask;
	int64_t		 cost_ns;	/* of one token */
	int64_t		 depth_ns;	/* of a full bucket */
};

/* rate_init - per_second tokens for each source, burst of them at once; about
 * sources buckets.  0, or -1 with ENOMEM. */
int	rate_init(struct rate *, double per_second, double burst,
	    size_t sources);
void	rate_free(struct rate *);

/* rate_allow - take n tokens of key's at now (monotonic ns): 1, or 0 where
 * there are too few, and then none is taken. */
int	rate_allow(struct rate *, uint64_t key, int64_t now, int64_t n);

#endif
