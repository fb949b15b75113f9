/*
 * The histogram: values below HIST_SUB have a bucket each; above, each power of
 * two is cut into HIST_SUB equal ones.  Called by the clients that measure and
 * by the benchmarks.  Nothing here allocates.
 */
#include "base/hist.h"

#include <string.h>

#define SUB_BITS	5	/* log2(HIST_SUB) */

static unsigned
bucket_of(uint64_t value)
{
	unsigned shift;

	if (value < HIST_SUB)
		return (unsigned)value;
	shift = 63 - SUB_BITS - (unsigned)__builtin_clzll(value);
	return (shift + 1) * HIST_SUB +
	    (unsigned)((value >> shift) & (HIST_SUB - 1));
}

uint64_t
hist_bucket_top(unsigned i)
{
	unsigned shift;

	if (i < HIST_SUB)
		return i;
	shift = i / HIST_SUB - 1;
	return ((uint64_t)(HIST_SUB + i % HIST_SUB) << shift) +
	    ((UINT64_C(1) << shift) - 1);
}

/* count_up - a count that stays at its highest rather than start again at 0 */
static void
count_up(uint32_t *count, uint32_t by)
{
	*count = by > UINT32_MAX - *count ? UINT32_MAX : *count + by;
}

void
hist_init(struct hist *h)
{
	memset(h, 0, sizeof(*h));
}

void
hist_add(struct hist *h, uint64_t value)
{
	if (h->count == 0 || value < h->min)
		h->min = value;
	if (value > h->max)
		h->max = value;
	h->count++;
	h->sum += (double)value;
	h->sumsq += (double)value * (double)value;
	count_up(&h->bucket[bucket_of(value)], 1);
}

void
hist_merge(struct hist *h, const struct hist *from)
{
	unsigned i;

	if (from->count == 0)
		return;
	if (h->count == 0 || from->min < h->min)
		h->min = from->min;
	if (from->max > h->max)
		h->max = from->max;
	h->count += from->count;
	h->sum += from->sum;
	h->sumsq += from->sumsq;
	for (i = 0; i < HIST_BUCKETS; i++)
		count_up(&h->bucket[i], from->bucket[i]);
}

/*
 * rank_of - which value, counted from 1 upwards, is the quantile of n.  The
 * share is often a decimal fraction that binary cannot hold (0.07 * 100 is
 * 7.000000000000001), hence the allowance before rounding up.
 */
static uint64_t
rank_of(double q, uint64_t n)
{
	double exact = q * (double)n * (1 - 1e-12);
	uint64_t rank = (uint64_t)exact;

	return (double)rank < exact ? rank + 1 : rank;
}

uint64_t
hist_quantile(const struct hist *h, double q)
{
	uint64_t total = 0, below = 0, rank, top;
	unsigned i;

	if (h->count == 0 || !(q > 0))
		return h->min;
	if (q >= 1)
		return h->max;
	for (i = 0; i < HIST_BUCKETS; i++)
		total += h->bucket[i];
	rank = rank_of(q, total);
	for (i = 0; i < HIST_BUCKETS; i++) {
		below += h->bucket[i];
		if (below < rank || below == 0)
			continue;
		top = hist_bucket_top(i);
		return top > h->max ? h->max : top;
	}
	return h->max;
}

double
hist_mean(const struct hist *h)
{
	return h->count == 0 ? 0 : h->sum / (double)h->count;
}

/*
 * square_root - by Newton's method from half the exponent.  Not sqrt(3): a
 * library more to map for one function makes every fork dearer.
 */
static double
square_root(double x)
{
	uint64_t bits;
	double root;
	int i;

	memcpy(&bits, &x, sizeof(bits));
	bits = (bits >> 1) + (UINT64_C(1023) << 51);
	memcpy(&root, &bits, sizeof(root));
	/* Right to 1 in 16 at first, and to twice the digits each time. */
	for (i = 0; i < 5; i++)
		root = (root + x / root) / 2;
	return root;
}

double
hist_stddev(const struct hist *h)
{
	double mean = hist_mean(h), var;

	if (h->count == 0)
		return 0;
	/* Rounding can leave a little less than nothing. */
	var = h->sumsq / (double)h->count - mean * mean;
	return var > 0 ? square_root(var) : 0;
}
