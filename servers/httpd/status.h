/*
 * What the server says about itself: /server-status for people, Apache's
 * tools and programs, /metrics for Prometheus.  Off unless asked for.
 */
#ifndef HTTPD_STATUS_H
#define HTTPD_STATUS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "request.h"

#define COUNTER_ROWS	64	/* children share one where there are more */

/* What the scoreboard does not count. */
struct counter {
	_Alignas(64) _Atomic uint64_t by_class[6];	/* 2: of 2xx, ... */
	_Atomic uint64_t cache_hits, cache_misses;
	_Atomic uint64_t log_dropped;
};

struct counters {
	struct counter	row[COUNTER_ROWS];
};

static inline void
counter_add(_Atomic uint64_t *field, uint64_t n)
{
	atomic_fetch_add_explicit(field, n, memory_order_relaxed);
}

/* status_wanted - whether the path is one of these pages and they are on. */
bool	status_wanted(const struct request *);
/* status_answer - answer for it: the page, or 403 to whom it is not shown. */
void	status_answer(struct request *);

#endif
