/*
 * What a process keeps from one request to the next: the files it has read,
 * the log it collects, the second it is.  Made when the process starts, freed
 * when it stops, and reached through the settings.
 */
#ifndef HTTPD_WORKER_H
#define HTTPD_WORKER_H

#include <stddef.h>
#include <stdint.h>

#include "tick.h"

struct cache;
struct counter;
struct linelog;
struct logins;

struct worker {
	struct tick	 tick;
	struct cache	*cache;
	struct linelog	*log;			/* NULL: none is kept */
	struct logins	*logins;	/* NULL: nobody needs to log in */
	struct counter	*count;		/* this process's row, shared */
	uint64_t	 hits, misses;	/* those that count has already */
	uint64_t	 log_dropped;
	size_t		 bridge_bytes;	/* of long messages on bridges */
};

#endif
