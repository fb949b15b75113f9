/*
 * Looking a name up within a deadline, for clients: getaddrinfo(3) waits for
 * name servers as long as resolv.conf says, whatever --timeout says.
 */
#ifndef NET_RESOLVE_H
#define NET_RESOLVE_H

#include <stdbool.h>
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

/* Whom a client wants to speak to, as its user names it. */
struct resolve_peer {
	const char	*host;		/* as for addr_resolve() */
	const char	*port;		/* an operand of its own, where host has
					 * none; NULL: not given */
	const char	*defport;
	int		 socktype;	/* SOCK_DGRAM: no UNIX sockets */
	bool		 ipv4, ipv6;	/* that family only */
};

/* resolve_wanted - keep those of n addresses that are: how many. */
int	resolve_wanted(const struct resolve_peer *, struct addr *, int n);
/* resolve_peer - as resolve_by(): how many addresses of those that are wanted,
 * never 0. */
int	resolve_peer(struct addr *out, int max, const struct resolve_peer *,
	    int64_t deadline, char *why, size_t whylen);

#endif
