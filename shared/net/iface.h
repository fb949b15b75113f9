/*
 * The interfaces of this host: their addresses, networks and broadcast
 * addresses, and which of them a peer is on.  Used by beacond and beaconc.
 */
#ifndef NET_IFACE_H
#define NET_IFACE_H

#include <net/if.h>

#include "net/addr.h"

#define IFACES_MAX	256	/* more than that are not looked at */

/* An address of an interface: one that has several is there several times. */
struct iface {
	char		 name[IF_NAMESIZE];
	int		 index;
	unsigned int	 flags;		/* IFF_UP and others */
	int		 bits;		/* of the network that addr is in */
	struct ipaddr	 addr;
	struct ipaddr	 broadcast;	/* of that network; family 0: none */
	struct ipaddr	 far;		/* point to point; family 0: none */
};

/* iface_list - of all that are up, at most max; how many, or -1 with errno. */
int	iface_list(struct iface *, int max);

/*
 * iface_on_link - the address of ours, on the interface of that index (0: any),
 * whose network the peer is in; a peer that is this host itself is on link
 * wherever it comes from.  NULL: it is behind a router, or not who it says.
 */
const struct iface *iface_on_link(const struct iface *, int n, int index,
	    const struct ipaddr *peer);

/* iface_name - by its index, from the list; else "#7" in buf; 0: "unknown". */
#define IFACE_NAME_MAX	(IF_NAMESIZE > 16 ? IF_NAMESIZE : 16)
const char *iface_name(const struct iface *, int n, int index,
	    char buf[IFACE_NAME_MAX]);

#endif
