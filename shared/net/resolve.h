/*
 * Looking a name up within a deadline, for clients: getaddrinfo(3) waits for
 * name servers as long as resolv.conf says, whatever --timeout says.
 */
#ifndef NET_RESOLVE_H
#define NET_RESOLVE_H

#include <stddef.h>
#include <stdint.h>

#include "net/addr.h"

/*
 * resolve_by - as addr_resolve() does it, but not passive, and no longer than
 * to the deadline (monotonic ns, CLOCK_NEVER none): then -1 with ETIMEDOUT, and
 * why says so.  Waits in net_wait(), whose ECANCELED is passed on; errno is 0
 * after all other failures.  A thread that waits for a name server is left to
 * itself and ends with the process; numeric addresses take none.
 */
int	resolve_by(struct addr *out, int max, const char *text,
	    const char *defport, int socktype, int64_t deadline,
	    char *why, size_t whylen);

#endif
