/*
 * --plot: the histogram of round trips as text, a row for each few of its
 * buckets.  The rows grow with the times, as the buckets do, so that a long
 * tail does not push the rest into one row.
 */
#include "clients/pingc/pingc.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

#define ROWS	20
#define WIDTH	40		/* columns of the longest bar */

struct row {
	uint64_t	from, to;	/* ns */
	uint64_t	count;
};

/* rows_of - the buckets that are in use, at most ROWS rows; how many. */
static unsigned
rows_of(const struct hist *h, struct row *rows)
{
	unsigned first = 0, last = HIST_BUCKETS - 1, each, i, n = 0;

	while (h->bucket[first] == 0)
		first++;
	while (h->bucket[last] == 0)
		last--;
	each = (last - first) / ROWS + 1;
	for (i = first; i <= last; i++) {
		if ((i - first) % each == 0)
			rows[n++] = (struct row){ .from = i > 0 ?
			    hist_bucket_top(i - 1) + 1 : 0 };
		rows[n - 1].to = hist_bucket_top(i) + 1;
		rows[n - 1].count += h->bucket[i];
	}
	return n;
}

void
plot(const struct hist *h)
{
	char bar[WIDTH + 1];
	struct row rows[ROWS];
	uint64_t most = 1;
	unsigned i, n;
	size_t len;

	if (h->count == 0)
		return;
	n = rows_of(h, rows);
	for (i = 0; i < n; i++)
		if (rows[i].count > most)
			most = rows[i].count;
	for (i = 0; i < n; i++) {
		len = (size_t)(rows[i].count * WIDTH / most);
		if (len == 0 && rows[i].count > 0)
			len = 1;
		memset(bar, '#', len);
		bar[len] = '\0';
		printf("%10.3f -%10.3f ms |%-*s| %llu\n",
		    (double)rows[i].from / NSEC_PER_MSEC,
		    (double)rows[i].to / NSEC_PER_MSEC, WIDTH, bar,
		    (unsigned long long)rows[i].count);
	}
}
