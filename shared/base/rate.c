/*
 * Token buckets by the time at which each will be full again (the "virtual
 * scheduling" form of the generic cell rate algorithm, ITU-T I.371): one number
 * a source, no timers.
 */
#include "base/rate.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define WAYS	4	/* places in which a source may stand */

int
rate_init(struct rate *r, double per_second, double burst, size_t sources)
{
	size_t n = 64;

	while (n < sources && n < (size_t)1 << 24)
		n *= 2;
	memset(r, 0, sizeof(*r));
	r->bucket = calloc(n, sizeof(*r->bucket));
	if (r->bucket == NULL)
		return -1;
	r->mask = n - 1;
	r->cost_ns = (int64_t)((double)NSEC_PER_SEC / per_second);
	if (r->cost_ns < 1)
		r->cost_ns = 1;
	r->depth_ns = (int64_t)((double)r->cost_ns *
	    (burst < 1 ? 1 : burst));
	return 0;
}

void
rate_free(struct rate *r)
{
	free(r->bucket);
	memset(r, 0, sizeof(*r));
}

/* find - key's bucket, or the one that has been full for longest. */
static struct rate_bucket *
find(struct rate *r, uint64_t key)
{
	struct rate_bucket *b, *oldest = NULL;
	uint64_t h = key * 0x9e3779b97f4a7c15ULL;
	size_t i, at = (size_t)(h >> 32);

	for (i = 0; i < WAYS; i++) {
		b = &r->bucket[(at + i) & r->mask];
		if (b->key == key)
			return b;
		if (oldest == NULL || b->full_at < oldest->full_at)
			oldest = b;
	}
	return oldest;
}

int
rate_allow(struct rate *r, uint64_t key, int64_t now, int64_t n)
{
	struct rate_bucket *b = find(r, key);
	int64_t full_at = b->full_at;

	if (full_at < now)
		full_at = now;	/* full already: whoever had it before */
	if (n > r->depth_ns / r->cost_ns ||
	    full_at - now > r->depth_ns - n * r->cost_ns)
		return 0;
	b->key = key;
	b->full_at = full_at + n * r->cost_ns;
	return 1;
}
