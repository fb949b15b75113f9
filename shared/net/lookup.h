/*
 * Names looked up without blocking the process: c-ares behind net_wait(), so
 * that a fiber parks while others go on.  For sessions that connect to names;
 * clients use dial().
 */
#ifndef NET_LOOKUP_H
#define NET_LOOKUP_H

#include <stdint.h>

#include "net/addr.h"

/* lookup_init - once in each process, before the sandbox where one is put up
 * (it reads resolv.conf and hosts at each lookup all the same); 0 or -1. */
int	lookup_init(void);
void	lookup_cleanup(void);

/*
 * lookup - host (a name or a numeric address, IPv6 without brackets) and port
 * to at most max addresses.  How many; 0 where the name is not known; -1 with
 * errno: ETIMEDOUT, ECANCELED, EIO.  deadline is in monotonic ns.
 */
int	lookup(const char *host, uint16_t port, struct addr *out, int max,
	    int64_t deadline);

#endif
