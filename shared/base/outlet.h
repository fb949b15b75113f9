/*
 * Writing lines for people: to standard output or error, or whatever else may
 * be a pipe whose other end has stopped reading.  Lines that nobody takes are
 * lost, and the service goes on.
 */
#ifndef BASE_OUTLET_H
#define BASE_OUTLET_H

#include <stddef.h>

#define OUTLET_PATIENCE_MS	200

/*
 * outlet_share - a process that finds an outlet stuck tells all those that are
 * forked from the caller after this; else each would wait for itself.  To be
 * called once; where memory is short nothing is shared.
 */
void	outlet_share(void);

/*
 * outlet_write - n bytes of lines.  A reader that is slow is waited for
 * patience_ms, once; after that nobody waits until he takes something again.
 * Returns 0, or -1 where something was dropped: whole lines where they are no
 * longer than a pipe takes at once.
 */
int	outlet_write(int fd, int patience_ms, const char *p, size_t n);

/* outlet_print - to standard output, with OUTLET_PATIENCE_MS. */
void	outlet_print(const char *p, size_t n);

#endif
