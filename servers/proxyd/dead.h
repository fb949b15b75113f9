/*
 * Hosts that could not be connected to a moment ago, for --negative-ttl: each
 * who asks for one would wait as long, to be told the same.
 */
#ifndef PROXYD_DEAD_H
#define PROXYD_DEAD_H

#include "proxyd.h"

struct dead;

/* dead_open - shared by all processes; NULL with errno. */
struct dead *dead_open(void);
/* dead_why - how connecting to t failed, if that is still true; else
 * DIALLED. */
enum dialled dead_why(const struct dead *, const struct target *t);
/* dead_set - how it went now, and for how many seconds it is true. */
void	dead_set(struct dead *, const struct target *t, enum dialled,
	    int64_t seconds);

#endif
