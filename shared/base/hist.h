/*
 * A histogram of durations with a fixed size and 1/32 relative precision (the
 * log-linear buckets of HdrHistogram), for latencies from 1 ns to hours.
 */
#ifndef BASE_HIST_H
#define BASE_HIST_H

#include <stdint.h>

#define HIST_SUB	32
#define HIST_BUCKETS	((64 - 5 + 1) * HIST_SUB)

struct hist {
	uint64_t	count, min, max;
	double		sum, sumsq;
	uint32_t	bucket[HIST_BUCKETS];
};

void	 hist_init(struct hist *);
void	 hist_add(struct hist *, uint64_t value);
void	 hist_merge(struct hist *, const struct hist *from);
/*
 * hist_quantile - the value that the share q (0..1) of all does not exceed: by
 * nearest rank, and at most 1/32 above the true one.  Of nothing, all are 0.
 */
uint64_t hist_quantile(const struct hist *, double q);
/* hist_bucket_top - the highest value that falls into bucket i. */
uint64_t hist_bucket_top(unsigned i);
double	 hist_mean(const struct hist *);
double	 hist_stddev(const struct hist *);	/* population; ping's mdev */

#endif
