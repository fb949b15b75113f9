/*
 * The PROXY protocol, versions 1 and 2 (HAProxy's proxy-protocol.txt): what a
 * balancer sends first, parsed and made.  No input or output.
 */
#ifndef NET_PROXYPROTO_H
#define NET_PROXYPROTO_H

#include <stddef.h>
#include <sys/types.h>

#include "net/addr.h"

#define PROXYPROTO_MAX	(16 + 65535)
#define PROXYPROTO_V1_MAX 107

/*
 * proxyproto_parse - the header at the front of buf.  Returns its length,
 * 0 when more bytes are needed, -1 when it is not one.  *known tells whether
 * peer was filled (LOCAL, UNKNOWN and UNSPEC leave it).
 */
ssize_t	proxyproto_parse(const void *buf, size_t len, struct ipaddr *peer,
	    int *known);

/*
 * proxyproto_line - the header of version 1 for a connection from one address
 * to another; UNKNOWN where from is not one of IP.  An address of the other
 * family, which a line cannot tell beside it, is left unspecified.  Returns its
 * length; ends in a NUL behind that.
 */
size_t	proxyproto_line(char out[PROXYPROTO_V1_MAX + 1],
	    const struct ipaddr *from, const struct ipaddr *to);

#endif
