/*
 * URLs of which nothing is stored and whose last answer was not stored either:
 * for a minute the store is not asked for them, and nobody waits for another's
 * fetch of them, for there would be nothing to share.
 */
#ifndef PROXYD_ALONE_H
#define PROXYD_ALONE_H

#include <stdbool.h>

struct alone;

/* alone_open - shared by all processes; NULL with errno. */
struct alone *alone_open(void);
bool	alone_is(const struct alone *, const char *url);
/* alone_set - its answer just now: stored, or not, where nothing was. */
void	alone_set(struct alone *, const char *url, bool stored);

#endif
