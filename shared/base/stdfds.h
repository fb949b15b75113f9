/*
 * Standard descriptors that a program was started without.  What it opens
 * first would get their numbers, and a socket or a file what was meant to be
 * printed.  Called by opt_parse, which every program calls first.
 */
#ifndef BASE_STDFDS_H
#define BASE_STDFDS_H

/* stdfds_claim - put something that can be neither read from (0) nor written
 * to (1, 2) at those that are closed: EBADF, as before.  errno is kept. */
void	stdfds_claim(void);

#endif
